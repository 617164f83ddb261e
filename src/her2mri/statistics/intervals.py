"""Confidence intervals of a proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def wilson(count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval, lower and upper bound.

    Parameters
    ----------
    count, total
        Events and trials, numbers or arrays that broadcast; the interval of 0 trials is NaN.
    confidence
        The nominal coverage.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4902, 0.9433)

    """
    from scipy.special import ndtri

    k, n = _checked(count, total, confidence)
    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # At 0 and at n events the bound is 0 or 1 but for the last bit.
    low = np.where(k == 0, np.where(n > 0, 0.0, np.nan), centre - half)
    high = np.where((k == n) & (n > 0), 1.0, centre + half)
    return low, high


def clopper_pearson(
    count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Clopper and Pearson's exact interval, lower and upper bound.

    Parameters
    ----------
    count, total
        Events and trials, numbers or arrays that broadcast; the interval of 0 trials is NaN.
    confidence
        The least coverage.

    References
    ----------
    Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404.

    Examples
    --------
    >>> low, high = clopper_pearson(8, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4439, 0.9748)

    """
    from scipy.special import betaincinv

    k, n = _checked(count, total, confidence)
    tail = (1 - confidence) / 2
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def _checked(count: ArrayLike, total: ArrayLike, confidence: float) -> tuple[FloatArray, FloatArray]:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    k, n = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(total, dtype=np.float64))
    if np.any(k < 0) or np.any(k > n):
        raise ValueError("count must fulfil 0 <= count <= total")
    return k, n
