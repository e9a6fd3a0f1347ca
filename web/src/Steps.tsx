/** How far the greeting has got, while somebody waits for it. */
import { CheckIcon } from "./Icons";
import type { GreetingState } from "./useGreetingState";
import { waitingLine } from "./words";

const STEPS = [
  { phase: "requesting", label: "Seat" },
  { phase: "connecting", label: "Connection" },
  { phase: "waiting_for_agent", label: "Guide" },
] as const;

export function Steps({ state }: { state: GreetingState }) {
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
              {label}
              {step === "done" && <span className="tg-visually-hidden"> – done</span>}
            </li>
          );
        })}
      </ol>
      <p className="tg-waiting-line" role="status">
        {waitingLine(state)}
      </p>
    </div>
  );
}
