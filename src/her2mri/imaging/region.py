"""A region on the grid of other images, and the part of them around it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.volume import Geometry, Roi

MARGIN: Final = 8
"""Voxels kept around a region within its slices, where the noise of the images is told."""

Window = tuple[slice, slice, slice]


def region_on(roi: Roi, geometry: Geometry) -> NDArray[np.bool_]:
    """The region's mask on the grid of ``geometry``; InputError where it lies outside of it."""
    own = roi.geometry
    if own.shape == geometry.shape and all(
        np.allclose(mine, theirs, atol=1e-3)
        for mine, theirs in (
            (own.origin, geometry.origin),
            (own.spacing, geometry.spacing),
            (own.direction, geometry.direction),
        )
    ):
        return roi.mask
    from her2mri.imaging.resample import onto

    return onto(roi, geometry)


def cropped(mask: NDArray[np.bool_]) -> Window:
    """The smallest window around a mask (slices, rows, columns), with a margin within the slices."""
    window = []
    for axis, margin in enumerate((0, MARGIN, MARGIN)):
        others = tuple(i for i in range(3) if i != axis)
        inside = np.flatnonzero(mask.any(axis=others))
        window.append(slice(max(int(inside[0]) - margin, 0), int(inside[-1]) + margin + 1))
    return window[0], window[1], window[2]
