"""The part of the images around a region."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

MARGIN: Final = 8
"""Voxels kept around a region within its slices, where the noise of the images is told."""

Window = tuple[slice, slice, slice]


def cropped(mask: NDArray[np.bool_]) -> Window:
    """The smallest window around a mask (slices, rows, columns), with a margin within the slices."""
    window = []
    for axis, margin in enumerate((0, MARGIN, MARGIN)):
        others = tuple(i for i in range(3) if i != axis)
        inside = np.flatnonzero(mask.any(axis=others))
        window.append(slice(max(int(inside[0]) - margin, 0), int(inside[-1]) + margin + 1))
    return window[0], window[1], window[2]
