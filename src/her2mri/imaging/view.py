"""What is kept of the images for pictures: the curve, one slice around the lesion, and nothing of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

MARGIN_MM = 12.0


@dataclass(frozen=True, eq=False)
class SliceView:
    """A part of one slice: ``image`` and the lesion's ``mask`` (rows, columns), ``spacing`` of both in mm.

    ``circles`` (n, 3) are the middle row, middle column and radius of the sub-ROIs, in mm from the center of
    the first voxel; ``unit`` is that of the image.
    """

    image: Floats
    mask: NDArray[np.bool_]
    spacing: tuple[float, float]
    circles: NDArray[np.float64]
    unit: str = ""


@dataclass(frozen=True, eq=False)
class SignalCurve:
    """The time-intensity curve: ``signal`` of the sub-ROI and ``whole`` of the lesion (phases,) at ``seconds``."""

    seconds: NDArray[np.float64]
    signal: Floats
    whole: Floats
    curve_type: str | None
    after_seconds: float
    tolerance: float
    noise: float | None
    voxels: int
    timing: str


def slice_view(
    image: Floats,
    mask: NDArray[np.bool_],
    spacing: tuple[float, float],
    circles: NDArray[np.float64],
    *,
    unit: str = "",
) -> SliceView:
    """The part of a slice (rows, columns) around its ``mask``; ``circles`` (n, 3) in row, column, mm."""
    window = []
    for axis in (0, 1):
        inside = np.flatnonzero(mask.any(axis=1 - axis))
        margin = round(MARGIN_MM / spacing[axis])
        window.append(slice(max(int(inside[0]) - margin, 0), int(inside[-1]) + margin + 1))
    rows, columns = window
    placed = np.array(circles, dtype=float).reshape(-1, 3)
    placed[:, 0] = (placed[:, 0] - rows.start) * spacing[0]
    placed[:, 1] = (placed[:, 1] - columns.start) * spacing[1]
    part = np.array(image[rows, columns], dtype=np.float32)
    return SliceView(part, mask[rows, columns].copy(), spacing, placed, unit)
