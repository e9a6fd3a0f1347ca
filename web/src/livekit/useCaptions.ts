/**
 * The conversation as text: what is said (`lk.transcription`) and what is typed (`lk.chat`).
 *
 * Written by hand instead of LiveKit's `useSessionMessages`, `useTranscriptions` and `useChat`
 * (@livekit/components-react 2.9.24). All three drop their text when the room disconnects, but the
 * page shows the conversation after the end. They let a late interim result replace the final one.
 * They throw an uncaught error if the speaker leaves in the middle of a line. `useSessionMessages`
 * also depends on `useAgent` (see `useAgentPresence`).
 */
import type { Room, TextStreamReader } from "livekit-client";
import { RoomEvent } from "livekit-client";
import { useCallback, useEffect, useReducer, useRef } from "react";

import { newestAgent } from "./agentPresence.js";
import { type Caption, type CaptionUpdate, mergeCaption } from "./captions.js";
import type { Tap } from "./questions.js";
import { askForEarlierLines } from "./earlierLines.js";
import { ATTRIBUTE_LOCALE, ATTRIBUTE_TAP, RPC_TYPING } from "./roomContract.js";
import { onRoomEvents } from "./roomEvents.js";
import { callParticipant } from "./rpc.js";

const TOPIC_TRANSCRIPTION = "lk.transcription";
const TOPIC_CHAT = "lk.chat";

let streams = 0;

/** The agent counts the trainee as typing for five seconds. */
const TYPING_EVERY_MS = 2_000;

export interface Conversation {
  /** Tell the agent that the trainee types; call it at every change of the text. */
  typing: () => void;
  captions: readonly Caption[];
  /**
   * Send a typed message to the agent; rejects if it could not be sent.
   *
   * Args:
   *   tap: the button that stands for the message.
   */
  send: (text: string, tap?: Tap) => Promise<void>;
}

export function useCaptions(room: Room): Conversation {
  const [captions, update] = useReducer(mergeCaption, []);

  useEffect(() => {
    room.registerTextStreamHandler(TOPIC_TRANSCRIPTION, (reader, { identity }) => {
      const from = identity === room.localParticipant.identity ? "trainee" : "agent";
      void readLine(reader, from, () => greetingLanguage(room), update);
    });
    const left = new AbortController();
    const stop = onRoomEvents(room, {
      [RoomEvent.Connected]: () => {
        void askForEarlierLines(room, left.signal).then((earlier) => {
          if (!left.signal.aborted) update({ earlier });
        });
      },
    });
    return () => {
      left.abort();
      stop();
      room.unregisterTextStreamHandler(TOPIC_TRANSCRIPTION);
    };
  }, [room]);

  const typedAt = useRef(-TYPING_EVERY_MS);
  const typing = useCallback(() => {
    const agent = newestAgent(room.remoteParticipants.values());
    const now = performance.now();
    if (agent === undefined || now - typedAt.current < TYPING_EVERY_MS) return;
    typedAt.current = now;
    // If it is lost, the next one follows soon.
    callParticipant(room, agent.identity, RPC_TYPING, "").catch(() => undefined);
  }, [room]);

  const send = useCallback(
    async (text: string, tap?: Tap) => {
      const { id } = await room.localParticipant.sendText(text, {
        topic: TOPIC_CHAT,
        ...(tap !== undefined && { attributes: { [ATTRIBUTE_TAP]: JSON.stringify(tap) } }),
      });
      update({ id, from: "trainee", lang: undefined, stream: ++streams, delta: text, final: true });
    },
    [room],
  );
  return { captions, send, typing };
}

/** The language that the agent speaks now. */
function greetingLanguage(room: Room): string | undefined {
  return newestAgent(room.remoteParticipants.values())?.attributes[ATTRIBUTE_LOCALE] || undefined;
}

async function readLine(
  reader: TextStreamReader,
  from: Caption["from"],
  language: () => string | undefined,
  update: (update: CaptionUpdate) => void,
): Promise<void> {
  const stream = ++streams;
  const attributes = reader.info.attributes ?? {};
  const id = attributes["lk.segment_id"] ?? reader.info.id;
  try {
    for await (const delta of reader)
      update({ id, from, lang: language(), stream, delta, final: false });
  } catch {
    // The speaker left in the middle of the line; keep the part that arrived.
  }
  // The agent's line is one stream; each interim result of the trainee's speech is a stream of its
  // own.
  const final = from === "agent" || attributes["lk.transcription_final"] === "true";
  update({ id, from, lang: language(), stream, delta: "", final });
}
