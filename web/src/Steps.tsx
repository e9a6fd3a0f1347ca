/** How far the greeting has got, while somebody waits for it. */
import type { GreetingState } from "./greetingReducer.js";
import { CheckIcon } from "./Icons.js";
import type { Words } from "./words/index.js";
import { useWords } from "./words/useWords.js";

const STEPS = [
  { phase: "requesting", label: "seat" },
  { phase: "connecting", label: "connection" },
  { phase: "waiting_for_agent", label: "guide" },
] as const;

export function Steps({ state }: { state: GreetingState }) {
  const words = useWords();
  const now = STEPS.findIndex(({ phase }) => phase === state.phase);
  return (
    <div className="tg-progress" data-testid="progress">
      <ol className="tg-steps">
        {STEPS.map(({ phase, label }, index) => {
          const step = index < now ? "done" : index === now ? "now" : "next";
          return (
            <li key={phase} data-step={step} aria-current={step === "now" ? "step" : undefined}>
              <span className="tg-step-mark" aria-hidden="true">
                {step === "done" && <CheckIcon />}
              </span>
              {words.steps[label]}
              {step === "done" && <span className="tg-visually-hidden"> – {words.steps.done}</span>}
            </li>
          );
        })}
      </ol>
      <p className="tg-waiting-line" role="status">
        {waitingLine(state, words)}
      </p>
    </div>
  );
}

function waitingLine(state: GreetingState, { waiting }: Words): string {
  switch (state.phase) {
    case "requesting":
      return waiting.seat;
    case "connecting":
      return waiting.connection;
    case "waiting_for_agent":
      if (state.guide !== "coming") return waiting[state.guide];
      return state.askedAgain ? waiting.calledAgain : waiting.coming;
    default:
      return "";
  }
}
