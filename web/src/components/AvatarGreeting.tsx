import { RoomContext } from "@livekit/components-react";
import type { Room } from "livekit-client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { GreetingOptions } from "../greetingOptions.js";
import { useKept } from "../lib/useKept.js";
import { DraftContext } from "../state/draft.js";
import {
  type GreetingState,
  hasGreetingToEnd,
  initialGreetingState,
} from "../state/greetingState.js";
import { readJoinOptions, writeJoinOptions } from "../state/joinOptions.js";
import { type Labels, textsFor } from "../texts/index.js";
import { TextsContext, useBrowserLanguages } from "../texts/useTexts.js";
import { Attempt } from "./Attempt.js";
import { Frame } from "./Frame.js";
import { KeptStill } from "./still.js";

export interface AvatarGreetingProps extends GreetingOptions {
  /**
   * Shown in the heading. The agent gets the name from the platform; once the endpoint has answered,
   * the heading shows that name as the agent says it, or none if the agent has none.
   */
  traineeName?: string | undefined;
  /**
   * BCP 47 tag of the language to begin in; by default the document's, then the browser's. As soon
   * as the language of the greeting is known, the page uses it.
   */
  locale?: string | undefined;
  /** Your own words, by language: they replace the page's, or add a language. */
  labels?: Labels | undefined;
  /** The guide's name. Default: the name in the script, or "Your guide". */
  guideName?: string | undefined;
  /**
   * URL of the guide's picture, shown instead of the drawing while there is no video. Default: the
   * script's, or POSTER_URL of the endpoint; without any, a drawing, then a still of the video.
   */
  poster?: string | undefined;
  /**
   * Begin with a screen that says what will happen and tests the microphone. The greeting is
   * requested at once, so the avatar is on its way meanwhile. Default: true.
   */
  preJoin?: boolean | undefined;
  /**
   * LiveKit's room, for options of your own; keep it the same. Default: a new one. A room of the page
   * around the greeting (`RoomContext`) is not used: it may belong to another call.
   */
  room?: Room | undefined;
}

/**
 * The whole greeting, from "Connecting…" to "Continue to Training Video". It always shows a welcome
 * and a Continue button, whatever fails.
 */
export function AvatarGreeting(props: AvatarGreetingProps) {
  return <Attempts key={props.endpointUrl} {...props} />;
}

/** All attempts to greet one trainee, and what is kept through them. */
function Attempts(props: AvatarGreetingProps) {
  const { endpointUrl, locale, labels } = props;
  const [attempt, setAttempt] = useState(0);
  // Kept through all attempts, so that "Try again" stays in the trainee's language.
  const [learnedLocale, setLearnedLocale] = useState<string>();
  const languages = useBrowserLanguages();
  const [draft = "", setDraft] = useKept("sessionStorage", `draft:${endpointUrl}`);
  // A second tab takes the conversation over without asking again, too: if the trainee closes the
  // first one, the agent waits only a few seconds.
  const [joined, keepJoined] = useKept("localStorage", `join:${endpointUrl}`);
  const newest = useRef<GreetingState>(initialGreetingState);
  const tryAgain = useCallback(() => setAttempt((count) => count + 1), []);

  useEffect(() => {
    // A page that returns from the browser's back/forward cache has lost its connection.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) tryAgain();
    };
    window.addEventListener("pageshow", onShow);
    return () => window.removeEventListener("pageshow", onShow);
  }, [tryAgain]);

  const onStateChange = (state: GreetingState) => {
    newest.current = state;
    if (state.locale !== undefined) setLearnedLocale(state.locale);
    if (state.phase === "ended") keepJoined("");
    props.onStateChange?.(state);
  };
  const onContinue = (url: string | undefined) => {
    if (hasGreetingToEnd(newest.current)) keepJoined("");
    return props.onContinue === undefined ? "navigate" : props.onContinue(url);
  };
  const texts = useMemo(
    () => textsFor([learnedLocale, locale, ...languages], labels),
    [learnedLocale, locale, languages, labels],
  );
  return (
    <TextsContext.Provider value={texts}>
      <DraftContext.Provider value={useMemo(() => [draft, setDraft], [draft, setDraft])}>
        <RoomContext.Provider value={props.room}>
          <Frame>
            <KeptStill>
              <Attempt
                key={attempt}
                {...props}
                {...{ onStateChange, onContinue, tryAgain }}
                kept={readJoinOptions(joined)}
                keepJoin={(options) => keepJoined(writeJoinOptions(options))}
              />
            </KeptStill>
          </Frame>
        </RoomContext.Provider>
      </DraftContext.Provider>
    </TextsContext.Provider>
  );
}
