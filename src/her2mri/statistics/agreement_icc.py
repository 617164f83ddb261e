"""Intraclass correlation: how far several readings of a measurement agree, in all six forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError

Floats = NDArray[np.float64]

ICC_FORMS: Final[dict[str, str]] = {
    "ICC1": "one-way, single reading",
    "ICC2": "two-way random, absolute agreement, single reading",
    "ICC3": "two-way mixed, consistency, single reading",
    "ICC1k": "one-way, mean of the readings",
    "ICC2k": "two-way random, absolute agreement, mean of the readings",
    "ICC3k": "two-way mixed, consistency, mean of the readings",
}
"""Shrout and Fleiss' names; McGraw and Wong call them ICC(1), ICC(A,1), ICC(C,1) and the same with k."""


@dataclass(frozen=True, eq=False)
class IntraclassCorrelation:
    """The six intraclass correlations of ``n`` cases read ``raters`` times; rows of ``ICC_FORMS``."""

    table: pd.DataFrame
    n: int
    raters: int

    def frame(self) -> pd.DataFrame:
        """Columns form, meaning, estimate, conf_low, conf_high, n, raters."""
        return self.table.copy()

    def form(self, name: str) -> tuple[float, float, float]:
        """Estimate and interval of one form; KeyError for a name that is not in ``ICC_FORMS``."""
        if name not in ICC_FORMS:
            raise KeyError(f"no form {name!r}: {', '.join(ICC_FORMS)}")
        numbers = self.table[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
        estimate, low, high = numbers[list(ICC_FORMS).index(name)].tolist()
        return estimate, low, high


def intraclass_correlation(readings: ArrayLike, *, confidence: float = 0.95) -> IntraclassCorrelation:
    """All six forms of ``readings`` (n cases, k raters) with their F intervals.

    Cases with a missing reading are left out. Raises EstimationError with fewer than 2 complete cases or
    raters, or where nothing varies.

    References
    ----------
    Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420; McGraw and Wong (1996),
    doi:10.1037/1082-989X.1.1.30.

    Examples
    --------
    >>> found = intraclass_correlation([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6],
    ...                                 [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> found.table["estimate"].round(2).tolist()
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]

    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    values = np.asarray(readings, dtype=float)
    if values.ndim != 2:
        raise ValueError(f"readings must have shape (cases, raters), got {values.shape}")
    values = values[~np.isnan(values).any(axis=1)]
    n, k = values.shape
    if n < 2 or k < 2:
        raise EstimationError(f"agreement needs 2 cases and 2 raters or more, got {n} and {k}")
    squares = _mean_squares(values)
    if squares.total == 0.0:
        raise EstimationError("every reading is the same: the intraclass correlation does not exist")
    tail = (1.0 - confidence) / 2.0
    single = {
        "ICC1": _one_way(squares, n, k, tail),
        "ICC2": _agreement(squares, n, k, tail),
        "ICC3": _consistency(squares, n, k, tail),
    }
    found = single | {f"{name}k": _of_mean(three, k) for name, three in single.items()}
    rows = [(name, ICC_FORMS[name], *found[name], n, k) for name in ICC_FORMS]
    columns = ["form", "meaning", "estimate", "conf_low", "conf_high", "n", "raters"]
    return IntraclassCorrelation(pd.DataFrame(rows, columns=columns), n, k)


@dataclass(frozen=True)
class _MeanSquares:
    """Mean squares between cases, within cases, between raters, of error, and the total sum of squares."""

    cases: float
    within: float
    raters: float
    error: float
    total: float


def _mean_squares(values: Floats) -> _MeanSquares:
    n, k = values.shape
    mean = values.mean()
    cases = k * float(np.sum((values.mean(axis=1) - mean) ** 2))
    raters = n * float(np.sum((values.mean(axis=0) - mean) ** 2))
    total = float(np.sum((values - mean) ** 2))
    residual = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + mean
    error = float(np.sum(residual**2))
    if error <= 1e-24 * total:  # perfect consistency, but for rounding
        error = 0.0
    return _MeanSquares(
        cases / (n - 1),
        (total - cases) / (n * (k - 1)) if raters + error > 0 else 0.0,
        raters / (k - 1),
        error / ((n - 1) * (k - 1)),
        total,
    )


def _f_bounds(between: float, rest: float, df: tuple[float, float], tail: float) -> tuple[float, float]:
    """The lowest and highest ratio of expected mean squares; infinite where nothing is left over."""
    from scipy.stats import f

    if rest == 0.0:
        return np.inf, np.inf
    ratio = between / rest
    return ratio / float(f.isf(tail, *df)), ratio * float(f.isf(tail, df[1], df[0]))


def _single(ratio: float, k: int) -> float:
    return 1.0 if np.isinf(ratio) else (ratio - 1.0) / (ratio + k - 1.0)


def _one_way(squares: _MeanSquares, n: int, k: int, tail: float) -> tuple[float, float, float]:
    estimate = (squares.cases - squares.within) / (squares.cases + (k - 1) * squares.within)
    low, high = _f_bounds(squares.cases, squares.within, (n - 1, n * (k - 1)), tail)
    return estimate, _single(low, k), _single(high, k)


def _consistency(squares: _MeanSquares, n: int, k: int, tail: float) -> tuple[float, float, float]:
    if squares.cases == 0.0 and squares.error == 0.0:
        return np.nan, np.nan, np.nan
    estimate = (squares.cases - squares.error) / (squares.cases + (k - 1) * squares.error)
    low, high = _f_bounds(squares.cases, squares.error, (n - 1, (n - 1) * (k - 1)), tail)
    return estimate, _single(low, k), _single(high, k)


def _agreement(squares: _MeanSquares, n: int, k: int, tail: float) -> tuple[float, float, float]:
    """McGraw and Wong's interval of ICC(A,1), whose degrees of freedom are Satterthwaite's."""
    from scipy.stats import f

    bias = k * (squares.raters - squares.error) / n
    estimate = (squares.cases - squares.error) / (squares.cases + (k - 1) * squares.error + bias)
    if squares.error == 0.0:
        if squares.raters == 0.0:
            return estimate, estimate, estimate
        return estimate, np.nan, np.nan
    ratio = squares.raters / squares.error
    a = k * estimate
    b = n * (1.0 + (k - 1) * estimate) - a
    df = (k - 1) * (n - 1) * (a * ratio + b) ** 2 / ((n - 1) * a**2 * ratio**2 + b**2)
    upper, lower = float(f.isf(tail, n - 1, df)), float(f.isf(tail, df, n - 1))
    rest = k * squares.raters + (k * n - k - n) * squares.error
    low = n * (squares.cases - upper * squares.error) / (upper * rest + n * squares.cases)
    high = n * (lower * squares.cases - squares.error) / (rest + n * lower * squares.cases)
    return estimate, low, high


def _of_mean(single: tuple[float, float, float], k: int) -> tuple[float, float, float]:
    """Spearman and Brown's step from one reading to the mean of k."""
    stepped = []
    for value in single:
        divisor = 1.0 + (k - 1) * value
        stepped.append(k * value / divisor if divisor > 0.0 else -np.inf)
    return stepped[0], stepped[1], stepped[2]
