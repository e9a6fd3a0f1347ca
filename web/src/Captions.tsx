/** The conversation as text, newest line in view, and the field to answer by typing. */
import { type SubmitEvent, useEffect, useId, useRef, useState } from "react";

import { SendIcon } from "./Icons.js";
import type { Caption } from "./mergeCaption.js";
import { useWords } from "./words/useWords.js";

const NEAR_THE_END_PX = 60;

export function CaptionList({ captions, hint }: { captions: readonly Caption[]; hint: string }) {
  const words = useWords();
  const list = useRef<HTMLOListElement>(null);
  const follows = useRef(true);

  useEffect(() => {
    const element = list.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [captions]);

  return (
    <ol
      ref={list}
      className="tg-captions"
      data-testid="captions"
      role="log"
      aria-label={words.captions.label}
      aria-relevant="additions"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
      }}
    >
      {captions.length === 0 && <li className="tg-hint">{hint}</li>}
      {captions.map(({ id, from, text, final }) => (
        <li key={id} className="tg-caption" data-from={from} data-final={final}>
          <span className="tg-speaker">{from === "guide" ? words.guide : words.you}</span>
          <span className="tg-line">{text}</span>
        </li>
      ))}
    </ol>
  );
}

interface ChatInputProps {
  enabled: boolean;
  send: (text: string) => Promise<void>;
  /** Nobody speaks: typing is the conversation. */
  instead?: boolean;
}

export function ChatInput({ enabled, send, instead = false }: ChatInputProps) {
  const { chat } = useWords();
  const inputId = useId();
  const [text, setText] = useState("");
  const [status, setStatus] = useState<"idle" | "sending" | "failed">("idle");

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const line = text.trim();
    if (line === "" || !enabled || status === "sending") return;
    setStatus("sending");
    try {
      await send(line);
      setText("");
      setStatus("idle");
    } catch {
      setStatus("failed");
    }
  };

  return (
    <form className="tg-chat" onSubmit={(event) => void submit(event)}>
      <label className="tg-visually-hidden" htmlFor={inputId}>
        {chat.label}
      </label>
      <input
        id={inputId}
        data-testid="chat-input"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={enabled ? (instead ? chat.instead : chat.placeholder) : chat.notYet}
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
