"""A small painter in numpy: shapes as signed distances, so every edge is smooth.

Just enough to draw one face; it refuses to be a graphics library.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Points = Sequence[tuple[float, float]]
Colour = tuple[int, int, int]


class Canvas:
    """Transparent pixels at a place in the picture; colours premultiplied, alpha 0…1."""

    def __init__(self, x: int, y: int, width: int, height: int) -> None:
        self.ys, self.xs = np.mgrid[y : y + height, x : x + width].astype(np.float32) + 0.5
        self.pixels: Floats = np.zeros((height, width, 4), np.float32)

    def paint(
        self,
        distance: Floats,
        colour: Colour,
        *,
        soft: float = 1.0,
        strength: float = 1.0,
        within: Floats | None = None,
    ) -> None:
        """Lay a shape over what is there.

        Args:
            distance: to the shape's edge in pixels, negative inside.
            colour: 0…255.
            soft: width of the edge in pixels.
            strength: opacity, 0…1.
            within: another shape that clips this one.
        """
        alpha = np.clip(0.5 - distance / soft, 0, 1) * strength
        if within is not None:
            alpha = alpha * np.clip(0.5 - within, 0, 1)
        alpha = alpha[..., None].astype(np.float32)
        self.pixels *= 1 - alpha
        self.pixels[..., :3] += alpha * np.array(colour, np.float32)
        self.pixels[..., 3:] += alpha


def ellipse(canvas: Canvas, cx: float, cy: float, rx: float, ry: float) -> Floats:
    """Distance to an ellipse, near enough at its edge."""
    dx, dy = (canvas.xs - cx) / rx, (canvas.ys - cy) / ry
    k0 = np.hypot(dx, dy)
    k1 = np.hypot(dx / rx, dy / ry) + 1e-6
    return np.asarray(k0 * (k0 - 1) / k1, np.float32)


def blob(canvas: Canvas, points: Points) -> Floats:
    """Distance to the closed smooth curve through these points."""
    outline = _curve([points[-1], *points, points[0], points[1]])
    best = np.full(canvas.xs.shape, np.inf, np.float32)
    inside = np.zeros(canvas.xs.shape, bool)
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        best = np.minimum(best, _to_segment(canvas, ax, ay, bx, by))
        if ay != by:
            crosses = (canvas.ys < ay) != (canvas.ys < by)
            inside ^= crosses & (canvas.xs < (bx - ax) * (canvas.ys - ay) / (by - ay) + ax)
    edge = np.sqrt(best)
    return np.where(inside, -edge, edge).astype(np.float32)


def stroke(canvas: Canvas, points: Points, width: float) -> Floats:
    """Distance to a smooth line of this width with round ends."""
    line = _curve([points[0], *points, points[-1]])
    best = np.full(canvas.xs.shape, np.inf, np.float32)
    for (ax, ay), (bx, by) in zip(line[:-1], line[1:], strict=True):
        best = np.minimum(best, _to_segment(canvas, ax, ay, bx, by))
    return np.asarray(np.sqrt(best) - width / 2, np.float32)


def over(picture: Floats, layer: Floats, x: int, y: int, lift: float) -> None:
    """Lay a layer over an RGB picture at (x, y), raised by `lift` pixels (0 or more)."""
    whole = int(np.floor(lift))
    part = lift - whole
    padded = np.pad(layer, ((0, whole + 1), (0, 0), (0, 0)), mode="edge")
    rows = layer.shape[0]
    raised = (1 - part) * padded[whole : whole + rows] + part * padded[whole + 1 :]
    region = picture[y : y + layer.shape[0], x : x + layer.shape[1]]
    region *= 1 - raised[..., 3:]
    region += raised[..., :3]


def sheared(layer: Floats, shift: Floats) -> Floats:
    """Move each row sideways by its own number of pixels."""
    width = layer.shape[1]
    whole = np.floor(shift).astype(np.intp)
    part = (shift - whole)[:, None, None].astype(np.float32)
    columns = np.arange(width)[None, :] - whole[:, None]
    rows = np.arange(layer.shape[0])[:, None]
    near = layer[rows, np.clip(columns, 0, width - 1)]
    far = layer[rows, np.clip(columns - 1, 0, width - 1)]
    return np.asarray((1 - part) * near + part * far, np.float32)


def to_i420(rgb: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """RGB 0…255 to the planes Y, U, V (BT.601, video range); both sides must be even."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    u = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    v = 128 + 0.439 * red - 0.368 * green - 0.071 * blue

    def halved(plane: Floats) -> Floats:
        height, width = plane.shape
        means = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        return np.asarray(means, np.float32)

    y8, u8, v8 = (
        np.clip(np.rint(p), 0, 255).astype(np.uint8) for p in (luma, halved(u), halved(v))
    )
    return y8, u8, v8


_STEPS = 6
"""Straight pieces between two points of a curve."""


def _curve(points: Points) -> NDArray[np.float64]:
    """A Catmull-Rom curve through all points but the first and last."""
    p = np.asarray(points, np.float64)
    t = np.arange(_STEPS)[:, None] / _STEPS
    pieces = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        pieces.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    return np.concatenate([*pieces, p[-2:-1]])


def _to_segment(canvas: Canvas, ax: float, ay: float, bx: float, by: float) -> Floats:
    """Squared distance to a straight piece."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy or 1e-9
    px, py = canvas.xs - np.float32(ax), canvas.ys - np.float32(ay)
    along = np.clip((px * dx + py * dy) / length, 0, 1)
    return np.asarray((px - along * dx) ** 2 + (py - along * dy) ** 2, np.float32)
