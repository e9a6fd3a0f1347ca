import { useEffect, useId, useRef, useState } from "react";

import { fill } from "../lib/fill.js";
import { useGuide } from "../texts/guide.js";
import { useTexts } from "../texts/useTexts.js";
import { OptionsIcon } from "./icons.js";

export const TEXT_SIZES = ["normal", "large", "largest"] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

interface OptionsProps {
  setName: (name: string) => Promise<string | undefined>;
  /** Called with the new name, as the agent says it. */
  onName: (name: string) => void;
  textSize: TextSize;
  setTextSize: (size: TextSize) => void;
}

/**
 * What a trainee may want to change: the name they are called by, and the size of the captions.
 *
 * The panel covers what is below it, so it closes as soon as the trainee goes elsewhere.
 */
export function Options({ setName, onName, textSize, setTextSize }: OptionsProps) {
  const { options } = useTexts();
  const details = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (details.current) details.current.open = false;
  };
  useEffect(() => {
    const onPointerDown = (event: PointerEvent) => {
      // Not `target`: in a shadow root, that is the custom element.
      if (details.current && !event.composedPath().includes(details.current)) close();
    };
    document.addEventListener("pointerdown", onPointerDown);
    return () => document.removeEventListener("pointerdown", onPointerDown);
  }, []);
  return (
    <details
      ref={details}
      className="tg-options"
      data-testid="options"
      onKeyDown={({ key }) => {
        if (key !== "Escape" || details.current?.open !== true) return;
        close();
        details.current.querySelector("summary")?.focus();
      }}
      onBlur={({ currentTarget, relatedTarget }) => {
        // Without a `relatedTarget`, the focus is in another window.
        if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) close();
      }}
    >
      <summary data-testid="options-button">
        <OptionsIcon />
        <span className="tg-words">{options.label}</span>
      </summary>
      <div className="tg-options-panel">
        <NameForm setName={setName} onName={onName} />
        <fieldset className="tg-sizes">
          <legend>{options.textSize}</legend>
          {TEXT_SIZES.map((size) => (
            <button
              key={size}
              type="button"
              className="tg-chip tg-chip-quiet"
              data-testid={`size-${size}`}
              aria-pressed={size === textSize}
              onClick={() => setTextSize(size)}
            >
              {options[size]}
            </button>
          ))}
        </fieldset>
      </div>
    </details>
  );
}

function NameForm({ setName, onName }: Pick<OptionsProps, "setName" | "onName">) {
  const { options, chat } = useTexts();
  const { name: guide } = useGuide();
  const inputId = useId();
  const [text, setText] = useState("");
  const [note, setNote] = useState("");

  const save = async () => {
    if (text.trim() === "") return;
    try {
      const name = await setName(text);
      if (name !== undefined) onName(name);
      setNote(name === undefined ? options.noName : fill(options.nameSaved, { guide, name }));
    } catch {
      setNote(chat.failed);
    }
  };
  return (
    <form
      className="tg-name"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label htmlFor={inputId}>{options.name}</label>
      <div className="tg-feedback-line">
        <input
          id={inputId}
          data-testid="name-input"
          value={text}
          maxLength={60}
          autoComplete="off"
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit" className="tg-quiet" data-testid="name-save">
          {options.save}
        </button>
      </div>
      <p className="tg-note" role="status" data-testid="name-note">
        {note}
      </p>
    </form>
  );
}
