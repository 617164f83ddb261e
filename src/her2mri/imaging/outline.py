"""The outline of a lesion, in the patient's millimetres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.volume import Geometry, Roi

Floats = NDArray[np.float64]


def outline_of(roi: Roi) -> Floats:
    """The outer line of the lesion's largest slice as a closed polygon (n, 3).

    It runs halfway between the voxels within and without. Of a slice with several parts it is the longest line.
    """
    from contourpy import contour_generator

    largest = int(roi.mask.sum(axis=(1, 2)).argmax())
    padded = np.pad(roi.mask[largest].astype(float), 1)
    lines = contour_generator(z=padded).lines(0.5)
    longest = max((np.asarray(line, dtype=float) for line in lines), key=len) - 1.0
    voxels = np.column_stack([longest, np.full(len(longest), float(largest))])
    return positions(voxels, roi.geometry)


def positions(voxels: Floats, geometry: Geometry) -> Floats:
    """Where voxels (n, 3: column, row, slice) lie in the patient, in mm."""
    return np.asarray(geometry.origin + (voxels * geometry.spacing) @ geometry.direction.T)
