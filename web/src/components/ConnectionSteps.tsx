import { type GreetingState, waitOf } from "../state/greetingState.js";
import type { Texts } from "../texts/index.js";
import { useTexts } from "../texts/useTexts.js";
import { CheckIcon } from "./icons.js";

const STEPS = [
  { phase: "requesting", label: "room" },
  { phase: "connecting", label: "connection" },
  { phase: "waiting_for_agent", label: "guide" },
] as const;

/** Progress until the greeting begins. */
export function ConnectionSteps({ state }: { state: GreetingState }) {
  const texts = useTexts();
  const current = STEPS.findIndex(({ phase }) => phase === state.phase);
  return (
    <div className="tg-progress" data-testid="progress">
      <ol className="tg-steps">
        {STEPS.map(({ phase, label }, index) => {
          const step = index < current ? "done" : index === current ? "now" : "next";
          return (
            <li key={phase} data-step={step} aria-current={step === "now" ? "step" : undefined}>
              <span className="tg-step-mark" aria-hidden="true">
                {step === "done" && <CheckIcon />}
              </span>
              {texts.steps[label]}
              {step === "done" && <span className="tg-visually-hidden"> – {texts.steps.done}</span>}
            </li>
          );
        })}
      </ol>
      <p className="tg-waiting-line" role="status">
        {waitingLine(state, texts)}
      </p>
    </div>
  );
}

function waitingLine(state: GreetingState, { waiting }: Texts): string {
  if (state.phase === "requesting") return waiting.room;
  if (state.phase === "connecting") return waiting.connection;
  const wait = waitOf(state);
  return wait === undefined ? "" : waiting[wait];
}
