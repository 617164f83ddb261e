"""Fisher's exact test of a table of two groups, with any number of levels.

The p-value is the probability, given both margins, of all tables no more probable than the one observed.
Tables are not listed one by one: the levels are dealt into two halves, each half is listed with its log
probabilities, and the halves that complete each other are matched by a sorted look-up. A table of six
levels and hundreds of lesions so takes milliseconds.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.statistics.chi_square import occupied
from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest

LARGEST_HALF: Final = 5_000_000
TIE_TOLERANCE: Final = 1e-7
"""Relative: tables this little more probable than the observed one count as equally probable, as in R."""

FloatArray = NDArray[np.float64]


def fisher_exact(table: ArrayLike) -> HypothesisTest:
    """Fisher's exact test, two-sided, of a table with two columns (or two rows).

    Parameters
    ----------
    table
        Counts, levels by groups.

    Raises
    ------
    ValueError
        Where more than two rows and more than two columns hold counts.
    EstimationError
        Where half of the levels can be filled in more than 5 million ways.

    References
    ----------
    Freeman and Halton (1951), doi:10.1093/biomet/38.1-2.141.

    Examples
    --------
    >>> round(fisher_exact([[3, 1], [1, 3]]).p_value, 4)
    0.4857
    >>> round(fisher_exact([[4, 0], [1, 3], [0, 5]]).p_value, 4)
    0.007

    """
    counts = occupied(table)
    if min(counts.shape) < 2:
        return NO_TEST
    if counts.shape[1] != 2:
        counts = counts.T
    if counts.shape[1] != 2:
        raise ValueError(f"Fisher's exact test is of two groups, got a table of {counts.shape}")
    group = counts[:, int(np.argmin(counts.sum(axis=0)))]
    return HypothesisTest("Fisher exact", float("nan"), _p_value(counts.sum(axis=1), group))


def _p_value(totals: NDArray[np.int64], group: NDArray[np.int64]) -> float:
    """``totals``: size of each level; ``group``: how many of each are in the smaller group."""
    from scipy.special import gammaln

    size = int(group.sum())

    def log_choices(n: NDArray[Any] | int, k: NDArray[Any] | int) -> FloatArray:
        n, k = np.asarray(n), np.asarray(k)
        return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))

    all_tables = float(log_choices(int(totals.sum()), size))
    limit = float(log_choices(totals, group).sum()) - all_tables + TIE_TOLERANCE

    halves: list[list[int]] = [[], []]
    ways = [0.0, 0.0]
    for level in np.argsort(-totals, kind="stable"):
        side = int(ways[1] < ways[0])
        halves[side].append(int(totals[level]))
        ways[side] += float(np.log1p(min(int(totals[level]), size)))

    listed = [_fillings(half, size, int(totals.sum()) - sum(half), log_choices) for half in halves]
    (first_sums, first_logs), (second_sums, second_logs) = listed
    total = 0.0
    for taken in np.unique(first_sums):
        first = first_logs[slice(*np.searchsorted(first_sums, [taken, taken + 1]))] - all_tables
        second = second_logs[slice(*np.searchsorted(second_sums, [size - taken, size - taken + 1]))]
        cumulative = np.concatenate([[0.0], np.cumsum(np.exp(second - second[-1]))])
        rank = np.searchsorted(second, limit - first, side="right")
        total += float(np.sum(np.exp(first + second[-1]) * cumulative[rank]))
    return min(total, 1.0)


def _fillings(
    levels: list[int], size: int, elsewhere: int, log_choices: Any
) -> tuple[NDArray[np.int64], FloatArray]:
    """Every way to fill these levels with part of a group of ``size``: the sum taken and the log number.

    Sorted by sum, then by log number. The rest of the group must fit into the ``elsewhere`` other lesions.
    """
    sums = np.zeros(1, dtype=np.int64)
    logs = np.zeros(1)
    for total in levels:
        fill = np.arange(min(total, size) + 1)
        if sums.size * fill.size > 4 * LARGEST_HALF:
            raise EstimationError("Fisher's exact test: too many tables share these margins")
        sums = np.add.outer(sums, fill).ravel()
        logs = np.add.outer(logs, log_choices(total, fill)).ravel()
        fits = sums <= size
        sums, logs = sums[fits], logs[fits]
        if sums.size > LARGEST_HALF:
            raise EstimationError("Fisher's exact test: too many tables share these margins")
    fits = sums >= size - elsewhere
    sums, logs = sums[fits], logs[fits]
    order = np.lexsort((logs, sums))
    return sums[order], logs[order]
