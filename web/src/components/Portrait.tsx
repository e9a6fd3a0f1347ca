import type { TrackReference } from "@livekit/components-react";
import { RemoteAudioTrack } from "livekit-client";
import { useContext, useEffect, useId, useRef, useState } from "react";

import { useGuide } from "../texts/guide.js";
import { Still, StillContext } from "./still.js";

interface PortraitProps {
  /** The mouth and the rings follow its loudness; without it they move evenly while `speaking`. */
  audioTrack: TrackReference | undefined;
  speaking: boolean;
}

/** The guide's picture, a still of the video, or a drawing; shown while there is no video. */
export function Portrait({ audioTrack, speaking }: PortraitProps) {
  const { name, poster } = useGuide();
  const [broken, setBroken] = useState<string>();
  const [still] = useContext(StillContext);
  const root = useRef<HTMLDivElement>(null);
  const track = audioTrack?.publication.track;

  useEffect(() => {
    const element = root.current;
    if (element === null || !speaking || prefersReducedMotion()) return;
    let frame = 0;
    let level = 0;
    const startedAt = performance.now();
    const draw = (now: number) => {
      const measured = track instanceof RemoteAudioTrack ? levelOf(track) : undefined;
      // If the browser does not measure the level, move at about the pace of speech.
      const target = measured ?? 0.35 + 0.3 * Math.sin((now - startedAt) / 90);
      level += (target - level) * 0.35;
      element.style.setProperty("--tg-level", level.toFixed(3));
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
      element.style.removeProperty("--tg-level");
    };
  }, [track, speaking]);

  return (
    <div ref={root} className="tg-portrait" data-speaking={speaking} data-testid="portrait">
      <span className="tg-ring tg-ring-far" />
      <span className="tg-ring tg-ring-near" />
      {poster !== undefined && poster !== broken ? (
        <img className="tg-poster" src={poster} alt={name} onError={() => setBroken(poster)} />
      ) : still !== undefined ? (
        <Still still={still} label={name} />
      ) : (
        <Drawing />
      )}
    </div>
  );
}

function Drawing() {
  const { name } = useGuide();
  const circle = useId();
  return (
    <svg viewBox="0 0 200 200" role="img" aria-label={name}>
      <defs>
        <clipPath id={circle}>
          <circle cx="100" cy="100" r="98" />
        </clipPath>
      </defs>
      <g clipPath={`url(#${circle})`}>
        <rect width="200" height="200" fill="#d8eae4" />
        <path
          d="M52 98c-4-44 18-66 48-66s54 20 48 66c-2 16-4 28-2 40H54c2-12 0-24-2-40z"
          fill="#4a3327"
        />
        <path d="M20 206c4-36 34-52 80-52s76 16 80 52z" fill="#0f665c" />
        <path d="M84 138h32v22q-16 15-32 0z" fill="#e0a987" />
        <path d="M74 156q26 26 52 0l8 4q-34 36-68 0z" fill="#fff" />
        <ellipse cx="100" cy="102" rx="37" ry="43" fill="#f0bf9e" />
        <path
          d="M62 96c2-30 18-44 42-44 20 0 33 14 34 42-8-16-20-25-36-27-14 8-30 14-40 29z"
          fill="#4a3327"
        />
        <ellipse cx="76" cy="117" rx="7" ry="4.500" fill="#e79f85" opacity=".55" />
        <ellipse cx="124" cy="117" rx="7" ry="4.500" fill="#e79f85" opacity=".55" />
        <path
          d="M77 91q8-5 16-1M107 90q8-4 16 1"
          stroke="#4a3327"
          strokeWidth="3"
          fill="none"
          strokeLinecap="round"
        />
        <g className="tg-eyes" fill="#33251d">
          <ellipse cx="85" cy="101" rx="4" ry="4.800" />
          <ellipse cx="115" cy="101" rx="4" ry="4.800" />
        </g>
        <path
          d="M100 103q4 9-2 11"
          stroke="#d39a7b"
          strokeWidth="2.500"
          fill="none"
          strokeLinecap="round"
        />
        <path
          className="tg-smile"
          d="M86 123q14 13 28 0"
          stroke="#8f3f3a"
          strokeWidth="3.500"
          fill="none"
          strokeLinecap="round"
        />
        <ellipse className="tg-mouth" cx="100" cy="127" rx="11" ry="8" fill="#8f3f3a" />
      </g>
    </svg>
  );
}

function prefersReducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * The track's level from 0 to 1; undefined if the browser does not measure it.
 *
 * The receiver's own measurement is used instead of LiveKit's `useTrackVolume` (alpha in
 * @livekit/components-react 2.9.24): that hook renders the component 30 times a second, and needs
 * an `AudioContext`, which the browser suspends until the first click.
 */
function levelOf(track: RemoteAudioTrack): number | undefined {
  const level = track.receiver?.getSynchronizationSources()[0]?.audioLevel;
  return level === undefined ? undefined : Math.min(1, level * 4);
}
