"""Pearson's chi-square test of independence, and the smallest expected count that decides about it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest


def chi_square(table: ArrayLike, *, correct: bool = True) -> HypothesisTest:
    """Pearson's chi-square test of a table of counts, with Yates' correction on 2 x 2 tables.

    Rows and columns without a count say nothing and are left out. The correction is 0.5, or the distance of
    the counts from those expected where that is smaller.

    Parameters
    ----------
    table
        Counts, levels by groups.
    correct
        Whether a 2 x 2 table is corrected for continuity.

    Examples
    --------
    >>> answer = chi_square([[12, 5], [3, 9]])
    >>> answer.test, round(answer.p_value, 4)
    ('chi-square, Yates', 0.0411)

    """
    from scipy.special import chdtrc

    observed = occupied(table)
    if min(observed.shape) < 2:
        return NO_TEST
    expected = expected_counts(observed)
    distance = np.abs(observed - expected)
    yates = correct and observed.shape == (2, 2)
    if yates:
        distance = distance - np.minimum(0.5, distance)
    statistic = float(np.sum(distance**2 / expected))
    freedom = (observed.shape[0] - 1) * (observed.shape[1] - 1)
    name = "chi-square, Yates" if yates else "chi-square"
    return HypothesisTest(name, statistic, float(chdtrc(freedom, statistic)))


def expected_counts(table: NDArray[Any]) -> NDArray[np.float64]:
    """Counts expected under independence; the table must not be empty.

    >>> expected_counts(np.array([[1, 3], [3, 9]])).tolist()
    [[1.0, 3.0], [3.0, 9.0]]
    """
    counts = np.asarray(table, dtype=np.float64)
    expected: NDArray[np.float64] = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return expected


def occupied(table: ArrayLike) -> NDArray[np.int64]:
    """The table without its empty rows and columns; ValueError where it is no table of counts."""
    counts = np.asarray(table)
    if counts.ndim != 2:
        raise ValueError(f"a table of counts has two dimensions, got {counts.ndim}")
    if counts.size and (np.any(counts < 0) or np.any(counts != np.floor(counts))):
        raise ValueError("a table of counts must hold whole numbers >= 0")
    whole: NDArray[np.int64] = counts.astype(np.int64)
    rows, columns = whole.sum(axis=1) > 0, whole.sum(axis=0) > 0
    return whole[np.ix_(rows, columns)]
