import { useId, useState } from "react";

import { useTexts } from "../texts/useTexts.js";
import { SendIcon } from "./icons.js";

interface ChatInputProps {
  enabled: boolean;
  send: (text: string) => Promise<void>;
  /** The agent writes, so typing is the only way to answer. */
  textMode: boolean;
}

/** The field for typing to the agent. */
export function ChatInput({ enabled, send, textMode }: ChatInputProps) {
  const { chat } = useTexts();
  const inputId = useId();
  const [text, setText] = useState("");
  const [status, setStatus] = useState<"idle" | "sending" | "failed">("idle");

  const submit = async () => {
    const message = text.trim();
    if (message === "" || !enabled || status === "sending") return;
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
        id={inputId}
        data-testid="chat-input"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={enabled ? (textMode ? chat.textMode : chat.placeholder) : chat.notYet}
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
        disabled={!enabled || text.trim() === "" || status === "sending"}
      >
        <SendIcon />
      </button>
      {status === "failed" && (
        <p className="tg-chat-note" role="status">
          {chat.failed}
        </p>
      )}
    </form>
  );
}
