import { type TrackReference, VideoTrack } from "@livekit/components-react";
import { type RefObject, useEffect, useRef, useState } from "react";

import { Portrait } from "./Portrait.js";
import { useWords } from "./words/useWords.js";

/** A picture that has not moved for this long is a frozen one. */
const FROZEN_AFTER_MS = 3_000;
const CHECK_EVERY_MS = 500;
/** Darker than this in every corner is no picture. */
const BLACK_BELOW = 24;

export interface AvatarVideoProps {
  /** The avatar's camera track; undefined shows the portrait. */
  videoTrack: TrackReference | undefined;
  /** What the portrait's mouth follows while it is shown. */
  audioTrack?: TrackReference | undefined;
  speaking?: boolean;
}

/** The avatar's picture while it moves, and a portrait whenever it does not. */
export function AvatarVideo({ videoTrack, audioTrack, speaking = false }: AvatarVideoProps) {
  return videoTrack === undefined ? (
    <div className="tg-avatar" data-picture="none">
      <Portrait audioTrack={audioTrack} speaking={speaking} />
    </div>
  ) : (
    <MovingPicture
      key={videoTrack.publication.trackSid}
      videoTrack={videoTrack}
      audioTrack={audioTrack}
      speaking={speaking}
    />
  );
}

function MovingPicture({
  videoTrack,
  audioTrack,
  speaking,
}: {
  videoTrack: TrackReference;
  audioTrack: TrackReference | undefined;
  speaking: boolean;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const { guideOnVideo } = useWords();
  const picture = usePicture(video);
  return (
    <div className="tg-avatar" data-picture={picture}>
      {picture !== "moving" && <Portrait audioTrack={audioTrack} speaking={speaking} />}
      <VideoTrack
        ref={video}
        trackRef={videoTrack}
        className="tg-video"
        data-testid="avatar-video"
        aria-label={guideOnVideo}
        muted
        playsInline
      />
    </div>
  );
}

export type Picture = "starting" | "moving" | "frozen";

/** Watches the frames: `starting` until the first, `frozen` when none came for three seconds. */
export function usePicture(video: RefObject<HTMLVideoElement | null>): Picture {
  const [picture, setPicture] = useState<Picture>("starting");

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    let lastFrameAt = performance.now();
    let begun = false;
    let request = 0;
    let framesShown = 0;

    const onFrame = () => {
      lastFrameAt = performance.now();
      // LiveKit's publishers send black frames, ten a second, until they are given the first real one.
      begun ||= !isBlack(element);
      if (begun) setPicture("moving");
    };
    const byCallback = typeof element.requestVideoFrameCallback === "function";
    const next = () => {
      request = element.requestVideoFrameCallback(() => {
        onFrame();
        next();
      });
    };
    if (byCallback) next();

    const timer = setInterval(() => {
      // A hidden page draws nothing, and that is no fault.
      if (document.hidden) lastFrameAt = performance.now();
      if (!byCallback) {
        const shown = element.getVideoPlaybackQuality().totalVideoFrames;
        if (shown !== framesShown) onFrame();
        framesShown = shown;
      }
      if (begun && performance.now() - lastFrameAt > FROZEN_AFTER_MS) setPicture("frozen");
    }, CHECK_EVERY_MS);

    return () => {
      clearInterval(timer);
      if (byCallback) element.cancelVideoFrameCallback(request);
    };
  }, [video]);

  return picture;
}

function isBlack(video: HTMLVideoElement): boolean {
  const size = 8;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  if (context === null) return false;
  context.drawImage(video, 0, 0, size, size);
  return context
    .getImageData(0, 0, size, size)
    .data.every((value, index) => index % 4 === 3 || value < BLACK_BELOW);
}
