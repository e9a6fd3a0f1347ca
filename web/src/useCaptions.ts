/** The conversation as text: what is said (`lk.transcription`) and what is typed (`lk.chat`). */
import type { Room, TextStreamReader } from "livekit-client";
import { useCallback, useEffect, useReducer } from "react";

import { type Caption, type CaptionUpdate, mergeCaption } from "./mergeCaption.js";

const TOPIC_TRANSCRIPTION = "lk.transcription";
const TOPIC_CHAT = "lk.chat";

let streams = 0;

export interface Conversation {
  captions: readonly Caption[];
  /** Say it by typing; rejects if it did not get through. */
  send: (text: string) => Promise<void>;
}

export function useCaptions(room: Room): Conversation {
  const [captions, update] = useReducer(mergeCaption, []);

  useEffect(() => {
    room.registerTextStreamHandler(TOPIC_TRANSCRIPTION, (reader, { identity }) => {
      const from = identity === room.localParticipant.identity ? "trainee" : "guide";
      void follow(reader, from, update);
    });
    return () => room.unregisterTextStreamHandler(TOPIC_TRANSCRIPTION);
  }, [room]);

  const send = useCallback(
    async (text: string) => {
      const { id } = await room.localParticipant.sendText(text, { topic: TOPIC_CHAT });
      update({ id, from: "trainee", stream: ++streams, delta: text, final: true });
    },
    [room],
  );
  return { captions, send };
}

async function follow(
  reader: TextStreamReader,
  from: Caption["from"],
  update: (update: CaptionUpdate) => void,
): Promise<void> {
  const stream = ++streams;
  const attributes = reader.info.attributes ?? {};
  const id = attributes["lk.segment_id"] ?? reader.info.id;
  try {
    for await (const delta of reader) update({ id, from, stream, delta, final: false });
  } catch {
    // The speaker left in the middle of a line: what arrived is what was said.
  }
  // The guide writes a line as one stream; the trainee's words come as a new stream per guess.
  const final = from === "guide" || attributes["lk.transcription_final"] === "true";
  update({ id, from, stream, delta: "", final });
}
