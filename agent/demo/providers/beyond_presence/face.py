"""The avatar's face: painted layers in `face.npz`, put together into pictures.

The layers are RGBA, with colours multiplied by the opacity. A picture costs 2 ms.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

FPS = 15
"""As many as the demo needs to look alive; 25 take half as much CPU time again."""
FRAME_S = 1 / FPS
SIZE = 512
"""Width and height of the picture in pixels."""
_OPENINGS = 6
"""How far the mouth is open, from 0 (shut)."""
_MAX_SWAY, _SWAY_S = 4, 7.0
"""The head moves so many pixels to either side, and back in so many seconds."""
_QUIET_DB, _LOUD_DB = -42.0, -9.0
_BLINK = (1, 2, 1)
"""Eyes of the frames of one blink."""

_HEAD_AT, _EYES_AT, _MOUTH_AT = (116, 52), (48, 132), (80, 238)
"""x and y of the head in the picture, and of eyes and mouth in the head."""

Pixels = NDArray[np.uint8]
_LAYERS: dict[str, Pixels] = dict(np.load(Path(__file__).with_name("face.npz")))
_SEEN_THROUGH_HEAD = 1 - _LAYERS["head"][..., 3:].astype(np.float32) / 255


class TalkingFace:
    """The face over time: which mouth for which sound, when it blinks, how it sways."""

    def __init__(self) -> None:
        self._tick = random.randrange(1000)
        self._blink_at = self._tick + FPS
        self._openness = 0.0

    def next_picture(self, sound: rtc.AudioFrame | None) -> bytes:
        """The picture that belongs to a frame of speech, or to silence, `FRAME_S` long."""
        self._shape_mouth(sound)
        self._tick += 1
        blink = self._tick - self._blink_at
        if blink >= len(_BLINK):
            self._blink_at = self._tick + random.randrange(2 * FPS, 5 * FPS)
            blink = -1
        opening = round(self._openness * (_OPENINGS - 1))
        raised = 3 if opening >= _OPENINGS - 2 else 0
        return _picture(
            sway=round(_MAX_SWAY * math.sin(2 * math.pi * self._tick * FRAME_S / _SWAY_S)),
            eyes=(_BLINK[blink] if blink >= 0 else 0) + raised,
            opening=opening,
        )

    def _shape_mouth(self, sound: rtc.AudioFrame | None) -> None:
        samples = np.frombuffer(sound.data if sound else b"\0\0", np.int16).astype(np.float32)
        level = 20 * math.log10(float(np.sqrt(np.mean(samples**2))) / 32768 + 1e-6)
        target = min(max((level - _QUIET_DB) / (_LOUD_DB - _QUIET_DB), 0.0), 1.0)
        # A jaw opens faster than it closes.
        self._openness += (0.75 if target > self._openness else 0.5) * (target - self._openness)


def _picture(*, sway: int, eyes: int, opening: int) -> bytes:
    """Make one picture, in RGBA.

    Args:
        sway: pixels to the side, -_MAX_SWAY to _MAX_SWAY.
        eyes: 0 open, 1 half shut, 2 shut; 3 to 5 the same with raised eyebrows.
        opening: 0 to _OPENINGS - 1.
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
