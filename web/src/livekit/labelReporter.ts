/**
 * Tells the agents in the room when the labels that the trainee must see were visible, for the
 * disclosure receipt in the outcome.
 *
 * Clocks differ, so the report has ages instead of times: how many milliseconds ago a label was
 * visible for the first time.
 */
import { type RemoteParticipant, type Room, RoomEvent } from "livekit-client";
import { useEffect, useState } from "react";

import { delay } from "../lib/timing.js";
import { isAgent } from "./agentPresence.js";
import { RPC_LABELS_SHOWN } from "./roomContract.js";
import { onRoomEvents } from "./roomEvents.js";
import { callParticipant } from "./rpc.js";

/** `ai`: an AI avatar speaks. `recording`: the trainee is being recorded. */
export type Label = "ai" | "recording";

/** A new agent may need a moment to register the method, or to see this participant. */
const RETRY_DELAYS_MS = [100, 300, 600, 1000, 2000, 3000, 3000, 3000];

export class LabelReporter {
  private readonly shownAt = new Map<Label, number>();
  /** How many labels each agent knows, by the sid of its participant. */
  private readonly known = new Map<string, number>();
  private readonly busy = new Set<string>();
  private stopped = new AbortController();

  constructor(private readonly room: Room) {}

  /** Report to every agent in the room, until the returned function is called. */
  start(): () => void {
    const { room, update } = this;
    const stop = onRoomEvents(room, {
      [RoomEvent.Connected]: update,
      [RoomEvent.Reconnected]: update,
      [RoomEvent.ParticipantConnected]: update,
      [RoomEvent.ParticipantActive]: update,
      [RoomEvent.ParticipantAttributesChanged]: update,
    });
    this.stopped = new AbortController();
    update();
    return () => {
      this.stopped.abort();
      stop();
    };
  }

  /** Note that a label is visible; only the first time counts. */
  readonly shown = (label: Label) => {
    if (this.shownAt.has(label)) return;
    this.shownAt.set(label, performance.now());
    this.update();
  };

  private readonly update = () => {
    if (this.stopped.signal.aborted) return;
    for (const participant of this.room.remoteParticipants.values()) {
      if (isAgent(participant)) void this.report(participant);
    }
  };

  private async report({ sid, identity }: RemoteParticipant): Promise<void> {
    if (this.busy.has(sid)) return;
    this.busy.add(sid);
    const { signal } = this.stopped;
    for (const retryDelay of RETRY_DELAYS_MS) {
      const { size } = this.shownAt;
      if (signal.aborted || (this.known.get(sid) ?? 0) === size) break;
      const now = performance.now();
      const ages = [...this.shownAt].map(([label, at]) => [label, Math.round(now - at)]);
      const payload = JSON.stringify(Object.fromEntries(ages));
      const answer = await callParticipant(this.room, identity, RPC_LABELS_SHOWN, payload).catch(
        () => "failed",
      );
      // Any other answer is from an agent that does not know this participant yet.
      if (answer === "ok") this.known.set(sid, size);
      else await delay(retryDelay, signal);
    }
    this.busy.delete(sid);
  }
}

/** A function that reports a visible label to the agents in the room. */
export function useLabelReporter(room: Room): (label: Label) => void {
  const [reporter] = useState(() => new LabelReporter(room));
  useEffect(() => reporter.start(), [reporter]);
  return reporter.shown;
}
