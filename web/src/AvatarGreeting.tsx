/**
 * The whole greeting: from the first "Connecting…" to "Continue to Training Video".
 *
 * Whatever fails, two things stay: a welcome, and the way on.
 */
import { RoomAudioRenderer, SessionProvider, useSession } from "@livekit/components-react";
import { ConnectionState } from "livekit-client";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";

import { AvatarVideo } from "./AvatarVideo";
import { CaptionList, ChatInput } from "./Captions";
import {
  type Authorization,
  createGreetingEndpoint,
  type GreetingEndpoint,
  GreetingEndpointError,
} from "./endpoint";
import { ErrorBoundary } from "./ErrorBoundary";
import { ArrowIcon, MicrophoneIcon, MicrophoneOffIcon, SoundIcon } from "./Icons";
import { after, endGreeting, safeUrl } from "./leave";
import { Portrait } from "./Portrait";
import { Steps } from "./Steps";
import { useCaptions } from "./useCaptions";
import { type GreetingState, useGreetingState } from "./useGreetingState";
import { useGuide } from "./useGuide";
import { useHearing } from "./useHearing";
import { type Microphone, useMicrophone } from "./useMicrophone";
import { ACTIVITY, closing, MICROPHONE_NOTE, WELCOME } from "./words";

/** Who leaves before the endpoint has answered waits at most this long to learn where to go. */
const LEARN_WHERE_WITHIN_MS = 1_500;

export interface AvatarGreetingProps {
  /** Full URL of `POST …/avatar-greeting/` for this trainee's session. */
  endpointUrl: string;
  /** For the `Authorization` header: its value, a bare token, or a function that gets one. */
  authorization?: Authorization | undefined;
  /** Shown in the heading; the guide knows the name from the platform. */
  traineeName?: string | undefined;
  /** Where Continue leads if the endpoint cannot say. */
  continueUrl?: string | undefined;
  /** Called instead of navigating, with the address if one is known. */
  onContinue?: ((url: string | undefined) => void) | undefined;
  onStateChange?: ((state: GreetingState) => void) | undefined;
}

export function AvatarGreeting(props: AvatarGreetingProps) {
  const [attempt, setAttempt] = useState(0);
  const again = useCallback(() => setAttempt((count) => count + 1), []);

  useEffect(() => {
    // Back from the browser's page cache, where the connection could not live.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) again();
    };
    window.addEventListener("pageshow", onShow);
    return () => window.removeEventListener("pageshow", onShow);
  }, [again]);

  return <Attempt key={`${attempt} ${props.endpointUrl}`} {...props} again={again} />;
}

type AttemptProps = AvatarGreetingProps & { again: () => void };

const PAGE_BROKEN: GreetingState = {
  phase: "failed",
  reason: "page_error",
  retryable: true,
  fallback: undefined,
};

/** One try: one seat, one connection, one end. */
function Attempt(props: AttemptProps) {
  const { endpointUrl, authorization } = props;
  const [endpoint] = useState(() => createGreetingEndpoint({ endpointUrl, authorization }));
  return (
    <ErrorBoundary
      fallback={
        <Frame
          state={PAGE_BROKEN}
          traineeName={props.traineeName}
          status={statusOf(PAGE_BROKEN, false)}
          stage={<Closing state={PAGE_BROKEN} again={props.again} />}
          footer={<BrokenPageContinue {...props} endpoint={endpoint} />}
        />
      }
    >
      <Greeting {...props} endpoint={endpoint} />
    </ErrorBoundary>
  );
}

type GreetingProps = AttemptProps & { endpoint: GreetingEndpoint };

