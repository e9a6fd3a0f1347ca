/**
 * Notes when the steps of the start happened, and reports them to the agent for the operator's
 * timeline.
 *
 * Clocks differ, so the report has ages instead of times: how many milliseconds ago each step was.
 */
import { type RemoteTrack, type Room, RoomEvent, Track, TrackEvent } from "livekit-client";
import { useEffect, useState } from "react";

import type { EndpointClient } from "../endpoint/endpointClient.js";
import type { Playback } from "./playbackReporter.js";
import { RPC_START_TIMELINE } from "./roomContract.js";
import { onRoomEvents } from "./roomEvents.js";
import { callAgent } from "./rpc.js";

/** After the first sound, the report waits this long for the first picture. */
const REPORT_AFTER_MS = 3_000;

/** The names in the RPC; `agent.outcomes.timeline.MOMENTS` explains them. */
export type Moment =
  "page_asked" | "page_ticket" | "page_connected" | "page_sound" | "page_audio" | "page_video";

export class StartTimeline {
  private readonly at = new Map<Moment, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly room: Room) {}

  /** Observe the room, until the returned function is called. */
  start(): () => void {
    const stop = onRoomEvents(this.room, {
      [RoomEvent.Connected]: () => this.mark("page_connected"),
      [RoomEvent.TrackSubscribed]: this.onSubscribed,
      [RoomEvent.ActiveSpeakersChanged]: this.onSpeakers,
    });
    return () => {
      clearTimeout(this.timer);
      this.timer = undefined;
      stop();
    };
  }

  /** Note a moment; only the first time counts. `at` is on the clock of `performance.now()`. */
  mark(moment: Moment, at: number | undefined = performance.now()) {
    if (!this.at.has(moment)) this.at.set(moment, at);
  }

  private readonly onSubscribed = (track: RemoteTrack) => {
    if (track.kind !== Track.Kind.Video) return;
    track.on(TrackEvent.ElementAttached, (element) => {
      if (!("requestVideoFrameCallback" in element)) return;
      (element as HTMLVideoElement).requestVideoFrameCallback(() => this.mark("page_video"));
    });
  };

  private readonly onSpeakers = () => {
    const speaking = [...this.room.remoteParticipants.values()].some(
      (participant) => participant.isSpeaking,
    );
    if (!speaking || !this.at.has("page_sound") || this.timer !== undefined) return;
    this.mark("page_audio");
    this.timer = setTimeout(() => void this.report(), REPORT_AFTER_MS);
  };

  private async report(): Promise<void> {
    const now = performance.now();
    const ages = [...this.at].map(([moment, at]) => [moment, Math.round(now - at)]);
    const payload = JSON.stringify(Object.fromEntries(ages));
    // Only the timeline depends on it, so an error is ignored.
    await callAgent(this.room, RPC_START_TIMELINE, payload).catch(() => undefined);
  }
}

/** Reports the page's part of the start to the agent. */
export function useStartTimeline(room: Room, endpoint: EndpointClient, playback: Playback): void {
  const [timeline] = useState(() => new StartTimeline(room));
  useEffect(() => timeline.start(), [timeline]);
  useEffect(() => {
    if (playback !== "playing") return;
    const { requestedAt, receivedAt } = endpoint.requestTimes();
    if (requestedAt !== undefined) timeline.mark("page_asked", requestedAt);
    if (receivedAt !== undefined) timeline.mark("page_ticket", receivedAt);
    timeline.mark("page_sound");
  }, [timeline, endpoint, playback]);
}
