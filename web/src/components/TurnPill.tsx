import type { Microphone } from "../livekit/useMicrophone.js";
import type { Activity } from "../livekit/agentPresence.js";
import type { Turn } from "../livekit/turn.js";
import { fill } from "../lib/fill.js";
import { useGuide } from "../texts/guide.js";
import { useTexts } from "../texts/useTexts.js";
import { MicrophoneLevel } from "./MicrophoneLevel.js";
import { yourTurn } from "./turnTexts.js";

interface TurnPillProps {
  /** What the agent does; undefined while the connection is interrupted and shows none. */
  activity: Activity | undefined;
  turn: Turn;
  reconnecting: boolean;
  textMode: boolean;
  microphone: Microphone;
  /** There are buttons for answers. */
  canTap: boolean;
}

/** Says whose turn it is; on the trainee's turn it shows what the microphone hears. */
export function TurnPill(props: TurnPillProps) {
  const { activity, turn, reconnecting, textMode, microphone, canTap } = props;
  const allTexts = useTexts();
  const { activity: texts } = allTexts;
  const { name } = useGuide();
  const hears = turn === "trainee" && microphone.status === "on" && !textMode;
  const text = reconnecting
    ? texts.reconnecting
    : turn === "trainee"
      ? yourTurn(microphone, textMode, canTap, allTexts)
      : turn === "guide"
        ? texts[activity === "thinking" ? "thinking" : textMode ? "writing" : "speaking"]
        : texts.getting_ready;
  return (
    <p className="tg-turn" data-testid="guide-activity" data-activity={activity} data-turn={turn}>
      {hears ? (
        <MicrophoneLevel track={microphone.track} />
      ) : (
        turn !== "trainee" &&
        !reconnecting && (
          <span className="tg-bars" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
        )
      )}
      {fill(text, { guide: name })}
    </p>
  );
}
