import {
  createContext,
  type ReactNode,
  type RefObject,
  useContext,
  useEffect,
  useState,
} from "react";

/** A still of the avatar's video, and how to keep another one. */
export const StillContext = createContext<
  [still: HTMLCanvasElement | undefined, keep: (still: HTMLCanvasElement) => void]
>([undefined, () => undefined]);

/** The mouth is shut by then. */
const QUIET_FOR_MS = 500;
const SIZE = 400;

/** Keeps a still of the avatar through all attempts to greet. */
export function KeptStill({ children }: { children: ReactNode }) {
  return (
    <StillContext.Provider value={useState<HTMLCanvasElement>()}>{children}</StillContext.Provider>
  );
}

/**
 * Keep a still of the first picture, and later of a quiet avatar, so that the portrait has the same
 * face if the video ends. It is a canvas, because a host's Content Security Policy may forbid images.
 */
export function useKeepStill(
  video: RefObject<HTMLVideoElement | null>,
  { moving, speaking }: { moving: boolean; speaking: boolean },
): void {
  const [still, keep] = useContext(StillContext);
  const isFirst = still === undefined;
  useEffect(() => {
    if (!moving) return;
    const keepNow = () => {
      if (video.current) keep(stillOf(video.current));
    };
    if (isFirst) keepNow();
    if (speaking) return;
    const timer = setTimeout(keepNow, QUIET_FOR_MS);
    return () => clearTimeout(timer);
  }, [video, moving, speaking, isFirst, keep]);
}

/** The square around the face; as the stage, it shows more of what is above. */
function stillOf(video: HTMLVideoElement): HTMLCanvasElement {
  const { videoWidth, videoHeight } = video;
  const side = Math.min(videoWidth, videoHeight);
  const [left, top] = [(videoWidth - side) * 0.5, (videoHeight - side) * 0.4];
  const still = document.createElement("canvas");
  still.width = still.height = SIZE;
  still.getContext("2d")?.drawImage(video, left, top, side, side, 0, 0, SIZE, SIZE);
  return still;
}

/** The still as an element of the page. */
export function Still({ still, label }: { still: HTMLCanvasElement; label: string }) {
  return (
    <canvas
      ref={(canvas) => canvas?.getContext("2d")?.drawImage(still, 0, 0)}
      className="tg-poster"
      role="img"
      aria-label={label}
      width={SIZE}
      height={SIZE}
    />
  );
}
