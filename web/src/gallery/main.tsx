/**
 * Shows the states of the page without LiveKit: `gallery.html?state=text&locale=de&column=420`.
 * Not part of the package. `window.gallery` lets tests show many states without loading the page
 * again.
 */
import "../styles/index.css";
import "../page.css";

import axe from "axe-core";
import { type ReactNode, useState } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";

import { ContinueButton } from "../components/ContinueButton.js";
import { Frame } from "../components/Frame.js";
import { GreetingView } from "../components/GreetingView.js";
import { Layout } from "../components/Layout.js";
import { PreJoin } from "../components/PreJoin.js";
import { KeptStill } from "../components/still.js";
import { DraftContext } from "../state/draft.js";
import { type GreetingState, initialGreetingState } from "../state/greetingState.js";
import { textsFor } from "../texts/index.js";
import { TextsContext } from "../texts/useTexts.js";
import { FAKE_FACE } from "./fakeVideo.js";
import { PRE_JOIN, type StateName, STATES, TAPS } from "./states.js";

interface Shown {
  state: StateName;
  locale?: string;
  /** Width of the column that holds the greeting, in pixels; by default the window's. */
  column?: number;
  /** `--tg-height` of the column. */
  height?: string;
  /** Change the state that is shown, instead of mounting the page again. */
  keep?: boolean;
}

const SHOWN_WITHIN_MS = 20_000;

const container = document.getElementById("root");
if (container === null) throw new Error("gallery.html has no #root");
const root = createRoot(container);

let shown = 0;

/** Resolves once the state is shown. */
async function show({ state, locale = "en", column, height, keep }: Shown): Promise<void> {
  if (keep !== true) shown++;
  const width = column === undefined ? "" : `${column}px`;
  document.body.style.cssText = width && `width: ${width}; --tg-height: ${height ?? "100svh"}`;
  flushSync(() =>
    root.render(
      <TextsContext.Provider value={{ ...textsFor([locale]), locale }}>
        <main>
          <Frame>
            <KeptStill key={shown}>
              <Draft initial={TAPS[state]?.draft ?? ""}>
                {isPreJoin(state) ? <BeforeJoining /> : <GreetingView {...STATES[state]} />}
              </Draft>
            </KeptStill>
          </Frame>
        </main>
      </TextsContext.Provider>,
    ),
  );
  await tapIn(state);
}

async function tapIn(state: StateName): Promise<void> {
  const asked = TAPS[state];
  if (asked === undefined) return;
  const { mediaDevices } = navigator;
  if (state === "pre-join-denied") mediaDevices.getUserMedia = deny;
  document.querySelector<HTMLElement>(`[data-testid="${asked.tap}"]`)?.click();
  const deadline = performance.now() + SHOWN_WITHIN_MS;
  while (document.querySelector(asked.shows) === null) {
    if (performance.now() > deadline) throw new Error(`${state} does not show ${asked.shows}`);
    await new Promise(requestAnimationFrame);
  }
  if (state === "pre-join-denied") Reflect.deleteProperty(mediaDevices, "getUserMedia");
}

function deny(): Promise<never> {
  return Promise.reject(new DOMException("denied", "NotAllowedError"));
}

function isPreJoin(state: StateName): state is (typeof PRE_JOIN)[number] {
  return (PRE_JOIN as readonly string[]).includes(state);
}

function Draft({ initial, children }: { initial: string; children: ReactNode }) {
  return <DraftContext.Provider value={useState(initial)}>{children}</DraftContext.Provider>;
}

function BeforeJoining() {
  const state: GreetingState = { ...initialGreetingState, phase: "pre_join" };
  const introduction = { guide: "Maya", poster: undefined, minutes: 2, questions: 3 };
  return (
    <Layout
      state={state}
      traineeName="Ada"
      stage={<PreJoin introduction={introduction} join={() => undefined} />}
      footer={<ContinueButton leaving="no" leave={() => undefined} />}
    />
  );
}

export const gallery = {
  axe,
  show,
  face: FAKE_FACE,
  states: [...PRE_JOIN, ...Object.keys(STATES)],
};
declare global {
  interface Window {
    gallery: typeof gallery;
  }
}
window.gallery = gallery;

const asked = new URLSearchParams(location.search);
const named = asked.get("state");
if (named !== null && gallery.states.includes(named)) {
  const column = Number(asked.get("column"));
  void show({
    state: named as Shown["state"],
    locale: asked.get("locale") ?? "en",
    ...(column > 0 && { column, height: asked.get("height") ?? "100svh" }),
  });
} else {
  root.render(
    <ul>
      {gallery.states.map((name) => (
        <li key={name}>
          <a href={`?state=${name}`}>{name}</a>
        </li>
      ))}
    </ul>,
  );
}
