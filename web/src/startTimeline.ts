/**
 * When what happened while the greeting started, told to the guide once it speaks.
 *
 * Clocks differ, so ages are sent, not times: how many milliseconds ago each moment was.
 */
import { type RemoteTrack, type Room, RoomEvent, Track, TrackEvent } from "livekit-client";

import { RPC_START_TIMELINE } from "./roomContract.js";
import { newestAgent } from "./useGuide.js";

/** After the first sound the picture may take this long, then what is known is told. */
const TELL_AFTER_MS = 3_000;

export type Moment =
  "page_asked" | "page_ticket" | "page_connected" | "page_sound" | "page_audio" | "page_video";

export class StartTimeline {
  private readonly at = new Map<Moment, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly room: Room) {}

  /** Listen from now on, until the returned function is called. */
  start(): () => void {
    const { room, onConnected, onSubscribed, onSpeakers } = this;
    room
      .on(RoomEvent.Connected, onConnected)
      .on(RoomEvent.TrackSubscribed, onSubscribed)
      .on(RoomEvent.ActiveSpeakersChanged, onSpeakers);
    return () => {
      clearTimeout(this.timer);
      this.timer = undefined;
      room
        .off(RoomEvent.Connected, onConnected)
        .off(RoomEvent.TrackSubscribed, onSubscribed)
        .off(RoomEvent.ActiveSpeakersChanged, onSpeakers);
    };
  }

  /** Note a moment; the first time counts. `at` is of performance.now(). */
  mark(moment: Moment, at: number | undefined = performance.now()) {
    if (!this.at.has(moment)) this.at.set(moment, at);
  }

  private readonly onConnected = () => this.mark("page_connected");

  private readonly onSubscribed = (track: RemoteTrack) => {
    if (track.kind !== Track.Kind.Video) return;
    track.on(TrackEvent.ElementAttached, (element) => {
      if (!("requestVideoFrameCallback" in element)) return;
      (element as HTMLVideoElement).requestVideoFrameCallback(() => this.mark("page_video"));
    });
  };

  private readonly onSpeakers = () => {
    const spoken = [...this.room.remoteParticipants.values()].some((one) => one.isSpeaking);
    if (!spoken || !this.at.has("page_sound") || this.timer !== undefined) return;
    this.mark("page_audio");
    this.timer = setTimeout(() => void this.tell(), TELL_AFTER_MS);
  };

  private async tell(): Promise<void> {
    const agent = newestAgent([...this.room.remoteParticipants.values()]);
    if (agent === undefined) return;
    const now = performance.now();
    const ages = [...this.at].map(([moment, at]) => [moment, Math.round(now - at)]);
    await this.room.localParticipant
      .performRpc({
        destinationIdentity: agent.identity,
        method: RPC_START_TIMELINE,
        payload: JSON.stringify(Object.fromEntries(ages)),
      })
      // Nothing depends on it.
      .catch(() => undefined);
  }
}