function Greeting(props: GreetingProps) {
  const { endpoint, traineeName, again } = props;
  const session = useSession(endpoint.tokenSource);
  const { room } = session;
  const guide = useGuide(room);
  const state = useGreetingState(endpoint, session, guide);
  const { sound, unlock } = useHearing(room);
  const { captions, send } = useCaptions(room);
  const microphone = useMicrophone(room, session.isConnected);
  const { leaving, leave } = useContinue(props, state, () => endGreeting(room, endpoint));

  const onStateChange = useEffectEvent((now: GreetingState) => props.onStateChange?.(now));
  useEffect(() => {
    // In braces: what a caller's function returns is no clean-up of ours.
    onStateChange(state);
  }, [state]);

  const over = state.phase === "ended" || state.phase === "failed";
  const live = state.phase === "greeting";
  const reconnecting =
    session.connectionState === ConnectionState.Reconnecting ||
    session.connectionState === ConnectionState.SignalReconnecting;
  const speaking = guide?.activity === "speaking" && !reconnecting;

  return (
    <SessionProvider session={session}>
      <RoomAudioRenderer room={room} />
      <Frame
        state={state}
        sound={sound}
        traineeName={traineeName}
        status={statusOf(state, reconnecting)}
        stage={
          over ? (
            <Closing state={state} again={again} />
          ) : (
            <>
              {live ? (
                <AvatarVideo
                  videoTrack={guide?.videoTrack}
                  audioTrack={guide?.audioTrack}
                  speaking={speaking}
                />
              ) : (
                <div className="tg-waiting">
                  <Portrait audioTrack={undefined} speaking={false} />
                  <Steps state={state} />
                </div>
              )}
              {live && guide !== undefined && (
                <p
                  className="tg-activity"
                  data-testid="guide-activity"
                  data-activity={guide.activity}
                >
                  <span className="tg-bars" aria-hidden="true">
                    <i />
                    <i />
                    <i />
                  </span>
                  {reconnecting ? "One moment" : ACTIVITY[guide.activity]}
                </p>
              )}
              {sound === "blocked" && (
                <div className="tg-tap">
                  <button type="button" data-testid="tap-to-hear" onClick={unlock} autoFocus>
                    <SoundIcon />
                    Tap to hear your guide
                  </button>
                  <p>Your browser plays sound only after a tap.</p>
                </div>
              )}
            </>
          )
        }
        conversation={
          over && captions.length === 0 ? undefined : (
            <>
              <CaptionList
                captions={captions}
                hint={
                  live ? "What is said appears here." : "What your guide says will appear here."
                }
              />
              {!over && <ChatInput enabled={live && !reconnecting} send={send} />}
            </>
          )
        }
        footer={
          <>
            {!over && <MicrophoneButton microphone={microphone} enabled={session.isConnected} />}
            <ContinueButton leaving={leaving} leave={leave} />
          </>
        }
      />
    </SessionProvider>
  );
}

interface Status {
  tone: "busy" | "on" | "off";
  text: string;
}

function statusOf(state: GreetingState, reconnecting: boolean): Status {
  switch (state.phase) {
    case "greeting":
      return reconnecting
        ? { tone: "busy", text: "Reconnecting…" }
        : { tone: "on", text: "Connected" };
    case "ended":
      return { tone: "off", text: "Finished" };
    case "failed":
      return { tone: "off", text: "Not connected" };
    default:
      return { tone: "busy", text: reconnecting ? "Reconnecting…" : "Connecting…" };
  }
}

interface FrameProps {
  state: GreetingState;
  traineeName: string | undefined;
  status: Status;
  stage: React.ReactNode;
  footer: React.ReactNode;
  conversation?: React.ReactNode;
  sound?: string;
}

/** The page's one layout: heading, stage, conversation, and the way on. */
function Frame({ state, traineeName, status, stage, footer, conversation, sound }: FrameProps) {
  return (
    <main
      className="tg-root"
      data-testid="avatar-greeting"
      data-state={state.phase}
      data-mode={state.phase === "greeting" ? state.mode : undefined}
      data-reason={"reason" in state ? state.reason : undefined}
      data-sound={sound}
    >
      <header className="tg-header">
        <h1>{traineeName ? `Welcome, ${traineeName}` : "Welcome"}</h1>
        <p className="tg-status" data-testid="status" data-tone={status.tone} role="status">
          <span className="tg-dot" aria-hidden="true">
            ●
          </span>{" "}
          {status.text}
        </p>
      </header>
      <div className="tg-body" data-split={conversation !== undefined}>
        <section className="tg-stage" aria-label="Your guide">
          {stage}
        </section>
        {conversation !== undefined && (
          <section className="tg-conversation" aria-label="Conversation">
            {conversation}
          </section>
        )}
      </div>
      <footer className="tg-footer">{footer}</footer>
    </main>
  );
}

