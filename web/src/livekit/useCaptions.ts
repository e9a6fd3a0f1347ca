/**
 * The conversation as text: what is said (`lk.transcription`) and what is typed (`lk.chat`).
 *
 * Written by hand instead of LiveKit's `useSessionMessages`, `useTranscriptions` and `useChat`
 * (@livekit/components-react 2.9.24): all three drop their text when the room disconnects, but the
 * page shows the conversation after the end. They also let a late interim result replace the final
 * one, throw an uncaught error if the speaker leaves in the middle of a line, and
 * `useSessionMessages` depends on `useAgent` (see `useAgentPresence`).
 */
import type { Room, TextStreamReader } from "livekit-client";
import { useCallback, useEffect, useReducer } from "react";

import { newestAgent } from "./agentPresence.js";
import { type Caption, type CaptionUpdate, mergeCaption } from "./captions.js";
import type { Tap } from "./questions.js";
import { ATTRIBUTE_LOCALE, ATTRIBUTE_TAP } from "./roomContract.js";

const TOPIC_TRANSCRIPTION = "lk.transcription";
const TOPIC_CHAT = "lk.chat";

let streams = 0;

export interface Conversation {
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
    return () => room.unregisterTextStreamHandler(TOPIC_TRANSCRIPTION);
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
  return { captions, send };
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
