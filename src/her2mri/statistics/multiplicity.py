"""P-values adjusted for the number of tests; a missing p-value stays missing and is no test."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values that control the false discovery rate (doi:10.1111/j.2517-6161.1995.tb02031.x).

    >>> benjamini_hochberg([0.01, 0.04, float("nan"), 0.03]).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    adjusted, order, p = _sorted(p_values)
    ranks = np.arange(1, p.size + 1)
    raised = np.minimum.accumulate((p * p.size / ranks)[::-1])[::-1]
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values that control the family-wise error rate (Holm 1979, step-down).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted, order, p = _sorted(p_values)
    raised = np.maximum.accumulate(p * np.arange(p.size, 0, -1))
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def _sorted(p_values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """An array of NaN to fill, the positions of the p-values from smallest to largest, and these."""
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or np.any((p < 0) | (p > 1)):
        raise ValueError("p-values must be a flat list of numbers from 0 to 1")
    order = np.argsort(p, kind="stable")[: int(np.sum(~np.isnan(p)))]
    return np.full(p.shape, np.nan), order, p[order]
