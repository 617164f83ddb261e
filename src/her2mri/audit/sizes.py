"""Which numbers of lesions would fit all figures of a set, where the stated ones do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from her2mri.audit.confusion import FIGURES, BoolArray, ConfusionRows, IntArray, fits

MOST_CANDIDATES = 40_000


@dataclass(frozen=True)
class Size:
    """Lesions of each class."""

    n_positive: int
    n_negative: int

    def __str__(self) -> str:
        return f"{self.n_positive} + {self.n_negative}"


def sizes_that_fit(
    rows: ConfusionRows, positive: IntArray, negative: IntArray, *, most: int = MOST_CANDIDATES
) -> list[Size]:
    """The pairs of class sizes with which every row fits, of all pairs of these candidates.

    Each class is first tried alone, which leaves few pairs; where still more than ``most`` are left the figures
    are too coarse to tell sizes apart, and no answer is given.
    """
    positive = positive[_column_fits(rows, "sensitivity", positive)]
    negative = negative[_column_fits(rows, "specificity", negative)]
    if not 0 < positive.size * negative.size <= most:
        return []
    first, second = (grid.ravel() for grid in np.meshgrid(positive, negative, indexing="ij"))
    kept = np.flatnonzero(_all_fit(rows, first, second))
    return [Size(int(first[at]), int(second[at])) for at in kept]


def splits_that_fit(whole: ConfusionRows, part: ConfusionRows, stated: Size) -> list[Size]:
    """Sizes of a part cut out of ``stated`` such that it fits the rows of ``part`` and the rest those of ``whole``.

    This is how the figures look where a model was developed and validated inside one set.
    """
    candidates = sizes_that_fit(
        part, np.arange(1, stated.n_positive), np.arange(1, stated.n_negative), most=10 * MOST_CANDIDATES
    )
    if not candidates:
        return []
    first = np.array([stated.n_positive - size.n_positive for size in candidates])
    second = np.array([stated.n_negative - size.n_negative for size in candidates])
    return [candidates[at] for at in np.flatnonzero(_all_fit(whole, first, second))]


def nearest(sizes: list[Size], stated: Size) -> list[Size]:
    """The sizes ordered by how little they differ from the stated one."""
    return sorted(
        sizes,
        key=lambda size: (
            abs(size.n_positive / stated.n_positive - 1) + abs(size.n_negative / stated.n_negative - 1)
        ),
    )


def _column_fits(rows: ConfusionRows, metric: str, sizes: IntArray) -> BoolArray:
    """For each size, whether whole numbers out of it give all printed shares of one class."""
    column = FIGURES.index(metric)
    answer = np.ones(sizes.size, dtype=bool)
    for row in np.flatnonzero(rows.printed[:, column]):
        fewest = -(-rows.low[row, column] * sizes // rows.scale)
        answer &= fewest <= rows.high[row, column] * sizes // rows.scale
    return answer


def _all_fit(rows: ConfusionRows, positive: IntArray, negative: IntArray) -> BoolArray:
    """For each pair of sizes, whether all rows fit; rows are tried one after another on what is left."""
    left = np.arange(positive.size)
    for row in range(rows.n_positive.size):
        one = rows.take(np.full(left.size, row))
        left = left[
            fits(ConfusionRows(positive[left], negative[left], one.low, one.high, one.printed, one.scale))
        ]
    answer = np.zeros(positive.size, dtype=bool)
    answer[left] = True
    return answer
