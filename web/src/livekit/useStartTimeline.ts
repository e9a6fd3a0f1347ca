import type { Room } from "livekit-client";
import { useEffect, useState } from "react";

import type { GreetingEndpoint } from "../endpoint/greetingEndpoint.js";
import type { Playback } from "./playbackReporter.js";
import { StartTimeline } from "./startTimeline.js";

/** Reports the page's part of the start to the agent. */
export function useStartTimeline(room: Room, endpoint: GreetingEndpoint, playback: Playback): void {
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
