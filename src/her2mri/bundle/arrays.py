"""Array types, and the few functions of mathematics that numpy lacks and a bundle needs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

Z_95: Final = 1.959963984540054
"""The 0.975 quantile of the standard normal distribution."""
_LARGEST_EXPONENT: Final = 700.0
"""Beyond it exp() overflows."""


def expit(log_odds: FloatArray | float) -> FloatArray:
    """The probability of log-odds, without overflow at either end.

    >>> expit(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    value = np.asarray(log_odds, dtype=float)
    small = np.exp(-np.abs(value))
    return np.asarray(np.where(value >= 0, 1 / (1 + small), small / (1 + small)))


def plain(content: Any) -> Any:
    """Tuples as lists and numpy's numbers as Python's, so that a content is what its file will hold."""
    if isinstance(content, dict):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return content.item() if isinstance(content, np.generic) else content


def symmetric(matrix: FloatArray) -> FloatArray:
    """The matrix without the rounding errors that set it apart from its transpose."""
    return np.asarray((matrix + matrix.T) / 2)


def logit(probability: float) -> float:
    """The log-odds of a probability between 0 and 1."""
    return float(np.log(probability) - np.log1p(-probability))


def shifted(probability: FloatArray | float, offset: float) -> FloatArray:
    """The probability whose log-odds are larger by ``offset``; 0 and 1 stay.

    >>> shifted(np.array([0.0, 0.5, 1.0]), -745.0).round(300).tolist()
    [0.0, 0.0, 1.0]
    """
    value = np.asarray(probability, dtype=float)
    return np.asarray(value / (value + (1 - value) * np.exp(min(-offset, _LARGEST_EXPONENT))))


def normal_cdf(z: FloatArray) -> FloatArray:
    """The standard normal distribution function, to 1.5e-7.

    Abramowitz and Stegun, Handbook of Mathematical Functions, formula 7.1.26.

    >>> normal_cdf(np.array([0.0, 1.959963984540054])).round(6).tolist()
    [0.5, 0.975]
    """
    t = 1 / (1 + 0.3275911 * np.abs(z) / np.sqrt(2))
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    upper = 0.5 * series * np.exp(-(z**2) / 2)
    return np.asarray(np.where(z >= 0, 1 - upper, upper))


def mixture_quantile(share: float, mean: FloatArray, sd: FloatArray, weight: FloatArray) -> float:
    """The quantile of a mixture of normal distributions, to 1e-11.

    Newton's steps, halving the interval that holds the quantile where a step would leave it.
    """
    width = np.maximum(sd, 1e-12)
    low, high = float((mean - 9 * width).min()), float((mean + 9 * width).max())
    value = float(weight @ mean)
    for _ in range(200):
        z = (value - mean) / width
        excess = float(weight @ normal_cdf(z)) - share
        low, high = (low, value) if excess > 0 else (value, high)
        density = float(weight @ (np.exp(-(z**2) / 2) / width)) / np.sqrt(2 * np.pi)
        following = value - excess / density if density > 0 else low
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - value) < 1e-11:
            return following
        value = following
    return value


def weighted_quantile(share: float, value: FloatArray, weight: FloatArray) -> float:
    """The smallest value that at least this share of the weight does not exceed."""
    order = np.argsort(value, kind="stable")
    reached = np.cumsum(weight[order])
    position = int(np.searchsorted(reached, share * reached[-1] - 1e-12))
    return float(value[order][min(position, len(value) - 1)])
