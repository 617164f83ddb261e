"""Closed planar contours as a mask on a fine grid of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.volume import Geometry

PITCH: Final = 0.25
"""Distance in mm of the points of the grid within a plane: an outline is met within an eighth of a millimetre."""
_MOST: Final = 1200
_FLAT: Final = 0.1
"""Largest distance in mm of a corner from the plane of its contour."""
LONE: Final = 1.0
"""Thickness in mm of a region drawn in a single plane where nothing tells it."""

Points = NDArray[np.float64]


def inside(corners: Points, x: Points, y: Points) -> NDArray[np.bool_]:
    """Points of a grid (y, x) inside a polygon (corners, 2), by the even-odd rule; ``x`` evenly spaced.

    >>> square = np.array([[0.5, 0.5], [2.5, 0.5], [2.5, 2.5], [0.5, 2.5]])
    >>> inside(square, np.arange(4.0), np.arange(4.0)).sum(axis=1).tolist()
    [0, 2, 2, 0]
    """
    following = np.roll(corners, -1, axis=0)
    edge, row = np.nonzero((corners[:, 1:] <= y) != (following[:, 1:] <= y))
    start, end = corners[edge], following[edge]
    crossing = start[:, 0] + (y[row] - start[:, 1]) * (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1])
    column = np.clip(np.ceil((crossing - x[0]) / (x[1] - x[0])), 0, len(x)).astype(np.intp)
    crossings = np.zeros((len(y), len(x) + 1), dtype=np.intp)
    np.add.at(crossings, (row, column), 1)
    return np.asarray(np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1)


def rasterise(
    where: str, contours: Sequence[Points], *, thickness: float | None = None
) -> tuple[NDArray[np.bool_], Geometry]:
    """Contours (corners, 3) in parallel planes as a mask; where they overlap in a plane, the even-odd rule holds.

    Args:
        where: what the faults name.
        contours: corners in the patient's millimetres.
        thickness: of a region in a single plane, in mm.

    Raises:
        InputError: a contour that is not flat, not parallel to the others, or unevenly spaced planes.

    """
    normal = _normal(max(contours, key=lambda corners: float(np.linalg.norm(_area(corners)))))
    depths = np.array([float((corners @ normal).mean()) for corners in contours])
    uneven = max(float(np.ptp(corners @ normal)) for corners in contours)
    if uneven > 2 * _FLAT:
        problem = f"contours are not flat and parallel to one another: off their plane by {uneven / 2:.2f} mm"
        raise InputError([Fault(where, problem, remedy="draw the region in slices of one series")])
    plane, apart = _planes(where, depths, thickness or LONE)
    across = _across(normal)
    flat = [corners @ across for corners in contours]
    low, high = np.min([c.min(axis=0) for c in flat], axis=0), np.max([c.max(axis=0) for c in flat], axis=0)
    pitch = max(PITCH, float((high - low).max()) / _MOST)
    columns, rows = (int(n) + 3 for n in np.ceil((high - low) / pitch))
    x, y = low[0] + pitch * (np.arange(columns) - 1), low[1] + pitch * (np.arange(rows) - 1)
    mask = np.zeros((int(plane.max()) + 1, rows, columns), dtype=bool)
    for corners, at in zip(flat, plane, strict=True):
        mask[at] ^= inside(corners, x, y)
    origin = across @ np.array([x[0], y[0]]) + normal * depths.min()
    direction = np.column_stack([across, normal])
    return mask, Geometry(mask.shape, origin, np.array([pitch, pitch, apart]), direction)


def _area(corners: Points) -> Points:
    """The vector across a polygon, as long as its area is large (Newell)."""
    around = corners - corners.mean(axis=0)
    return np.asarray(np.cross(around, np.roll(around, -1, axis=0)).sum(axis=0) / 2)


def _normal(corners: Points) -> Points:
    area = _area(corners)
    normal = area / np.linalg.norm(area)
    return normal if normal[np.abs(normal).argmax()] > 0 else -normal


def _across(normal: Points) -> Points:
    """Two unit vectors (3, 2) in the plane, which with the normal make a right-handed grid."""
    first = np.eye(3)[0 if abs(normal[0]) < 0.7 else 1]
    first = first - (first @ normal) * normal
    first /= np.linalg.norm(first)
    return np.column_stack([first, np.cross(normal, first)])


def _planes(where: str, depths: Points, lone: float) -> tuple[NDArray[np.intp], float]:
    """The running number of each contour's plane, counted at the usual distance, and that distance."""
    different = np.unique(np.round(depths, 2))
    different = different[np.concatenate([[True], np.diff(different) > _FLAT])]
    if len(different) == 1:
        return np.zeros(len(depths), dtype=np.intp), lone
    apart = float(np.diff(different).min())
    apart = float(different[-1] - different[0]) / round((different[-1] - different[0]) / apart)
    at = (depths - depths.min()) / apart
    if np.abs(at - np.round(at)).max() > 0.1:
        problem = "contours lie in unevenly spaced planes"
        raise InputError([Fault(where, problem, remedy="draw the region in slices of one series")])
    return np.round(at).astype(np.intp), apart