/** What stands where the guide was, or would have been. */
function Closing({ state, again }: { state: GreetingState; again: () => void }) {
  const { title, note } = closing(state);
  const welcome = state.phase === "failed" && state.reason !== "taken_over";
  return (
    <div className="tg-closing" data-testid="welcome-message">
      <div className="tg-closing-face" aria-hidden="true">
        <Portrait audioTrack={undefined} speaking={false} />
      </div>
      <h2>{title}</h2>
      {welcome && <p className="tg-welcome">{state.fallback?.welcomeText ?? WELCOME}</p>}
      <p className="tg-note" data-testid="note">
        {note}
      </p>
      {state.phase === "failed" && state.retryable && (
        <button type="button" className="tg-quiet" data-testid="try-again" onClick={again}>
          {state.reason === "taken_over" ? "Bring it here" : "Try again"}
        </button>
      )}
    </div>
  );
}

function MicrophoneButton({ microphone, enabled }: { microphone: Microphone; enabled: boolean }) {
  const { status, speaking, toggle } = microphone;
  const on = status === "on";
  const note = enabled ? MICROPHONE_NOTE[status] : undefined;
  return (
    <div className="tg-microphone">
      <button
        type="button"
        className="tg-mic"
        data-testid="mic-button"
        data-status={status}
        data-speaking={speaking}
        aria-pressed={on}
        aria-describedby="tg-mic-note"
        disabled={!enabled || status === "asking"}
        onClick={toggle}
      >
        {on ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
        <span>{on ? "Microphone on" : "Microphone off"}</span>
      </button>
      <p id="tg-mic-note" data-testid="mic-note" role="status">
        {note}
      </p>
    </div>
  );
}

function ContinueButton({ leaving, leave }: { leaving: Leaving; leave: () => void }) {
  return (
    <div className="tg-continue-box">
      {leaving === "nowhere" && (
        <p role="status">Please go on from the page that brought you here.</p>
      )}
      <button
        type="button"
        className="tg-continue"
        data-testid="continue"
        aria-busy={leaving === "going"}
        onClick={leave}
      >
        {leaving === "going" ? "Continuing…" : "Continue to Training Video"}
        <ArrowIcon />
      </button>
    </div>
  );
}

/** Continue on a page whose greeting broke: the endpoint may still know how to end it. */
function BrokenPageContinue(props: GreetingProps) {
  const { leaving, leave } = useContinue(props, PAGE_BROKEN, () =>
    Promise.race([props.endpoint.end("continue"), after(LEARN_WHERE_WITHIN_MS)]),
  );
  return <ContinueButton leaving={leaving} leave={leave} />;
}

type Leaving = "no" | "going" | "nowhere";

/** Ends what there is to end, learns where to go if need be, and goes: once, and within moments. */
function useContinue(
  { endpoint, onContinue, continueUrl }: GreetingProps,
  state: GreetingState,
  end: () => Promise<void>,
): { leaving: Leaving; leave: () => void } {
  const [leaving, setLeaving] = useState<Leaving>("no");
  const gone = useRef(false);

  const go = async () => {
    // Elsewhere it goes on, or it is over, or it never was: there is nothing of ours to end.
    const nothingToEnd =
      state.phase === "ended" ||
      (state.phase === "failed" && (state.reason === "taken_over" || state.reason === "refused"));
    const [known] = await Promise.all([
      state.fallback?.continueUrl ?? whereTo(endpoint),
      nothingToEnd ? undefined : end(),
    ]);
    const url = safeUrl(known) ?? safeUrl(continueUrl);
    if (onContinue !== undefined) {
      onContinue(url);
    } else if (url !== undefined) {
      location.assign(url);
    } else {
      gone.current = false;
      setLeaving("nowhere");
    }
  };

  const leave = () => {
    if (gone.current) return;
    gone.current = true;
    setLeaving("going");
    void go();
  };
  return { leaving, leave };
}

async function whereTo(endpoint: GreetingEndpoint): Promise<string | undefined> {
  const fallback = endpoint.seat().then(
    (seat) => seat.fallback,
    (error: unknown) => (error instanceof GreetingEndpointError ? error.fallback : undefined),
  );
  return (await Promise.race([fallback, after(LEARN_WHERE_WITHIN_MS)]))?.continueUrl;
}
