import { useEffect, useId, useState } from "react";

import { useStableCallback } from "../lib/useStableCallback.js";
import type { Feedback } from "../endpoint/endpointClient.js";
import { useTexts } from "../texts/useTexts.js";
import { SendIcon, ThumbDownIcon, ThumbUpIcon } from "./icons.js";

interface FeedbackFormProps {
  give: (feedback: Feedback) => Promise<void>;
  /** Called whenever the trainee uses the form, so that the agent waits. */
  typing: () => void;
}

/** The text is saved after this pause, without Send: the greeting may end at any time. */
const SAVE_AFTER_MS = 1_500;

/**
 * Thumbs and one line, after the closing line and after the end. Before the end, using the
 * form counts as activity of the trainee.
 */
export function FeedbackForm({ give, typing }: FeedbackFormProps) {
  const { feedback: texts } = useTexts();
  const [helpful, setHelpful] = useState<boolean>();
  const [comment, setComment] = useState("");
  const [status, setStatus] = useState<"idle" | "given" | "failed">("idle");
  const inputId = useId();
  const questionId = useId();

  const send = async (given: Feedback) => {
    try {
      await give(given);
      setStatus("given");
    } catch {
      setStatus("failed");
    }
  };
  const sendComment = () => {
    if (helpful !== undefined && comment.trim() !== "") {
      void send({ helpful, comment: comment.trim() });
    }
  };
  const save = useStableCallback(sendComment);
  useEffect(() => {
    if (comment.trim() === "") return;
    const timer = setTimeout(save, SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [comment, save]);

  const choose = (chosen: boolean) => {
    setHelpful(chosen);
    typing();
    void send({ helpful: chosen, comment: comment.trim() });
  };
  const thumb = (chosen: boolean) => (
    <button
      type="button"
      className="tg-chip tg-thumb"
      data-testid={chosen ? "thumb-up" : "thumb-down"}
      aria-pressed={helpful === chosen}
      onClick={() => choose(chosen)}
    >
      {chosen ? <ThumbUpIcon /> : <ThumbDownIcon />} {chosen ? texts.yes : texts.no}
    </button>
  );
  return (
    <form
      className="tg-chips tg-feedback"
      data-testid="feedback"
      data-waits="true"
      onFocus={typing}
      onPointerMove={typing}
      onSubmit={(event) => {
        event.preventDefault();
        sendComment();
      }}
    >
      <div role="group" aria-labelledby={questionId} className="tg-feedback-thumbs">
        <p id={questionId} className="tg-question">
          {texts.question}
        </p>
        <div className="tg-chip-row">
          {thumb(true)}
          {thumb(false)}
        </div>
      </div>
      {helpful !== undefined && (
        <div className="tg-feedback-line">
          <label className="tg-visually-hidden" htmlFor={inputId}>
            {texts.comment}
          </label>
          <input
            id={inputId}
            data-testid="feedback-comment"
            value={comment}
            placeholder={texts.comment}
            maxLength={500}
            autoComplete="off"
            onChange={({ target }) => {
              setComment(target.value);
              typing();
            }}
            // Continue must not lose what was written.
            onBlur={sendComment}
          />
          <button
            type="submit"
            className="tg-round"
            data-testid="feedback-send"
            aria-label={texts.send}
          >
            <SendIcon />
          </button>
        </div>
      )}
      <p className="tg-note" role="status" data-testid="feedback-status">
        {status === "given" && texts.thanks}
        {status === "failed" && texts.failed}
      </p>
    </form>
  );
}
