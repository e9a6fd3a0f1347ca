/**
 * Tells the guide whether it would be heard, so that nobody misses the first word.
 *
 * The elements that play are asked, not livekit-client's `canPlaybackAudio`: that is true until a first
 * sound has been refused, and true again for a moment when the microphone is granted while the sound
 * is still refused (seen with 2.23.0 in Chromium).
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

import { pause } from "./pause.js";
import { RPC_CAN_HEAR } from "./roomContract.js";
import { isAgent } from "./useGuide.js";

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
  /** For each agent's seat: the report it has, or is being sent. */
  private readonly told = new Map<
    string,
    { report: string; sending: AbortController | undefined; calls: Set<Promise<unknown>> }
  >();
  private stopped = false;

  constructor(
    private readonly room: Room,
    private readonly onSound: (sound: Sound) => void,
  ) {}

  /** Listen and report from now on, until the returned function is called. */
  start(): () => void {
    const { room } = this;
    const { changed } = this;
    const anew = () => {
      this.told.clear();
      this.changed();
    };
    room
      .on(RoomEvent.TrackSubscribed, this.onSubscribed)
      .on(RoomEvent.TrackUnsubscribed, changed)
      .on(RoomEvent.AudioPlaybackStatusChanged, changed)
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
        .off(RoomEvent.TrackUnsubscribed, changed)
        .off(RoomEvent.AudioPlaybackStatusChanged, changed)
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
    track.on(TrackEvent.ElementAttached, (element) => {
      for (const event of ["play", "playing", "pause"]) {
        element.addEventListener(event, this.changed);
      }
      this.changed();
    });
    track.on(TrackEvent.AudioPlaybackFailed, this.changed);
    this.changed();
  };

  private readonly onParticipantLeft = (participant: RemoteParticipant) => {
    this.told.get(participant.sid)?.sending?.abort();
    this.told.delete(participant.sid);
    this.changed();
  };

  private readonly changed = () => {
    if (this.stopped) return;
    const tracks = this.audioTracks();
    const playing = tracks.filter(({ track }) => isPlaying(track));
    const tried = tracks.some(({ track }) => track.attachedElements.length > 0);
    this.onSound(playing.length > 0 ? "playing" : tried ? "blocked" : "untried");

    const report: Report = {
      sound_unlocked: playing.length > 0,
      audio_from: [
        ...new Set((playing.length > 0 ? playing : tracks).map(({ identity }) => identity)),
      ].sort(),
    };
    for (const participant of this.room.remoteParticipants.values()) {
      if (isAgent(participant)) this.tell(participant, JSON.stringify(report));
    }
  };

  private tell({ sid, identity }: RemoteParticipant, report: string) {
    const known = this.told.get(sid);
    if (known?.report === report) return;
    known?.sending?.abort();
    const sending = new AbortController();
    const calls = known?.calls ?? new Set();
    const telling = { report, sending: sending as AbortController | undefined, calls };
    this.told.set(sid, telling);
    void this.send(identity, report, calls, sending.signal).then(() => {
      telling.sending = undefined;
    });
  }

  private async send(
    identity: string,
    payload: string,
    calls: Set<Promise<unknown>>,
    replaced: AbortSignal,
  ): Promise<void> {
    for (const delay of RETRY_DELAYS_MS) {
      if (replaced.aborted) return;
      const earlier = [...calls];
      const call = this.room.localParticipant
        .performRpc({ destinationIdentity: identity, method: RPC_CAN_HEAR, payload })
        .catch(() => "failed");
      calls.add(call);
      void call.then(() => calls.delete(call));
      const answer = await Promise.race([call, pause(ANSWER_WITHIN_MS, replaced)]);
      if (answer === "ok") {
        if (earlier.length === 0) return;
        // Two calls under way at once may arrive in either order, and what arrives last counts: when
        // the older one is through, this is said again.
        await Promise.race([Promise.all(earlier), aborted(replaced)]);
        continue;
      }
      // Anything but `ok` comes from an agent that does not know us yet.
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

/** A browser that refuses to play leaves the element paused, from the first moment on. */
function isPlaying(track: RemoteTrack): boolean {
  return track.attachedElements.some((element) => !element.paused);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
