import type { TrackReference } from "@livekit/components-react";
import { LocalTrackPublication, LocalVideoTrack, Room, Track } from "livekit-client";

let made: TrackReference | undefined;

const SIZE = 480;

/** Where the eyes and the mouth are, as a part of the height; as low as the demo's avatar has them. */
export const FAKE_FACE = { eyes: 0.48, mouth: 0.62 };

/** A moving picture that replaces the avatar's video; it is not published. */
export function fakeVideo(): TrackReference {
  if (made !== undefined) return made;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext("2d");
  let turn = 0;
  const draw = () => {
    if (context === null) return;
    const sky = context.createLinearGradient(0, 0, SIZE, SIZE);
    sky.addColorStop(0, "#39506b");
    sky.addColorStop(1, "#c9b79c");
    context.fillStyle = sky;
    context.fillRect(0, 0, SIZE, SIZE);
    const ellipses = [
      ["#e0a987", 0.5, 0.45, 0.2, 0.3],
      ["#4a2a20", 0.42, FAKE_FACE.eyes, 0.025, 0.015],
      ["#4a2a20", 0.58, FAKE_FACE.eyes, 0.025, 0.015],
      ["#4a2a20", 0.5, FAKE_FACE.mouth, 0.06, 0.02 + 0.006 * Math.sin(turn++ / 5)],
    ] as const;
    for (const [colour, x, y, width, height] of ellipses) {
      context.fillStyle = colour;
      context.beginPath();
      context.ellipse(x * SIZE, y * SIZE, width * SIZE, height * SIZE, 0, 0, 7);
      context.fill();
    }
    context.fillStyle = "#2d3a4a";
    context.fillRect(0.2 * SIZE, 0.8 * SIZE, 0.6 * SIZE, 0.2 * SIZE);
  };
  draw();
  setInterval(draw, 100);
  const [mediaTrack] = canvas.captureStream(10).getVideoTracks();
  if (mediaTrack === undefined) throw new Error("the canvas has no track");
  const track = new LocalVideoTrack(mediaTrack);
  const participant = new Room().localParticipant;
  const source = Track.Source.Camera;
  const info = { sid: "TR_gallery", source } as unknown as ConstructorParameters<
    typeof LocalTrackPublication
  >[1];
  made = {
    participant,
    source,
    publication: new LocalTrackPublication(Track.Kind.Video, info, track),
  };
  return made;
}
