import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import type { Activity } from "../livekit/agentPresence.js";
import { turnOf } from "../livekit/turn.js";
import type { MicrophoneStatus } from "../livekit/useMicrophone.js";
import { GuideContext } from "../texts/guide.js";
import { TurnPill } from "./TurnPill.js";

interface Shown {
  activity: Activity | undefined;
  textMode?: boolean;
  reconnecting?: boolean;
  microphone?: MicrophoneStatus;
  canTap?: boolean;
}

function show({
  activity,
  textMode = false,
  reconnecting = false,
  canTap = false,
  ...given
}: Shown) {
  const turn = turnOf(activity, reconnecting);
  const microphone = {
    status: given.microphone ?? "on",
    speaking: false,
    track: undefined,
    toggle: vi.fn(),
  };
  render(
    <GuideContext.Provider value={{ name: "Maya", poster: undefined }}>
      <TurnPill {...{ activity, turn, reconnecting, textMode, microphone, canTap }} />
    </GuideContext.Provider>,
  );
  const pill = screen.getByTestId("guide-activity");
  return [pill.dataset.turn, pill.textContent];
}

test.each<[Shown, string, string]>([
  [{ activity: "speaking" }, "guide", "Maya is speaking"],
  [{ activity: "speaking", textMode: true }, "guide", "Maya is writing…"],
  [{ activity: "thinking" }, "guide", "Maya is thinking…"],
  [{ activity: "listening" }, "trainee", "Your turn: speak or type"],
  [{ activity: "listening", microphone: "off" }, "trainee", "Your turn: type your answer"],
  [{ activity: "listening", textMode: true }, "trainee", "Your turn: type your answer"],
  [{ activity: "listening", canTap: true }, "trainee", "Your turn: speak or type"],
  [{ activity: "listening", canTap: true, textMode: true }, "trainee", "Your turn: tap or type"],
  // Its voice may take seconds to begin the opening.
  [{ activity: "getting_ready" }, "nobody", "Maya is getting ready"],
  [{ activity: "listening", reconnecting: true }, "nobody", "Reconnecting…"],
  [{ activity: undefined, reconnecting: true }, "nobody", "Reconnecting…"],
])("%o", (shown, turn, text) => {
  expect(show(shown)).toEqual([turn, text]);
});
