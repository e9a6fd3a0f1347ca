"""The avatar's face: painted layers in `face.npz`, put together into pictures in I420.

A picture costs less than a millisecond: the head with one of the eyes and one of the mouths is laid
over the background. I420 is the format that the video encoder takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = 512
"""Width and height of the picture in pixels."""
OPENINGS = 6
"""How far the mouth is open, from 0 (shut)."""
MAX_SWAY = 4
"""The head moves so many pixels to either side."""

_HEAD_AT, _EYES_AT, _MOUTH_AT = (116, 52), (164, 184), (196, 290)
"""x and y of each layer, all even: two pixels share a colour in I420."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """The planes Y, U and V of a layer, premultiplied by its opacity, and the rest of it."""

    planes: tuple[Floats, Floats, Floats]
    transparency: tuple[Floats, Floats, Floats]

    @classmethod
    def of(cls, rgba: NDArray[np.uint8]) -> Layer:
        """Convert premultiplied RGBA (BT.601, video range)."""
        red, green, blue, opacity = np.moveaxis(rgba.astype(np.float32), -1, 0)
        alpha = opacity / 255
        luma = 16 * alpha + 0.257 * red + 0.504 * green + 0.098 * blue
        u = 128 * alpha - 0.148 * red - 0.291 * green + 0.439 * blue
        v = 128 * alpha + 0.439 * red - 0.368 * green - 0.071 * blue
        half = 1 - _halved(alpha)
        return cls((luma, _halved(u), _halved(v)), (1 - alpha, half, half))


class Face:
    """Makes pictures; safe to share."""

    def __init__(self) -> None:
        layers = np.load(Path(__file__).with_name("face.npz"))
        self._background = Layer.of(layers["background"]).planes
        self._head = Layer.of(layers["head"])
        self._eyes = [Layer.of(eyes).planes for eyes in layers["eyes"]]
        self._mouths = [Layer.of(mouth).planes for mouth in layers["mouths"]]

    def picture(self, *, sway: int, eyes: int, opening: int) -> bytes:
        """Make one picture.

        Args:
            sway: pixels to the side, -MAX_SWAY to MAX_SWAY.
            eyes: 0 open, 1 half shut, 2 shut; 3 to 5 the same with raised eyebrows.
            opening: 0 to OPENINGS - 1.
        """
        made = []
        for index, scale in enumerate((1, 2, 2)):
            head = self._head.planes[index].copy()
            for patch, at in (
                (self._eyes[eyes][index], _EYES_AT),
                (self._mouths[opening][index], _MOUTH_AT),
            ):
                _area(head, patch, at[0] - _HEAD_AT[0], at[1] - _HEAD_AT[1], scale)[:] = patch
            plane = self._background[index].copy()
            area = _area(plane, head, _HEAD_AT[0] + sway, _HEAD_AT[1], scale)
            area[:] = area * self._head.transparency[index] + head
            made.append(np.clip(np.rint(plane), 0, 255).astype(np.uint8).tobytes())
        return b"".join(made)


@cache
def load_face() -> Face:
    """The one face of this process."""
    return Face()


BLACK = bytes([16]) * (SIZE * SIZE) + bytes([128]) * (SIZE * SIZE // 2)
"""A black picture."""


def _area(plane: Floats, patch: Floats, x: int, y: int, scale: int) -> Floats:
    """The part of a plane that a patch covers; x and y are in pixels of the whole picture."""
    top, left = y // scale, x // scale
    return plane[top : top + patch.shape[0], left : left + patch.shape[1]]


def _halved(plane: Floats) -> Floats:
    height, width = plane.shape
    means = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return np.asarray(means, np.float32)
