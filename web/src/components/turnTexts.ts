/** What the page says on the trainee's turn. */
import type { Microphone } from "../livekit/useMicrophone.js";
import type { Texts } from "../texts/index.js";

export function yourTurn(
  microphone: Pick<Microphone, "status">,
  textMode: boolean,
  { activity }: Texts,
): string {
  return microphone.status === "on" && !textMode ? activity.speakOrType : activity.type;
}
