/**
 * Tells the agents in the room whether the browser plays their sound. They do not start to speak before
 * the trainee can hear them.
 *
 * It looks at the media elements instead of livekit-client's `canPlaybackAudio` (and LiveKit's
 * `useStartAudio`, which reads it). In Chromium with livekit-client 2.23.0, that value is true until
 * the browser has refused the first sound. It is true again for a moment if the trainee grants the
 * microphone while the browser still refuses sound.
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

import { delay, whenAborted } from "../lib/timing.js";
import { isAgent } from "./agentPresence.js";
import { RPC_CAN_HEAR } from "./roomContract.js";
import { onRoomEvents } from "./roomEvents.js";
import { callParticipant } from "./rpc.js";

/** A new agent may need a moment to register the method, or to see this participant. */
const RETRY_DELAYS_MS = [80, 150, 300, 600, 1000, 2000, 3000, 3000, 3000, 3000];
/** A report without an answer is sent again after this time; the agent accepts it twice. */
const ANSWER_TIMEOUT_MS = 1_000;

/** `off`: the trainee reads along without sound. */
export type Playback = "untried" | "playing" | "blocked" | "off";

interface Report {
  sound_unlocked: boolean;
  audio_from: string[];
}

/** The last report to one agent. */
interface Delivery {
  report: string;
  /** Aborted when a newer report replaces this one. */
  replaced: AbortController;
  /** Calls without an answer yet, of this report and of earlier ones. */
  pending: Set<Promise<unknown>>;
}

export class PlaybackReporter {
  /** By the sid of the agent's participant. */
  private readonly deliveries = new Map<string, Delivery>();
  private stopped = false;

  constructor(
    private readonly room: Room,
    private readonly onPlayback: (playback: Playback) => void,
    /** Whether the trainee wants sound. Without it, the agents need not wait for it. */
    private sound = true,
  ) {}

  setSound(sound: boolean): void {
    this.sound = sound;
    this.update();
  }

  /** Observe and report, until the returned function is called. */
  start(): () => void {
    const { update, reset } = this;
    const stop = onRoomEvents(this.room, {
      [RoomEvent.TrackSubscribed]: this.onSubscribed,
      [RoomEvent.TrackUnsubscribed]: update,
      [RoomEvent.AudioPlaybackStatusChanged]: update,
      [RoomEvent.ParticipantConnected]: update,
      [RoomEvent.ParticipantActive]: update,
      [RoomEvent.ParticipantAttributesChanged]: update,
      [RoomEvent.ParticipantDisconnected]: this.onParticipantLeft,
      [RoomEvent.Connected]: update,
      [RoomEvent.Reconnected]: this.reportAgain,
      [RoomEvent.Disconnected]: reset,
    });
    this.stopped = false;
    return () => {
      this.stopped = true;
      stop();
      reset();
    };
  }

  private readonly onSubscribed = (track: RemoteTrack) => {
    if (track.kind !== Track.Kind.Audio) return;
    track.on(TrackEvent.ElementAttached, (element) => {
      for (const event of ["play", "playing", "pause"]) {
        element.addEventListener(event, this.update);
      }
      this.update();
    });
    track.on(TrackEvent.AudioPlaybackFailed, this.update);
    this.update();
  };

  private readonly onParticipantLeft = (participant: RemoteParticipant) => {
    this.deliveries.get(participant.sid)?.replaced.abort();
    this.deliveries.delete(participant.sid);
    this.update();
  };

  /** Stop sending, for example because the page left the room. */
  private readonly reset = () => {
    for (const { replaced } of this.deliveries.values()) replaced.abort();
    this.deliveries.clear();
  };

  private readonly reportAgain = () => {
    this.reset();
    this.update();
  };

  private readonly update = () => {
    if (this.stopped) return;
    const tracks = this.audioTracks();
    const playing = tracks.filter(({ track }) => isPlaying(track));
    const tried = tracks.some(({ track }) => track.attachedElements.length > 0);
    const heard = playing.length > 0 ? "playing" : tried ? "blocked" : "untried";
    this.onPlayback(this.sound ? heard : "off");

    const sources = this.sound && playing.length > 0 ? playing : tracks;
    const report: Report = {
      sound_unlocked: !this.sound || playing.length > 0,
      audio_from: [...new Set(sources.map(({ identity }) => identity))].sort(),
    };
    for (const participant of this.room.remoteParticipants.values()) {
      if (isAgent(participant)) this.deliver(participant, JSON.stringify(report));
    }
  };

  private deliver({ sid, identity }: RemoteParticipant, report: string) {
    const last = this.deliveries.get(sid);
    if (last?.report === report) return;
    last?.replaced.abort();
    const delivery = {
      report,
      replaced: new AbortController(),
      pending: last?.pending ?? new Set<Promise<unknown>>(),
    };
    this.deliveries.set(sid, delivery);
    void this.send(identity, delivery);
  }

  private async send(identity: string, delivery: Delivery): Promise<void> {
    const { report, pending } = delivery;
    const replaced = delivery.replaced.signal;
    for (const retryDelay of RETRY_DELAYS_MS) {
      if (replaced.aborted) return;
      const earlier = [...pending];
      const call = callParticipant(this.room, identity, RPC_CAN_HEAR, report).catch(() => "failed");
      pending.add(call);
      void call.then(() => pending.delete(call));
      const answer = await Promise.race([call, delay(ANSWER_TIMEOUT_MS, replaced)]);
      if (answer === "ok") {
        if (earlier.length === 0) return;
        // Two calls at once may arrive in either order, and the agent uses the last one. Send this
        // report again after the older call is done.
        await Promise.race([Promise.all(earlier), whenAborted(replaced)]);
        continue;
      }
      // Any other answer is from an agent that does not know this participant yet.
      await delay(retryDelay, replaced);
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

/** A browser that refuses to play leaves the element paused from the start. */
function isPlaying(track: RemoteTrack): boolean {
  return track.attachedElements.some((element) => !element.paused);
}
