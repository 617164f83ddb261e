"""Small equal circular regions within a lesion: every place where one fits, and the most extreme places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]

FEWEST_VOXELS: Final = 5
DRAWS: Final = 128
SPREAD: Final = 0.7
"""Noise added to what a place is chosen by, as a share of the noise that is there."""
REACH: Final = 6.0
"""Standard errors below the best place beyond which noise does not make a place the best."""
MOST_PLACES: Final = 8000
"""Best places that are drawn from: in a lesion with more of them, the others hardly ever come first."""


@dataclass(frozen=True, eq=False)
class Discs:
    """Every place of a disc within a region, which has n voxels.

    ``centers`` (places, 3) is the middle voxel (slice, row, column), ``members`` (places, voxels of a disc)
    the voxels by their order in the region. ``fits`` is False where the region is too small for any: its only
    place is then the whole region.
    """

    centers: Ints
    members: Ints
    radius_mm: float
    area_mm2: float
    fits: bool = True

    def means(self, values: Floats) -> Floats:
        """Means of ``values`` (..., n) over each place: (..., places)."""
        total = np.zeros((*values.shape[:-1], len(self.members)), dtype=values.dtype)
        for member in self.members.T:
            total += values[..., member]
        return np.asarray(total / self.members.shape[1])


def discs(mask: NDArray[np.bool_], spacing: tuple[float, float], *, area_mm2: float) -> Discs:
    """Every place in ``mask`` (slices, rows, columns) where a disc of ``area_mm2`` fits whole within a slice.

    ``spacing`` is the distance of rows and of columns in mm. A disc holds the voxels whose centers lie within
    its radius; never fewer than five, a voxel with its four neighbours. Raises ValueError for an empty mask.
    """
    if not mask.any():
        raise ValueError("the mask is empty")
    offsets = _offsets(spacing, area_mm2)
    reach = int(np.abs(offsets).max())
    slices, rows, columns = mask.shape
    order = np.full((slices, rows + 2 * reach, columns + 2 * reach), -1, dtype=np.intp)
    inner = (slice(None), slice(reach, -reach), slice(reach, -reach))
    order[inner][mask] = np.arange(np.count_nonzero(mask))
    voxels = np.argwhere(mask)
    members = np.stack(
        [order[voxels[:, 0], voxels[:, 1] + reach + dy, voxels[:, 2] + reach + dx] for dy, dx in offsets],
        axis=1,
    )
    whole = (members >= 0).all(axis=1)
    voxel_area = spacing[0] * spacing[1]
    area = len(offsets) * voxel_area
    radius = float(np.sqrt(area / np.pi))
    if not whole.any():
        middle = voxels[[int(((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1).argmin())]]
        everything = np.arange(len(voxels), dtype=np.intp)[None, :]
        return Discs(middle, everything, radius, len(voxels) * voxel_area, fits=False)
    return Discs(voxels[whole], members[whole], radius, area)


def _offsets(spacing: tuple[float, float], area_mm2: float) -> Ints:
    """Rows and columns of the voxels of a disc around its middle."""
    radius = np.sqrt(area_mm2 / np.pi)
    reach = max(int(radius // min(spacing)), 1)
    grid = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1).T
    distance = np.hypot(grid[:, 0] * spacing[0], grid[:, 1] * spacing[1])
    inside = grid[distance <= radius]
    if len(inside) < FEWEST_VOXELS:
        inside = grid[np.abs(grid).sum(axis=1) <= 1]
    return np.asarray(inside, dtype=np.intp)


def contenders(score: Floats, places: Discs, *, reach: float) -> tuple[Ints, Discs, Ints]:
    """The places whose ``score`` (places,) lies within ``reach`` of the best, ``MOST_PLACES`` of them at most.

    Also these places among the voxels that they have, and which voxels of the region those are.
    """
    kept = np.flatnonzero(score >= score.max() - reach)
    if len(kept) > MOST_PLACES:
        kept = np.sort(kept[np.argpartition(-score[kept], MOST_PLACES)[:MOST_PLACES]])
    voxels, inverse = np.unique(places.members[kept], return_inverse=True)
    members = inverse.reshape(len(kept), -1).astype(np.intp)
    near = Discs(places.centers[kept], members, places.radius_mm, places.area_mm2, places.fits)
    return kept.astype(np.intp), near, voxels.astype(np.intp)


def extreme_places(score: Floats, places: Discs, *, count: int) -> Ints:
    """Up to ``count`` places of the highest ``score`` (places,) of which no two share a voxel, best first."""
    left = np.array(score, dtype=float)
    found: list[int] = []
    for _ in range(count):
        best = int(left.argmax())
        if left[best] == -np.inf:
            break
        found.append(best)
        if len(found) < count:
            near = _near(places, best)
            taken = np.isin(places.members[near], places.members[best]).any(axis=1)
            left[near[taken]] = -np.inf
    return np.array(found, dtype=np.intp)


def _near(places: Discs, best: int) -> Ints:
    """Places in the same slice that may share a voxel with this one."""
    away = np.abs(places.centers - places.centers[best])
    reach = 2 * int(np.sqrt(places.members.shape[1])) + 2
    return np.flatnonzero((away[:, 0] == 0) & (away[:, 1:] <= reach).all(axis=1)).astype(np.intp)
