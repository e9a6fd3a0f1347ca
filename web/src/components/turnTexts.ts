/** What the page says on the trainee's turn. */
import type { Microphone } from "../livekit/useMicrophone.js";
import type { Texts } from "../texts/index.js";

export function yourTurn(
  microphone: Pick<Microphone, "status">,
  textMode: boolean,
  /** There are buttons for answers. */
  canTap: boolean,
  { activity }: Texts,
): string {
  if (microphone.status === "on" && !textMode) return activity.speakOrType;
  return canTap ? activity.tapOrType : activity.type;
}
