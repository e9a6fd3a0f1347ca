import { act, renderHook, waitFor } from "@testing-library/react";
import { type LocalTrackPublication, ParticipantEvent, Room } from "livekit-client";
import { expect, test, vi } from "vitest";

import { delay } from "../lib/timing.js";
import {
  type FailureReason,
  type GreetingState,
  initialGreetingState,
  isConversing,
} from "../state/greetingState.js";
import { useMicrophone } from "./useMicrophone.js";

/** A room that is not connected, with a microphone that is only a flag. */
function fakeMicrophone() {
  const room = new Room();
  const microphone = { enabled: false };
  const participant = room.localParticipant;
  vi.spyOn(participant, "isMicrophoneEnabled", "get").mockImplementation(() => microphone.enabled);
  const setEnabled = vi.spyOn(participant, "setMicrophoneEnabled").mockImplementation((on) => {
    microphone.enabled = on;
    return Promise.resolve(undefined);
  });
  const start = (wanted: boolean) =>
    renderHook(
      ({ wanted }) => useMicrophone(room, wanted, { microphone: true, deviceId: undefined }),
      { initialProps: { wanted } },
    );
  /** The browser ends its recording, so livekit-client mutes it. */
  const stopByItself = () => {
    microphone.enabled = false;
    const muted = {} as unknown as LocalTrackPublication;
    act(() => void participant.emit(ParticipantEvent.TrackMuted, muted));
  };
  return { microphone, setEnabled, start, stopByItself };
}

test("the microphone is switched on when it is wanted", async () => {
  const { microphone, setEnabled, start } = fakeMicrophone();
  const { rerender } = start(false);
  await delay(20);
  expect(setEnabled).not.toHaveBeenCalled();
  rerender({ wanted: true });
  await waitFor(() => expect(microphone.enabled).toBe(true));
});

test("the microphone is off once the conversation is over, and on again for a late agent", async () => {
  const { microphone, start } = fakeMicrophone();
  const { rerender } = start(true);
  await waitFor(() => expect(microphone.enabled).toBe(true));
  rerender({ wanted: false });
  await waitFor(() => expect(microphone.enabled).toBe(false));
  rerender({ wanted: true });
  await waitFor(() => expect(microphone.enabled).toBe(true));
});

type Without<Phase extends GreetingState["phase"]> = Extract<GreetingState, { phase: Phase }>[];
const COMMON = { ...initialGreetingState, closing: undefined };
const WAITING = { ...COMMON, phase: "waiting_for_agent", requestedAgain: false } as const;
const FAILURES: Record<FailureReason, true> = {
  ...{ refused: true, unreachable: true, connect_failed: true, connection_lost: true },
  ...{ no_guide: true, taken_over: true, page_error: true },
};
/** Every phase but `greeting`. */
const NO_CONVERSATION: {
  [Phase in Exclude<GreetingState["phase"], "greeting">]: Without<Phase>;
} = {
  pre_join: [{ ...COMMON, phase: "pre_join" }],
  requesting: [{ ...COMMON, phase: "requesting" }],
  connecting: [{ ...COMMON, phase: "connecting" }],
  waiting_for_agent: (["expected", "preparing", "lost"] as const).map((agent) => ({
    ...WAITING,
    agent,
  })),
  ended: ["completed", "silent", "session_ended", "room_closed"].map((reason) => ({
    ...COMMON,
    phase: "ended",
    reason,
  })),
  failed: (Object.keys(FAILURES) as FailureReason[]).map((reason) => ({
    ...COMMON,
    phase: "failed",
    retryable: true,
    ...(reason === "refused" || reason === "unreachable"
      ? { reason, code: "timeout" }
      : { reason }),
  })),
};

test.each(Object.values(NO_CONVERSATION).flat())("the microphone is off: %o", async (state) => {
  // It is not switched on in this state.
  const before = fakeMicrophone();
  before.start(isConversing(state));
  await delay(20);
  expect(before.setEnabled).not.toHaveBeenCalledWith(true);
  // A conversation that changes to it switches the microphone off.
  const during = fakeMicrophone();
  const { rerender } = during.start(true);
  await waitFor(() => expect(during.microphone.enabled).toBe(true));
  rerender({ wanted: isConversing(state) });
  await waitFor(() => expect(during.microphone.enabled).toBe(false));
});

test("a microphone that the trainee switched off stays off", async () => {
  const { microphone, start } = fakeMicrophone();
  const { result, rerender } = start(true);
  await waitFor(() => expect(microphone.enabled).toBe(true));
  result.current.toggle();
  await waitFor(() => expect(microphone.enabled).toBe(false));
  rerender({ wanted: false });
  rerender({ wanted: true });
  await delay(20);
  expect(microphone.enabled).toBe(false);
});

test("a microphone that stops by itself has failed, but not one that is switched off", async () => {
  const { microphone, start, stopByItself } = fakeMicrophone();
  const { result } = start(true);
  await waitFor(() => expect(microphone.enabled).toBe(true));
  stopByItself();
  await waitFor(() => expect(result.current.status).toBe("failed"));
  for (const on of [true, false]) {
    act(() => result.current.toggle());
    await waitFor(() => expect(microphone.enabled).toBe(on));
  }
  stopByItself();
  await waitFor(() => expect(result.current.status).toBe("off"));
});

test("a permission that is granted after the end does not leave the microphone on", async () => {
  const { microphone, setEnabled, start } = fakeMicrophone();
  let grant: () => void = () => undefined;
  setEnabled.mockImplementationOnce(async () => {
    await new Promise<void>((resolve) => (grant = resolve));
    microphone.enabled = true;
    return undefined;
  });
  const { result, rerender } = start(true);
  await waitFor(() => expect(result.current.status).toBe("asking"));
  rerender({ wanted: false });
  grant();
  await waitFor(() => expect(setEnabled).toHaveBeenLastCalledWith(false));
  expect(microphone.enabled).toBe(false);
});

test.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "absent"],
  ["AbortError", "failed"],
])("%s from the browser is shown as %s", async (name, status) => {
  const { setEnabled, start } = fakeMicrophone();
  setEnabled.mockRejectedValue(new DOMException("No.", name));
  const { result } = start(true);
  await waitFor(() => expect(result.current.status).toBe(status));
});

test("a host that does not delegate the microphone is not the trainee's browser", async () => {
  Object.assign(document, { featurePolicy: { allowsFeature: () => false } });
  const { setEnabled, start } = fakeMicrophone();
  setEnabled.mockRejectedValue(new DOMException("No.", "NotAllowedError"));
  const { result } = start(true);
  await waitFor(() => expect(result.current.status).toBe("notAllowedByHost"));
  delete (document as { featurePolicy?: unknown }).featurePolicy;
});
