/**
 * Tells the guide whether it would be heard, so that nobody misses the first word.
 *
 * "Heard" means that the browser has really begun to play: until a first sound is tried,
 * livekit-client's `canPlaybackAudio` is true even where the browser is going to refuse.
 */
import {
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  type Room,
  RoomEvent,
  Track,
  TrackEvent,
} from "livekit-client";

import { RPC_CAN_HEAR } from "./roomContract";
import { isAgent } from "./useGuide";

/** A browser that will not play says so at once; one that waits for the first data says nothing. */
const REFUSAL_WITHIN_MS = 300;
/** An agent may take a moment to register the method, or to see us: ask again after these. */
const RETRY_DELAYS_MS = [80, 150, 300, 600, 1000, 2000, 3000, 3000, 3000, 3000];
/** A report nobody has answered by then is sent again: saying it twice does no harm. */
const ANSWER_WITHIN_MS = 1_000;

export type Sound = "untried" | "playing" | "blocked";

interface Report {
  sound_unlocked: boolean;
  audio_from: string[];
}

export class Hearing {
  /** Tracks whose sound the browser plays. */
  private readonly playing = new Set<RemoteTrack>();
  /** For each agent's seat: the report it has, or is being sent. */
  private readonly told = new Map<
    string,
    { report: string; sending: AbortController | undefined }
  >();
  private stopped = false;

  constructor(
    private readonly room: Room,
    private readonly onSound: (sound: Sound) => void,
  ) {}

  /** Listen and report from now on, until the returned function is called. */
  start(): () => void {
    const { room } = this;
    const changed = () => this.changed();
    const anew = () => {
      this.told.clear();
      this.changed();
    };
    room
      .on(RoomEvent.TrackSubscribed, this.onSubscribed)
      .on(RoomEvent.TrackUnsubscribed, this.onUnsubscribed)
      .on(RoomEvent.AudioPlaybackStatusChanged, this.onPlayback)
      .on(RoomEvent.ParticipantConnected, changed)
      .on(RoomEvent.ParticipantActive, changed)
      .on(RoomEvent.ParticipantAttributesChanged, changed)
      .on(RoomEvent.ParticipantDisconnected, this.onParticipantLeft)
      .on(RoomEvent.Connected, changed)
      .on(RoomEvent.Reconnected, anew);
    this.stopped = false;
    return () => {
      this.stopped = true;
      room
        .off(RoomEvent.TrackSubscribed, this.onSubscribed)
        .off(RoomEvent.TrackUnsubscribed, this.onUnsubscribed)
        .off(RoomEvent.AudioPlaybackStatusChanged, this.onPlayback)
        .off(RoomEvent.ParticipantConnected, changed)
        .off(RoomEvent.ParticipantActive, changed)
        .off(RoomEvent.ParticipantAttributesChanged, changed)
        .off(RoomEvent.ParticipantDisconnected, this.onParticipantLeft)
        .off(RoomEvent.Connected, changed)
        .off(RoomEvent.Reconnected, anew);
      for (const { sending } of this.told.values()) sending?.abort();
      this.told.clear();
    };
  }

  private readonly onSubscribed = (track: RemoteTrack) => {
    if (track.kind !== Track.Kind.Audio) return;
    const heard = () => {
      if (!this.room.canPlaybackAudio) return;
      this.playing.add(track);
      this.changed();
    };
    track.on(TrackEvent.AudioPlaybackStarted, heard);
    track.on(TrackEvent.ElementAttached, () => setTimeout(heard, REFUSAL_WITHIN_MS));
    this.changed();
  };

  private readonly onUnsubscribed = (track: RemoteTrack) => {
    this.playing.delete(track);
    this.changed();
  };

  private readonly onPlayback = () => {
    if (this.room.canPlaybackAudio) {
      for (const { track } of this.audioTracks()) {
        if (track.attachedElements.length > 0) this.playing.add(track);
      }
    } else {
      this.playing.clear();
    }
    this.changed();
  };

  private readonly onParticipantLeft = (participant: RemoteParticipant) => {
    this.told.get(participant.sid)?.sending?.abort();
    this.told.delete(participant.sid);
    this.changed();
  };

  private changed() {
    if (this.stopped) return;
    const blocked = !this.room.canPlaybackAudio;
    this.onSound(blocked ? "blocked" : this.playing.size > 0 ? "playing" : "untried");

    const heard = this.audioTracks().filter(({ track }) => blocked || this.playing.has(track));
    const report: Report = {
      sound_unlocked: !blocked && this.playing.size > 0,
      audio_from: [...new Set(heard.map(({ identity }) => identity))].sort(),
    };
    for (const participant of this.room.remoteParticipants.values()) {
      if (isAgent(participant)) this.tell(participant, JSON.stringify(report));
    }
  }

  private tell({ sid, identity }: RemoteParticipant, report: string) {
    const known = this.told.get(sid);
    if (known?.report === report) return;
    known?.sending?.abort();
    const sending = new AbortController();
    const telling = { report, sending: sending as AbortController | undefined };
    this.told.set(sid, telling);
    void this.send(identity, report, sending.signal).then(() => {
      telling.sending = undefined;
    });
  }

  private async send(identity: string, payload: string, replaced: AbortSignal): Promise<void> {
    for (const delay of RETRY_DELAYS_MS) {
      if (replaced.aborted) return;
      const answer = await Promise.race([
        this.room.localParticipant
          .performRpc({ destinationIdentity: identity, method: RPC_CAN_HEAR, payload })
          .catch(() => "failed"),
        pause(ANSWER_WITHIN_MS, replaced),
      ]);
      // Anything but `ok` comes from an agent that does not know us yet.
      if (answer === "ok") return;
      await pause(delay, replaced);
    }
  }

  private audioTracks(): { identity: string; track: RemoteTrack }[] {
    return [...this.room.remoteParticipants.values()].flatMap(({ identity, trackPublications }) =>
      [...(trackPublications as ReadonlyMap<string, RemoteTrackPublication>).values()].flatMap(
        ({ track }) => (track?.kind === Track.Kind.Audio ? [{ identity, track }] : []),
      ),
    );
  }
}

/** Resolves after `ms`, or as soon as `signal` is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
