"""The diameter of a lesion from its mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_DIRECTIONS = 1500


@dataclass(frozen=True)
class Diameter:
    """A distance in cm with its standard error, and its two ends in voxels (slice, row, column)."""

    cm: float
    std_error: float
    ends: tuple[tuple[float, ...], tuple[float, ...]]


def largest_diameter(mask: NDArray[np.bool_], spacing: ArrayLike, *, in_plane: bool = False) -> Diameter:
    """The largest distance between two points of ``mask`` (slices, rows, columns): its largest Feret diameter.

    ``spacing`` (3,) is the distance of slices, rows and columns in mm. The ends lie on faces of voxels.
    ``in_plane`` keeps them in one slice, as on a reading screen. The standard error is that of two ends each
    known to within a voxel, side / sqrt(6) along the diameter. Raises ValueError for an empty mask.

    >>> largest_diameter(np.ones((1, 1, 20), dtype=bool), (3, 1, 1), in_plane=True).cm
    2.0
    """
    sides = np.asarray(spacing, dtype=float)
    if not mask.any():
        raise ValueError("the mask is empty")
    if in_plane:
        found = [
            _farthest(_faces(mask[[i]], sides, (1, 2)) + np.array([i, 0, 0]), sides)
            for i in np.flatnonzero(mask.any(axis=(1, 2)))
        ]
        first, second = max(found, key=lambda pair: float(np.linalg.norm((pair[1] - pair[0]) * sides)))
    else:
        first, second = _farthest(_faces(mask, sides, (0, 1, 2)), sides)
    across = (second - first) * sides
    length = float(np.linalg.norm(across))
    side = float(np.abs(across / length) @ sides)
    ends = (tuple(first.tolist()), tuple(second.tolist()))
    return Diameter(length / 10.0, side / np.sqrt(6.0) / 10.0, ends)


def _faces(mask: NDArray[np.bool_], sides: Floats, axes: tuple[int, ...]) -> Floats:
    """Middles of the outer faces of the mask across ``axes``, in voxels (n, 3)."""
    points = []
    for axis in axes:
        padding = [(1, 1) if i == axis else (0, 0) for i in range(3)]
        edges = np.diff(np.pad(mask, padding).astype(np.int8), axis=axis)
        found = np.argwhere(edges != 0).astype(float)
        found[:, axis] -= 0.5
        points.append(found)
    return np.concatenate(points)


def _farthest(points: Floats, sides: Floats) -> tuple[Floats, Floats]:
    """The two points farthest from each other, among those that lie outermost in some direction."""
    place = points * sides
    directions = _half_sphere(_DIRECTIONS)
    if np.ptp(points[:, 0]) == 0:
        angle = np.linspace(0.0, np.pi, 180, endpoint=False)
        directions = np.stack([np.zeros_like(angle), np.sin(angle), np.cos(angle)], axis=1)
    outermost: set[int] = set()
    for part in np.array_split(directions, max(len(directions) * len(points) // 5_000_000, 1)):
        along = part @ place.T
        outermost |= {*along.argmax(axis=1).tolist(), *along.argmin(axis=1).tolist()}
    kept = np.array(sorted(outermost), dtype=np.intp)
    apart = np.linalg.norm(place[kept][:, None] - place[kept][None], axis=2)
    first, second = np.unravel_index(int(apart.argmax()), apart.shape)
    return points[kept[first]], points[kept[second]]


def _half_sphere(count: int) -> Floats:
    """Directions spread evenly over a half sphere, on Fibonacci's spiral."""
    height = (np.arange(count) + 0.5) / count
    turn = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(count)
    across = np.sqrt(1.0 - height**2)
    return np.stack([height, across * np.sin(turn), across * np.cos(turn)], axis=1)
