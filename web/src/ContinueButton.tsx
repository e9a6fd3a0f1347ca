/** The way on, and a line beside it when there is something to say about it. */
import type { StandsOut } from "./greetingReducer.js";
import { ArrowIcon } from "./Icons.js";
import type { Leaving } from "./useContinue.js";
import { useWords } from "./words/useWords.js";

interface ContinueButtonProps {
  leaving: Leaving;
  leave: () => void;
  /** Makes the button stand out, and says why; the focus stays where the trainee has it. */
  standsOut?: StandsOut | undefined;
}

export function ContinueButton({ leaving, leave, standsOut }: ContinueButtonProps) {
  const words = useWords();
  const line =
    leaving === "nowhere"
      ? words.continue.nowhere
      : standsOut === undefined || leaving === "going"
        ? undefined
        : words.standsOut[standsOut];
  return (
    <div className="tg-continue-box" data-continue={standsOut}>
      {/* Always there: only what changes inside a live region is read out. */}
      <p className="tg-continue-line" data-testid="continue-line" role="status">
        {line}
      </p>
      <button
        type="button"
        className="tg-continue"
        data-testid="continue"
        aria-busy={leaving === "going"}
        onClick={leave}
      >
        {leaving === "going" ? words.continue.going : words.continue.label}
        <ArrowIcon />
      </button>
    </div>
  );
}
