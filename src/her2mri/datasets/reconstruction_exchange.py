"""Rank sums of the second task: HER2-low and HER2-zero lesions exchange values that leave both tables' figures.

A rank sum of two groups that are both unknown is no linear function of their counts, so that it is reached
afterwards: by exchanges within one set of each task, between the same two printed quartiles of both groups.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.datasets.published_tables import characteristics
from her2mri.datasets.reconstruction_cells import members
from her2mri.datasets.reconstruction_programme import FloatArray
from her2mri.datasets.reconstruction_values import pairs_won
from her2mri.vocabulary import INTERNAL_VALIDATION, TRAINING

LOW_ZERO_P: Final[dict[tuple[str, str], float]] = {
    ("age", INTERNAL_VALIDATION): 0.078,
    ("adc", TRAINING): 0.001,
    ("diameter_cm", TRAINING): 0.053,
}
"""Rank-sum p-values by undoing the adjustment of the printed ones."""

_FIXED: Final = {"diameter_cm": (2.0, 5.0)}
"""Values that no exchange crosses, besides the quartiles: the bounds of the T categories."""


def exchange(name: str, values: list[FloatArray]) -> list[FloatArray]:
    """The values of every cell after the exchanges that ``LOW_ZERO_P`` asks for."""
    found = [cell.copy() for cell in values]
    for (variable, sample), p in LOW_ZERO_P.items():
        if variable == name:
            low, zero = members("her2_low", sample, "positive"), members("her2_low", sample, "negative")
            sizes = (sum(len(found[index]) for index in group) for group in (low, zero))
            _approach(
                found,
                list(zip(low, zero, strict=True)),
                name,
                sample,
                pairs_won("her2_low", name, sample, p, *sizes),
            )
    return found


def _approach(
    found: list[FloatArray], pairs: list[tuple[int, int]], name: str, sample: str, wanted: float
) -> None:
    """Exchange in turn in every interval and pair of cells until HER2-zero wins the pairs wanted."""
    edges = _edges(name, sample)
    upwards = _won(found, pairs) < wanted  # whether the zeros need larger values
    moved = True
    while moved:
        moved = False
        for low, zero in pairs:
            for interval in range(2 * len(edges) + 1):
                if (_won(found, pairs) >= wanted) == upwards:
                    return
                moved |= _swap(found[low], found[zero], edges, interval, upwards)


def _swap(low: FloatArray, zero: FloatArray, edges: FloatArray, interval: int, upwards: bool) -> bool:
    """One exchange between two cells within an interval; False where none leads the right way."""
    mine, other = (np.flatnonzero(_interval(cell, edges) == interval) for cell in (low, zero))
    if not len(mine) or not len(other):
        return False
    i = mine[np.argmax(low[mine]) if upwards else np.argmin(low[mine])]
    j = other[np.argmin(zero[other]) if upwards else np.argmax(zero[other])]
    if (low[i] > zero[j]) != upwards or low[i] == zero[j]:
        return False
    low[i], zero[j] = zero[j], low[i]
    return True


def _edges(name: str, sample: str) -> FloatArray:
    table = characteristics()
    own = (table["variable"] == name) & (table["sample"] == sample) & (table["task"] == "her2_low")
    quartiles = table.loc[own, ["q1", "median", "q3"]].to_numpy(dtype=np.float64).ravel()
    return np.unique([*quartiles, *_FIXED.get(name, ())])


def _interval(values: FloatArray, edges: FloatArray) -> NDArray[np.intp]:
    """Where a value lies: an edge itself is an interval of its own."""
    return np.searchsorted(edges, values - 1e-9) + np.searchsorted(edges, values + 1e-9)


def _won(found: list[FloatArray], pairs: list[tuple[int, int]]) -> float:
    low, zero = (np.concatenate([found[pair[side]] for pair in pairs]) for side in (0, 1))
    order = np.sort(low)
    return float(np.searchsorted(order, zero, "left").sum() + np.searchsorted(order, zero, "right").sum()) / 2
