import { useId } from "react";

import type { Introduction } from "../endpoint/endpointClient.js";
import { fill } from "../lib/fill.js";
import { type MicrophonePreview, useMicrophonePreview } from "../livekit/useMicrophonePreview.js";
import { type JoinOptions, JOIN_WITH_ALL } from "../state/joinOptions.js";
import { useGuide } from "../texts/guide.js";
import { useTexts } from "../texts/useTexts.js";
import { DeviceSelect } from "./DeviceSelect.js";
import { CheckIcon, MicrophoneIcon } from "./icons.js";
import { MicrophoneLevel } from "./MicrophoneLevel.js";
import { Portrait } from "./Portrait.js";

interface PreJoinProps {
  introduction: Introduction | undefined;
  join: (options: JoinOptions) => void;
}

/**
 * The screen before the greeting: what will happen, the microphone, and Start.
 *
 * It does not join the room. The greeting has been requested, so the avatar is on its way.
 */
export function PreJoin({ introduction, join }: PreJoinProps) {
  const { preJoin, ...texts } = useTexts();
  const { name } = useGuide();
  const microphone = useMicrophonePreview();
  const title = useId();
  const refused = ["denied", "notAllowedByHost", "absent", "failed"].includes(microphone.status);

  const start = (options: Partial<JoinOptions>) => {
    microphone.close();
    join({ ...JOIN_WITH_ALL, deviceId: microphone.deviceId, ...options });
  };
  return (
    <section className="tg-prejoin" aria-labelledby={title} data-testid="pre-join">
      <div className="tg-prejoin-guide" aria-hidden="true">
        <Portrait audioTrack={undefined} speaking={false} />
      </div>
      <div className="tg-prejoin-body">
        <h2 id={title}>{fill(preJoin.title, { guide: name })}</h2>
        <ul className="tg-prejoin-plan" data-testid="plan">
          {introduction !== undefined && (
            <li>
              <CheckIcon /> {planOf(introduction, texts.locale, preJoin)}
            </li>
          )}
          <li>
            <CheckIcon /> {preJoin.noWrongAnswers}
          </li>
          <li>
            <CheckIcon /> {preJoin.ai}
          </li>
        </ul>
        <MicrophoneCheck microphone={microphone} />
        <div className="tg-prejoin-ways">
          <button
            type="button"
            className="tg-start"
            data-testid="start"
            onClick={() => start({ microphone: !refused })}
          >
            {refused ? preJoin.withoutMicrophone : preJoin.start}
          </button>
          {!refused && (
            <button
              type="button"
              className="tg-quiet"
              data-testid="start-without-microphone"
              onClick={() => start({ microphone: false })}
            >
              {preJoin.withoutMicrophone}
            </button>
          )}
          <button
            type="button"
            className="tg-quiet"
            data-testid="start-without-sound"
            onClick={() => start({ microphone: false, sound: false })}
          >
            {preJoin.withoutSound}
          </button>
        </div>
      </div>
    </section>
  );
}

/** `About 2 minutes, up to 3 short questions. You can skip any of them.` */
function planOf(
  { minutes, questions }: Introduction,
  locale: string,
  texts: ReturnType<typeof useTexts>["preJoin"],
): string {
  const rules = new Intl.PluralRules(locale);
  const isOne = (count: number) => rules.select(count) === "one";
  const time = fill(isOne(minutes) ? texts.oneMinute : texts.minutes, { minutes });
  if (questions === 0) return `${time}.`;
  const asked = fill(isOne(questions) ? texts.oneQuestion : texts.questions, { questions });
  return `${time}, ${asked}. ${texts.skip}`;
}

function MicrophoneCheck({ microphone }: { microphone: MicrophonePreview }) {
  const { preJoin, microphoneNote } = useTexts();
  const { status, track, open } = microphone;
  return (
    <div
      className="tg-mic-check"
      role="group"
      aria-label={preJoin.device}
      tabIndex={-1}
      data-focus-fallback=""
      data-testid="mic-check"
      data-status={status}
    >
      {status !== "on" && (
        <button
          type="button"
          className="tg-quiet tg-mic-try"
          data-testid="try-microphone"
          aria-disabled={status === "asking"}
          onClick={() => status !== "asking" && open()}
        >
          <MicrophoneIcon /> {preJoin.tryMicrophone}
        </button>
      )}
      <p className={status === "on" ? "tg-mic-check-line" : "tg-note"} role="status">
        {status === "on" && (
          <>
            <MicrophoneLevel track={track} /> {preJoin.saySomething}
          </>
        )}
        {status !== "on" && status !== "off" && microphoneNote[status]}
      </p>
      {status === "on" && <DeviceSelect microphone={microphone} />}
    </div>
  );
}
