import { createAudioAnalyser, type LocalAudioTrack } from "livekit-client";
import { useEffect, useRef } from "react";

/** Quiet speech should move the bars clearly. */
const GAIN = 2.5;

/** Bars that follow the loudness of the trainee's microphone. */
export function MicrophoneLevel({ track }: { track: LocalAudioTrack | undefined }) {
  const bars = useRef<HTMLSpanElement>(null);

  useEffect(() => {
    const element = bars.current;
    if (element === null || track === undefined) return;
    const { calculateVolume, cleanup } = createAudioAnalyser(track, {
      smoothingTimeConstant: 0.6,
    });
    let frame = 0;
    const draw = () => {
      const level = Math.min(1, calculateVolume() * GAIN);
      element.style.setProperty("--tg-level", level.toFixed(2));
      element.dataset.moving = String(level > 0.05);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
      element.style.removeProperty("--tg-level");
      delete element.dataset.moving;
      void cleanup();
    };
  }, [track]);

  return (
    <span ref={bars} className="tg-level" data-testid="mic-level" aria-hidden="true">
      <i />
      <i />
      <i />
      <i />
      <i />
    </span>
  );
}
