import { useOffline } from "../lib/useOffline.js";
import type { ContinueHint } from "../state/greetingState.js";
import type { Leaving } from "../state/useContinue.js";
import type { Texts } from "../texts/index.js";
import { useTexts } from "../texts/useTexts.js";
import { ArrowIcon } from "./icons.js";

interface ContinueButtonProps {
  leaving: Leaving;
  leave: () => void;
  /** What the line says; it also emphasises the button, unless the trainee should not leave yet. */
  hint?: ContinueHint | undefined;
}

/** The Continue button, and a line next to it if there is something to say about it. */
export function ContinueButton({ leaving, leave, hint }: ContinueButtonProps) {
  const texts = useTexts();
  const offline = useOffline();
  const emphasised = hint !== "soon" && leaving !== "nowhere";
  return (
    <div className="tg-continue-box" data-continue={emphasised ? hint : undefined}>
      {/* Always rendered: screen readers announce only changes inside a live region. */}
      <p className="tg-continue-line" data-testid="continue-line" role="status">
        {offline ? texts.continue.offline : lineFor(leaving, hint, texts)}
      </p>
      <button
        type="button"
        className="tg-continue"
        data-testid="continue"
        aria-busy={leaving === "going"}
        onClick={leave}
      >
        {leaving === "going" ? texts.continue.going : texts.continue.label}
        <ArrowIcon />
      </button>
    </div>
  );
}

function lineFor(
  leaving: Leaving,
  hint: ContinueHint | undefined,
  texts: Texts,
): string | undefined {
  if (leaving === "nowhere") return texts.continue.noAddress;
  if (leaving === "going" || hint === undefined || hint === "over") return undefined;
  return texts.continueHint[hint];
}
