/** The page's one layout: heading, stage, conversation, and the way on. */
import type { ReactNode } from "react";

import { closingOf, type GreetingState, standsOut } from "./greetingReducer.js";
import type { Words } from "./words/index.js";
import { useWords } from "./words/useWords.js";

interface FrameProps {
  state: GreetingState;
  traineeName: string | undefined;
  stage: ReactNode;
  footer: ReactNode;
  reconnecting?: boolean;
  /** The trainee is being recorded. */
  recording?: boolean;
  conversation?: ReactNode;
  sound?: string;
}

export function Frame(props: FrameProps) {
  const { state, traineeName, stage, footer, conversation, sound } = props;
  const { reconnecting = false, recording = false } = props;
  const words = useWords();
  const { tone, text } = statusOf(state, reconnecting, words);
  return (
    <div
      className="tg-root"
      lang={words.locale}
      data-testid="avatar-greeting"
      data-state={state.phase}
      data-mode={state.phase === "greeting" ? state.mode : undefined}
      data-mode-reason={state.phase === "greeting" ? state.modeReason : undefined}
      data-closing={closingOf(state)}
      data-continue={standsOut(state)}
      data-reason={"reason" in state ? state.reason : undefined}
      data-sound={sound}
    >
      <header className="tg-header">
        <div className="tg-heading">
          <h1>{words.heading(traineeName)}</h1>
          <p className="tg-ai" data-testid="ai-avatar">
            {words.aiAvatar}
          </p>
        </div>
        <p className="tg-recording" data-testid="recording" role="status">
          {recording && (
            <>
              <span className="tg-recording-dot" aria-hidden="true" />
              {words.recording}
            </>
          )}
        </p>
        <p className="tg-status" data-testid="status" data-tone={tone} role="status">
          <span className="tg-dot" aria-hidden="true">
            ●
          </span>{" "}
          {text}
        </p>
      </header>
      <div className="tg-body" data-split={conversation !== undefined}>
        <section className="tg-stage" aria-label={words.guide}>
          {stage}
        </section>
        {conversation !== undefined && (
          <section className="tg-conversation" aria-label={words.conversation}>
            {conversation}
          </section>
        )}
      </div>
      <footer className="tg-footer">{footer}</footer>
    </div>
  );
}

function statusOf(
  state: GreetingState,
  reconnecting: boolean,
  { status }: Words,
): { tone: "busy" | "on" | "off"; text: string } {
  switch (state.phase) {
    case "ended":
      return { tone: "off", text: status.finished };
    case "failed":
      return { tone: "off", text: status.notConnected };
    case "greeting":
      if (!reconnecting) return { tone: "on", text: status.connected };
  }
  return { tone: "busy", text: reconnecting ? status.reconnecting : status.connecting };
}
