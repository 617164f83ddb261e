"""Where a phantom lies, and ellipsoids in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.volume import Geometry


def oblique_geometry(
    shape: tuple[int, int, int] = (12, 64, 64),
    spacing: tuple[float, float, float] = (1.25, 1.5, 3.0),
    degrees: tuple[float, float, float] = (12.0, -8.0, 25.0),
) -> Geometry:
    """A right-handed grid turned about all three axes; ``spacing`` in the order column, row, slice.

    ``shape`` is slices, rows, columns. No angle is zero, so that an exchanged or flipped axis shows.
    """
    direction = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[one, one] = turn[other, other] = np.cos(angle)
        turn[one, other], turn[other, one] = -np.sin(angle), np.sin(angle)
        direction = turn @ direction
    # DICOM keeps six decimals of a direction in 16 characters; the phantom is no finer.
    direction[:, :2] = np.round(direction[:, :2], 10)
    direction[:, 2] = np.cross(direction[:, 0], direction[:, 1])
    return Geometry(shape, np.array([-61.5, -43.25, 17.75]), np.array(spacing), direction)


def points(geometry: Geometry) -> NDArray[np.float64]:
    """Centers of the voxels (slices, rows, columns, 3) in the patient's millimetres."""
    index = np.stack(np.indices(geometry.shape)[::-1], axis=-1)  # column, row, slice
    return geometry.origin + (index * geometry.spacing) @ geometry.direction.T


def position(geometry: Geometry, index: tuple[float, float, float]) -> NDArray[np.float64]:
    """The point at ``index`` (slice, row, column; may lie between voxels) in the patient's millimetres."""
    return geometry.origin + geometry.direction @ (np.array(index[::-1]) * geometry.spacing)


def ellipsoid(
    geometry: Geometry, center: tuple[float, float, float], radii: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Voxels inside an ellipsoid: ``center`` as slice, row, column, ``radii`` in mm along column, row, slice axes.

    Its longest diameter is twice the largest radius.
    """
    local = (points(geometry) - position(geometry, center)) @ geometry.direction
    return np.asarray(((local / np.array(radii)) ** 2).sum(axis=-1) <= 1)
