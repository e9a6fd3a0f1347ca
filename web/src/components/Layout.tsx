import { type ReactNode, useState } from "react";

import { directionOf } from "../lib/direction.js";
import { shownName } from "../lib/shownName.js";
import type { Playback } from "../livekit/playbackReporter.js";
import { closingOf, continueHintOf, type GreetingState, isOver } from "../state/greetingState.js";
import type { Texts } from "../texts/index.js";
import { useTexts } from "../texts/useTexts.js";
import type { TextSize } from "./Options.js";
import { useLabelInView } from "./useLabelInView.js";

interface LayoutProps {
  state: GreetingState;
  traineeName: string | undefined;
  stage: ReactNode;
  footer: ReactNode;
  reconnecting?: boolean;
  /** The trainee is being recorded. */
  recording?: boolean;
  stopRecording?: () => Promise<boolean>;
  conversation?: ReactNode;
  /** What the trainee can change; shown next to the connection status. */
  options?: ReactNode;
  /** The size of the captions. */
  textSize?: TextSize;
  /** Lines for screen readers; see `Announcer`. */
  announcer?: ReactNode;
  /** Whether the browser plays sound; for tests and hosts, as `data-sound`. */
  playback?: Playback;
}

/** Marks of the connection status. Shape and colour differ. */
const MARKS = { on: "✓", busy: "●", off: "○" };

/** The page's layout: heading, stage, conversation and footer. */
export function Layout(props: LayoutProps) {
  const { state, traineeName, stage, footer, conversation, announcer, playback } = props;
  const { reconnecting = false, recording = false, stopRecording } = props;
  /** At the trainee's request, not because the greeting has ended. */
  const [stopped, setStopped] = useState(false);
  const texts = useTexts();
  const { tone, text } = statusOf(state, reconnecting, texts);
  const aiLabel = useLabelInView<HTMLParagraphElement>("ai");
  const recordingLabel = useLabelInView<HTMLParagraphElement>("recording", recording);
  return (
    <div
      className="tg-root"
      part="root"
      lang={texts.locale}
      dir={directionOf(texts.locale)}
      data-testid="avatar-greeting"
      data-state={state.phase}
      data-mode={state.phase === "greeting" ? state.mode : undefined}
      data-mode-reason={state.phase === "greeting" ? state.modeReason : undefined}
      data-closing={closingOf(state)}
      data-continue={continueHintOf(state)}
      data-reason={"reason" in state ? state.reason : undefined}
      data-sound={playback}
    >
      <div className="tg-page">
        <header className="tg-header">
          <div className="tg-heading">
            <h1>{headingFor(shownName(traineeName), texts)}</h1>
            <p ref={aiLabel} className="tg-ai" data-testid="ai-avatar">
              {texts.aiAvatar}
            </p>
          </div>
          <p
            ref={recordingLabel}
            className="tg-recording"
            data-testid="recording"
            data-on={recording}
            role="status"
          >
            {recording && (
              <>
                <span className="tg-recording-dot" aria-hidden="true" />
                {texts.recording}
              </>
            )}
            {stopped && !recording && texts.recordingStopped}
          </p>
          {recording && stopRecording !== undefined && (
            <button
              type="button"
              className="tg-quiet"
              data-testid="stop-recording"
              onClick={() => void stopRecording().then(setStopped)}
            >
              {texts.stopRecording}
            </button>
          )}
          <p className="tg-status" data-testid="status" data-tone={tone} role="status">
            <span className="tg-dot" aria-hidden="true">
              {MARKS[tone]}
            </span>{" "}
            {text}
          </p>
          {props.options}
        </header>
        <div className="tg-body" data-split={conversation !== undefined}>
          <section
            className="tg-stage"
            aria-label={texts.guide}
            tabIndex={-1}
            data-focus-fallback={isOver(state) ? undefined : ""}
          >
            {stage}
          </section>
          {conversation !== undefined && (
            <section
              className="tg-conversation"
              aria-label={texts.conversation}
              data-text-size={props.textSize}
            >
              {conversation}
            </section>
          )}
        </div>
        <footer className="tg-footer">{footer}</footer>
      </div>
      {announcer}
    </div>
  );
}

/** The name is isolated, so that a right-to-left name does not turn the words around it. */
function headingFor(name: string | undefined, { heading }: Texts): ReactNode {
  if (name === undefined) return heading.plain;
  const [before, after] = heading.withName.split("{name}", 2);
  return (
    <>
      {before}
      <bdi>{name}</bdi>
      {after}
    </>
  );
}

function statusOf(
  state: GreetingState,
  reconnecting: boolean,
  { status }: Texts,
): { tone: "busy" | "on" | "off"; text: string } {
  switch (state.phase) {
    case "pre_join":
      return { tone: "off", text: status.ready };
    case "ended":
      return { tone: "off", text: status.finished };
    case "failed":
      return { tone: "off", text: status.notConnected };
    case "greeting":
      if (!reconnecting) return { tone: "on", text: status.connected };
  }
  return { tone: "busy", text: reconnecting ? status.reconnecting : status.connecting };
}
