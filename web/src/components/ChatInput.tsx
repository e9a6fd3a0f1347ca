import { useId, useRef, useState } from "react";

import { useDraft } from "../state/draft.js";
import { useTexts } from "../texts/useTexts.js";
import { SendIcon } from "./icons.js";

interface ChatInputProps {
  /** There is or was an agent: the trainee can type. */
  enabled: boolean;
  /** The agent can be reached. If not, what was typed stays in the field. */
  canSend: boolean;
  /** Called at every change of the text. */
  typing: () => void;
  send: (text: string) => Promise<void>;
  /** Which of the texts the empty field shows, while the agent can be reached. */
  placeholder: "placeholder" | "textMode" | "anythingElse";
}

/** The field for typing to the agent. */
export function ChatInput({ enabled, canSend, send, typing, placeholder }: ChatInputProps) {
  const { chat } = useTexts();
  const inputId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useDraft();
  const [status, setStatus] = useState<"idle" | "sending" | "failed">("idle");

  const submit = async () => {
    const message = text.trim();
    // A press of the button must not take the focus away from the field.
    input.current?.focus();
    if (message === "" || !canSend || status === "sending") return;
    setStatus("sending");
    try {
      await send(message);
      setText("");
      setStatus("idle");
    } catch {
      setStatus("failed");
    }
  };

  return (
    <form
      className="tg-chat"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label className="tg-visually-hidden" htmlFor={inputId}>
        {chat.label}
      </label>
      <input
        ref={input}
        id={inputId}
        data-testid="chat-input"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          typing();
        }}
        placeholder={chat[canSend ? placeholder : "notYet"]}
        autoComplete="off"
        enterKeyHint="send"
        maxLength={1000}
        disabled={!enabled}
      />
      <button
        type="submit"
        className="tg-round"
        data-testid="chat-send"
        aria-label={chat.send}
        aria-disabled={!canSend || text.trim() === "" || status === "sending"}
      >
        <SendIcon />
      </button>
      <p className="tg-chat-note" role="status">
        {status === "failed" && chat.failed}
      </p>
    </form>
  );
}
