import type { TrackReference } from "@livekit/components-react";
import { LocalTrackPublication, LocalVideoTrack, Room, Track } from "livekit-client";

let made: TrackReference | undefined;

/** Where the mouth is in the picture, as a part of its width and height. */
export const FAKE_MOUTH = { x: 0.5, y: 0.55 };

/** A moving picture that replaces the avatar's video; it is not published. */
export function fakeVideo(): TrackReference {
  if (made !== undefined) return made;
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 480;
  const context = canvas.getContext("2d");
  let turn = 0;
  const draw = () => {
    if (context === null) return;
    const sky = context.createLinearGradient(0, 0, 640, 480);
    sky.addColorStop(0, "#39506b");
    sky.addColorStop(1, "#c9b79c");
    context.fillStyle = sky;
    context.fillRect(0, 0, 640, 480);
    context.fillStyle = "#e0a987";
    context.beginPath();
    context.ellipse(320, 210, 90, 115, 0, 0, 7);
    context.fill();
    context.fillStyle = "#4a2a20";
    for (const [x, y, width, height] of [
      [285, 185, 11, 7],
      [355, 185, 11, 7],
      [640 * FAKE_MOUTH.x, 480 * FAKE_MOUTH.y, 30, 8 + 3 * Math.sin(turn++ / 5)],
    ] as const) {
      context.beginPath();
      context.ellipse(x, y, width, height, 0, 0, 7);
      context.fill();
    }
    context.fillStyle = "#2d3a4a";
    context.fillRect(170, 330, 300, 150);
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
