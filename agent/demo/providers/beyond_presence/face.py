"""The avatar's face: painted layers in `face.npz`, put together into pictures.

The layers are RGBA, with colours multiplied by the opacity. A picture costs about a millisecond.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = 512
"""Width and height of the picture in pixels."""
OPENINGS = 6
"""How far the mouth is open, from 0 (shut)."""
MAX_SWAY = 4
"""The head moves so many pixels to either side."""
BLACK = bytes(4 * SIZE * SIZE)
"""A black picture."""

_HEAD_AT, _EYES_AT, _MOUTH_AT = (116, 52), (48, 132), (80, 238)
"""x and y of the head in the picture, and of eyes and mouth in the head."""

Pixels = NDArray[np.uint8]
_LAYERS: dict[str, Pixels] = dict(np.load(Path(__file__).with_name("face.npz")))
_SEEN_THROUGH_HEAD = 1 - _LAYERS["head"][..., 3:].astype(np.float32) / 255


def picture(*, sway: int, eyes: int, opening: int) -> bytes:
    """Make one picture, in RGBA.

    Args:
        sway: pixels to the side, -MAX_SWAY to MAX_SWAY.
        eyes: 0 open, 1 half shut, 2 shut; 3 to 5 the same with raised eyebrows.
        opening: 0 to OPENINGS - 1.
    """
    head, whole = _LAYERS["head"].copy(), _LAYERS["background"].copy()
    _area(head, _LAYERS["eyes"][eyes], *_EYES_AT)[:] = _LAYERS["eyes"][eyes]
    _area(head, _LAYERS["mouths"][opening], *_MOUTH_AT)[:] = _LAYERS["mouths"][opening]
    area = _area(whole, head, _HEAD_AT[0] + sway, _HEAD_AT[1])
    area[:] = area * _SEEN_THROUGH_HEAD + head
    return whole.tobytes()


def _area(pixels: Pixels, layer: Pixels, x: int, y: int) -> Pixels:
    """The part of the pixels that a layer covers."""
    return pixels[y : y + layer.shape[0], x : x + layer.shape[1]]
