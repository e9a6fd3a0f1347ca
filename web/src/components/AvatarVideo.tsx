import { type TrackReference, VideoTrack } from "@livekit/components-react";
import { type RefObject, useEffect, useRef, useState } from "react";

import type { Label } from "../livekit/labelReporter.js";
import { useTexts } from "../texts/useTexts.js";
import { Portrait } from "./Portrait.js";
import { useKeepStill } from "./still.js";
import { LabelReportContext, useLabelInView } from "./useLabelInView.js";

/** A video without a new frame for this long counts as frozen. */
const FROZEN_AFTER_MS = 3_000;
const CHECK_EVERY_MS = 500;
/** A frame with no colour value above this counts as black. */
const BLACK_BELOW = 24;

export interface AvatarVideoProps {
  /** The avatar's camera track; undefined shows the portrait. */
  videoTrack: TrackReference | undefined;
  /** The portrait's mouth follows its loudness. */
  audioTrack?: TrackReference | undefined;
  speaking?: boolean;
  /** `useGreeting`'s: the outcome then says when the label was in view. */
  labelShown?: (label: Label) => void;
}

/**
 * The avatar's video, or a portrait while there is none or it is frozen. Both carry a label that
 * says that the avatar is an AI.
 */
export function AvatarVideo({ labelShown, ...picture }: AvatarVideoProps) {
  if (labelShown === undefined) return <Picture {...picture} />;
  return (
    <LabelReportContext.Provider value={labelShown}>
      <Picture {...picture} />
    </LabelReportContext.Provider>
  );
}

function Picture({ videoTrack, audioTrack, speaking = false }: AvatarVideoProps) {
  return videoTrack === undefined ? (
    <div className="tg-avatar" data-picture="none">
      <Portrait audioTrack={audioTrack} speaking={speaking} />
      <AiLabel />
    </div>
  ) : (
    <Video
      key={videoTrack.publication.trackSid}
      videoTrack={videoTrack}
      audioTrack={audioTrack}
      speaking={speaking}
    />
  );
}

function Video({
  videoTrack,
  audioTrack,
  speaking,
}: {
  videoTrack: TrackReference;
  audioTrack: TrackReference | undefined;
  speaking: boolean;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const { guideOnVideo } = useTexts();
  const status = useVideoStatus(video);
  useKeepStill(video, { moving: status === "moving", speaking });
  return (
    <div className="tg-avatar" data-picture={status}>
      {status !== "moving" && <Portrait audioTrack={audioTrack} speaking={speaking} />}
      <VideoTrack
        ref={video}
        trackRef={videoTrack}
        className="tg-video"
        data-testid="avatar-video"
        aria-label={guideOnVideo}
        muted
        playsInline
      />
      <AiLabel />
    </div>
  );
}

/** Part of the picture: it stays above everything that the page lays over the stage. */
function AiLabel() {
  const label = useLabelInView<HTMLParagraphElement>("ai");
  return (
    <p ref={label} className="tg-ai-label" data-testid="ai-label">
      {useTexts().aiLabel}
    </p>
  );
}

/** `starting`: no frame yet; `frozen`: no new frame for three seconds. */
type VideoStatus = "starting" | "moving" | "frozen";

function useVideoStatus(video: RefObject<HTMLVideoElement | null>): VideoStatus {
  const [status, setStatus] = useState<VideoStatus>("starting");

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    let lastFrameAt = performance.now();
    let started = false;
    let request = 0;
    let framesShown = 0;

    const onFrame = () => {
      lastFrameAt = performance.now();
      // LiveKit publishes ten black frames a second until the avatar sends its first frame.
      started ||= !isBlack(element);
      if (started) setStatus("moving");
    };
    const hasCallback = typeof element.requestVideoFrameCallback === "function";
    const watchNext = () => {
      request = element.requestVideoFrameCallback(() => {
        onFrame();
        watchNext();
      });
    };
    if (hasCallback) watchNext();

    const timer = setInterval(() => {
      // A hidden page gets no frames; that does not mean that the video is frozen.
      if (document.hidden) lastFrameAt = performance.now();
      if (!hasCallback) {
        const shown = element.getVideoPlaybackQuality().totalVideoFrames;
        if (shown !== framesShown) onFrame();
        framesShown = shown;
      }
      if (started && performance.now() - lastFrameAt > FROZEN_AFTER_MS) setStatus("frozen");
    }, CHECK_EVERY_MS);

    return () => {
      clearInterval(timer);
      if (hasCallback) element.cancelVideoFrameCallback(request);
    };
  }, [video]);

  return status;
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
