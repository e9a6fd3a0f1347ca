"""The drawn face: a friendly portrait, rendered once into pieces that are cheap to put together.

Nothing is drawn while the avatar speaks. `FaceSprites.render` paints every pose of the head once,
and for every pose the eyes (open to shut) and the mouth (shut to wide open); a frame is then one
copy and two small pastes, already in I420, the encoder's own format.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agent.demo.providers.beyond_presence.painting import (
    Canvas,
    Floats,
    blob,
    ellipse,
    over,
    sheared,
    stroke,
    to_i420,
)

SIZE = 512
"""Width and height of the picture in pixels."""
POSES = 36
"""Head positions from the far left of the sway to the far right."""
EYES = 6
"""Open, half, shut; and the same with raised brows."""
OPENINGS = 6
"""How far the mouth is open: 0 shut … 5."""
WIDTHS = 3
"""Narrow as in "oo", neutral, wide as in "ee"."""

_SKIN, _SKIN_SHADE, _BLUSH = (242, 204, 178), (221, 172, 143), (232, 150, 130)
_SHADOW = (205, 152, 122)
_HAIR, _HAIR_LIGHT = (74, 48, 40), (104, 70, 56)
_IRIS, _LASHES, _LIP = (84, 116, 104), (48, 32, 30), (190, 96, 90)
_JACKET, _JACKET_DARK, _BLOUSE = (46, 92, 104), (36, 74, 86), (250, 244, 234)

_HEAD_BOX = (116, 52, 280, 356)
"""x, y, width, height of what sways; the rest of the picture stays."""
_EYES_BOX = (164, 184, 184, 84)
_MOUTH_BOX = (196, 290, 120, 84)
_NECK_Y = 392
"""The head sways about this height."""

Plane = NDArray[np.uint8]
_Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Piece:
    """A small picture in I420 and where it goes."""

    x: int
    y: int
    luma: Plane
    chroma: tuple[Plane, Plane]

    def paste(self, frame: Plane) -> None:
        """Put it into a whole frame (flat I420)."""
        height, width = self.luma.shape
        luma = frame[: SIZE * SIZE].reshape(SIZE, SIZE)
        luma[self.y : self.y + height, self.x : self.x + width] = self.luma
        half = SIZE // 2
        for index, values in enumerate(self.chroma):
            start = SIZE * SIZE + index * half * half
            plane = frame[start : start + half * half].reshape(half, half)
            top, left = self.y // 2, self.x // 2
            plane[top : top + height // 2, left : left + width // 2] = values


@dataclass(frozen=True)
class FaceSprites:
    """All pieces: poses × (base, eyes, mouths)."""

    bases: list[Plane]
    eyes: list[list[Piece]]
    mouths: list[list[list[Piece]]]
    """pose, width, opening"""

    def frame(self, *, pose: int, eyes: int, opening: int, width: int) -> Plane:
        """One picture as flat I420 bytes, SIZE × SIZE."""
        picture = self.bases[pose].copy()
        self.eyes[pose][eyes].paste(picture)
        self.mouths[pose][width][opening].paste(picture)
        return picture


@cache
def render() -> FaceSprites:
    """Paint everything: about two seconds of one core and 50 MB, once a process."""
    scene, torso, head = _scene(), _torso(), _head()
    eye_layers = [_eyes(lid, brow) for brow in (0.0, 5.0) for lid in (0.0, 0.5, 1.0)]
    mouth_layers = [
        [_mouth(opening / (OPENINGS - 1), width) for opening in range(OPENINGS)]
        for width in (-1.0, 0.0, 1.0)
    ]
    bases, eyes, mouths = [], [], []
    for pose in range(POSES):
        side = 2 * pose / (POSES - 1) - 1
        lean, lift = 7.0 * side, 1.6 * (1 - side * side)
        picture = scene.copy()
        over(picture, torso, 0, 0, 0.8 * lift)
        place = (lean, lift)
        over(picture, _leant(head, _HEAD_BOX[1], lean), *_HEAD_BOX[:2], lift)
        bases.append(np.concatenate([plane.ravel() for plane in to_i420(picture)]))
        eyes.append([_piece(picture, layer, _EYES_BOX, *place) for layer in eye_layers])
        mouths.append(
            [[_piece(picture, layer, _MOUTH_BOX, *place) for layer in row] for row in mouth_layers]
        )
    return FaceSprites(bases, eyes, mouths)


def _leant(layer: Floats, y: int, lean: float) -> Floats:
    """A layer whose first row is at height y, leaning from the neck up."""
    rows = np.arange(y, y + layer.shape[0], dtype=np.float32)
    shift = np.float32(lean / _NECK_Y) * (_NECK_Y - rows)
    return sheared(layer, shift.astype(np.float32))


def _piece(picture: Floats, layer: Floats, box: _Box, lean: float, lift: float) -> Piece:
    x, y, width, height = box
    region = picture[y : y + height, x : x + width].copy()
    over(region, _leant(layer, y, lean), 0, 0, lift)
    luma, blue, red = to_i420(region)
    return Piece(x, y, luma, (blue, red))


def _scene() -> Floats:
    """A calm room: a soft wall with a pool of light behind the head; RGB 0…255."""
    canvas = Canvas(0, 0, SIZE, SIZE)
    down = (canvas.ys / SIZE)[..., None]
    wall = (1 - down) * np.array([214, 229, 228], np.float32) + down * np.array(
        [241, 232, 218], np.float32
    )
    light = np.exp(-(((canvas.xs - 256) / 190) ** 2 + ((canvas.ys - 215) / 190) ** 2))[..., None]
    scene = wall + light * np.array([26, 20, 14], np.float32)
    return np.asarray(np.clip(scene, 0, 255), np.float32)


def _torso() -> Floats:
    canvas = Canvas(0, 0, SIZE, SIZE)
    back_hair = [(168, 180), (150, 290), (150, 380), (190, 430), (256, 440), (322, 430), (362, 380)]
    canvas.paint(blob(canvas, [*back_hair, (362, 290), (344, 180), (256, 110)]), _HAIR)
    jacket = [(40, 560), (58, 470), (130, 424), (205, 402), (256, 420), (307, 402), (382, 424)]
    canvas.paint(blob(canvas, [*jacket, (454, 470), (472, 560), (256, 600)]), _JACKET)
    blouse = [(205, 404), (222, 450), (256, 520), (290, 450), (307, 404), (256, 396)]
    canvas.paint(blob(canvas, blouse), _BLOUSE)
    neck = [(216, 330), (216, 392), (206, 412), (232, 440), (256, 462), (280, 440), (306, 412)]
    throat = blob(canvas, [*neck, (296, 392), (296, 330)])
    canvas.paint(throat, _SKIN)
    shadow = ellipse(canvas, 256, 362, 66, 34)
    canvas.paint(shadow, _SHADOW, soft=20, strength=0.75, within=throat)
    for side in (-1, 1):
        lapel = [(256 + side * x, y) for x, y in ((50, 400), (96, 430), (66, 490), (6, 545))]
        lapel += [(256 + side * 30, 470)]
        canvas.paint(blob(canvas, lapel), _JACKET_DARK)
    return canvas.pixels


def _head() -> Floats:
    x, y, width, height = _HEAD_BOX
    canvas = Canvas(x, y, width, height)
    crown = [(256, 72), (324, 90), (360, 152), (366, 240), (358, 322), (338, 352), (318, 320)]
    mirrored = [(512 - px, py) for px, py in reversed(crown[1:])]
    canvas.paint(blob(canvas, [*crown, (256, 300), *mirrored]), _HAIR)
    for side in (-1, 1):
        canvas.paint(ellipse(canvas, 256 + side * 92, 252, 14, 24), _SKIN_SHADE)
    jaw = [(256, 134), (318, 152), (346, 214), (342, 276), (318, 330), (284, 362), (256, 369)]
    face = [*jaw, *[(512 - px, py) for px, py in reversed(jaw[1:-1])]]
    shape = blob(canvas, face)
    canvas.paint(shape, _SKIN)
    for side in (-1, 1):
        cheek = ellipse(canvas, 256 + side * 54, 290, 24, 16)
        canvas.paint(cheek, _BLUSH, soft=26, strength=0.42, within=shape)
    nose = [(256, 236), (252, 262), (246, 280), (252, 288), (262, 287)]
    canvas.paint(stroke(canvas, nose[2:], 3.0), _SKIN_SHADE, soft=2.0)
    canvas.paint(ellipse(canvas, 258, 272, 8, 14), (252, 218, 194), soft=10, strength=0.6)
    left = [(262, 118), (210, 134), (176, 196), (166, 262), (152, 250), (150, 190), (176, 120)]
    right = [(256, 116), (300, 132), (334, 184), (346, 262), (361, 250), (362, 190), (336, 118)]
    for fringe in (left, right):
        canvas.paint(blob(canvas, [*fringe, (256, 80)]), _HAIR)
    for strand in (
        [(250, 96), (206, 120), (178, 170), (165, 226)],
        [(268, 94), (316, 116), (342, 164), (354, 226)],
        [(228, 92), (192, 112), (168, 152)],
    ):
        canvas.paint(stroke(canvas, strand, 3.0), _HAIR_LIGHT, soft=3.0, strength=0.7)
    return canvas.pixels


def _eyes(lid: float, brow: float) -> Floats:
    """Both eyes and brows. lid: 0 open … 1 shut; brow: pixels raised."""
    x, y, width, height = _EYES_BOX
    canvas = Canvas(x, y, width, height)
    for side in (-1, 1):
        cx, cy = 256 + side * 42, 240
        arch = [(cx - side * 24, 211 - brow), (cx, 203 - brow), (cx + side * 24, 209 - brow)]
        canvas.paint(stroke(canvas, arch, 6.0), _HAIR, soft=1.5)
        top = cy - 13 + 20 * lid
        lash = [(cx - 22, cy + 2), (cx - 12, top + 2 * (1 - lid)), (cx, top)]
        lash += [(cx + 12, top + 2 * (1 - lid)), (cx + 22, cy + 2)]
        if lid < 1:
            white = blob(canvas, [*lash, (cx + 11, cy + 9), (cx, cy + 11), (cx - 11, cy + 9)])
            canvas.paint(white, (253, 250, 246))
            canvas.paint(ellipse(canvas, cx, cy - 1, 11.5, 12), _IRIS, within=white)
            canvas.paint(ellipse(canvas, cx, cy - 1, 5.5, 6), (28, 24, 26), within=white)
            canvas.paint(ellipse(canvas, cx + 4, cy - 5, 3, 3), (255, 255, 255), within=white)
        canvas.paint(stroke(canvas, lash, 4.0), _LASHES, soft=1.0)
        corner = [(cx + side * 21, cy + 2), (cx + side * 27, cy - 3)]
        canvas.paint(stroke(canvas, corner, 3.0), _LASHES)
    return canvas.pixels


def _mouth(opening: float, width: float) -> Floats:
    """opening 0 shut … 1; width -1 narrow … 1 wide."""
    x, y, box_width, height = _MOUTH_BOX
    canvas = Canvas(x, y, box_width, height)
    cx, cy = 256.0, 322.0
    half = 31 + 5 * width - 5 * opening + (0 if opening else 1)
    corner = cy - 3 + 2 * opening
    drop = 25 * opening * (1 - 0.12 * width)
    rise = 3 * opening

    def across(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(cx + half * px, py) for px, py in points]

    upper = across((-1, corner), (-0.5, cy - 5 - rise), (-0.16, cy - 8 - rise))
    upper += across((0, cy - 6.5 - rise), (0.16, cy - 8 - rise), (0.5, cy - 5 - rise), (1, corner))
    lower = across((0.68, cy + 6 + 0.8 * drop), (0, cy + 11 + drop), (-0.68, cy + 6 + 0.8 * drop))
    canvas.paint(blob(canvas, [*upper, *lower]), _LIP)
    line = across((-0.98, corner), (-0.5, cy + 0.5), (0, cy + 2), (0.5, cy + 0.5), (0.98, corner))
    if opening:
        inner = across((-0.84, corner + 1), (-0.45, cy - 1 - rise), (0, cy - 1.5 - rise))
        inner += across((0.45, cy - 1 - rise), (0.84, corner + 1))
        inner += across((0.58, cy + 0.84 * drop), (0, cy + 3 + drop), (-0.58, cy + 0.84 * drop))
        dark = blob(canvas, inner)
        canvas.paint(dark, (92, 32, 40))
        canvas.paint(
            ellipse(canvas, cx, cy + 8 + drop, half * 0.5, 4 + 0.35 * drop),
            (206, 104, 104),
            soft=3,
            within=dark,
        )
        teeth = ellipse(canvas, cx, cy - 4 - rise, half * 0.68, 5 + 6 * opening)
        canvas.paint(teeth, (250, 246, 240), within=dark)
    else:
        canvas.paint(stroke(canvas, line, 2.4), (150, 66, 66), soft=1.0)
        for side in (-1, 1):
            dimple = [(cx + side * half, corner), (cx + side * (half + 4), corner - 3)]
            canvas.paint(stroke(canvas, dimple, 2.0), (190, 120, 100), soft=1.5)
    shine = ellipse(canvas, cx, cy + 8 + drop, half * 0.3, 1.6)
    canvas.paint(shine, (226, 148, 140), soft=3, strength=0.7)
    return canvas.pixels
