"""The compiled loops over resamples: how often lesions stand in them, and counts by cut-off.

Imported only where there are resamples. All numbers are counts, so that any order of summing gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def _count_drawn(drawn: Integers, which: Integers, found: Floats) -> None:
    """For each resample (row) and lesion, how often its patient ``which`` was drawn, into ``found``."""
    r, m = drawn.shape
    times = np.empty(m)
    for row in range(r):
        times[:] = 0.0
        for at in range(m):
            times[drawn[row, at]] += 1.0
        for lesion in range(which.size):
            found[row, lesion] = times[which[lesion]]


def _cumulated(weights: Floats, order: Integers, event: Floats, first: Integers) -> tuple[Floats, Floats]:
    """True and false positives by cut-off, from nobody on, of each resample (row of ``weights``).

    ``order`` are the lesions from the highest score down, ``event`` their outcomes in this order, ``first``
    where in it each distinct score begins.
    """
    r, k = len(weights), first.size
    true_positives, false_positives = np.empty((r, k + 1)), np.empty((r, k + 1))
    for row in range(r):
        true, false = 0.0, 0.0
        true_positives[row, 0], false_positives[row, 0] = 0.0, 0.0
        for at in range(k):
            for place in range(first[at], first[at + 1] if at + 1 < k else order.size):
                weight = weights[row, order[place]]
                true += weight * event[place]
                false += weight * (1.0 - event[place])
            true_positives[row, at + 1], false_positives[row, at + 1] = true, false
    return true_positives, false_positives


def _at_youden(
    weights: Floats, order: Integers, event: Floats, first: Integers
) -> tuple[Floats, Floats, Floats, Floats]:
    """True and false positives at Youden's cut-off of each resample, its positives and negatives.

    The other arguments are those of ``_cumulated``; of equal indices the lowest cut-off is taken.
    """
    r, n, k = len(weights), order.size, first.size
    found = np.zeros((4, r))
    called, true = np.empty(n), np.empty(n)
    last = np.empty(k, dtype=np.int64)
    for at in range(k):
        last[at] = first[at + 1] - 1 if at + 1 < k else n - 1
    for row in range(r):
        total, positives = 0.0, 0.0
        for place in range(n):
            weight = weights[row, order[place]]
            total += weight
            positives += weight * event[place]
            called[place], true[place] = total, positives
        highest, best_called, best_true = 0.0, 0.0, 0.0
        for at in range(k):
            # Youden's index times positives and negatives: whole numbers, so that equal ones are seen as equal.
            index = true[last[at]] * total - called[last[at]] * positives
            if index >= highest:
                highest, best_called, best_true = index, called[last[at]], true[last[at]]
        found[0, row], found[1, row] = best_true, best_called - best_true
        found[2, row], found[3, row] = positives, total - positives
    return found[0], found[1], found[2], found[3]


count_drawn = cast("Callable[[Integers, Integers, Floats], None]", njit(cache=True)(_count_drawn))
cumulated = cast(
    "Callable[[Floats, Integers, Floats, Integers], tuple[Floats, Floats]]", njit(cache=True)(_cumulated)
)
at_youden = cast(
    "Callable[[Floats, Integers, Floats, Integers], tuple[Floats, Floats, Floats, Floats]]",
    njit(cache=True)(_at_youden),
)
