/** Notes the page's part of the start, for the operator's timeline. */
import type { Room } from "livekit-client";
import { useEffect, useState } from "react";

import type { GreetingEndpoint } from "./endpoint.js";
import type { Sound } from "./hearing.js";
import { StartTimeline } from "./startTimeline.js";

export function useStartTimeline(room: Room, endpoint: GreetingEndpoint, sound: Sound): void {
  const [timeline] = useState(() => new StartTimeline(room));
  useEffect(() => timeline.start(), [timeline]);
  useEffect(() => {
    if (sound !== "playing") return;
    const { askedAt, ticketAt } = endpoint.times();
    if (askedAt !== undefined) timeline.mark("page_asked", askedAt);
    if (ticketAt !== undefined) timeline.mark("page_ticket", ticketAt);
    timeline.mark("page_sound");
  }, [timeline, endpoint, sound]);
}
