"""Correction for optimism: Harrell's bootstrap and the .632+ estimator. See docs/decisions/0100 and 0101."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.vocabulary import METRICS

Floats = NDArray[np.float64]

SHARE_DRAWN: Final = 1.0 - float(np.exp(-1.0))
"""The share of patients that a large resample holds, 0.632."""


@dataclass(frozen=True)
class Optimism:
    """An estimate before and after correction, and the means over ``n`` resamples that the correction is made of."""

    apparent: float
    resample_mean: float
    original_mean: float
    n: int

    @property
    def optimism(self) -> float:
        """Mean of score on resample minus score on the original lesions."""
        return self.resample_mean - self.original_mean

    @property
    def corrected(self) -> float:
        """The apparent score minus its optimism."""
        return self.apparent - self.optimism


def optimism_of(apparent: float, on_resample: ArrayLike, on_original: ArrayLike) -> Optimism:
    """Harrell's optimism of one score; resamples (r,) in which either score is missing are left out and counted.

    Harrell, Lee and Mark (1996), doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4.

    >>> round(optimism_of(0.8, [0.85, 0.83], [0.79, 0.77]).corrected, 3)
    0.74
    """
    resample, original = np.asarray(on_resample, dtype=float), np.asarray(on_original, dtype=float)
    both = np.isfinite(resample) & np.isfinite(original)
    if not both.any():
        return Optimism(apparent, np.nan, np.nan, 0)
    means = float(resample[both].mean()), float(original[both].mean())
    return Optimism(apparent, *means, int(both.sum()))


@dataclass(frozen=True)
class Point632Plus:
    """The .632+ estimate and its parts; ``n`` resamples had lesions left out that could be scored."""

    apparent: float
    out_of_bag: float
    no_information: float
    n: int

    @property
    def relative_overfitting(self) -> float:
        """How far the out-of-bag score has fallen from the apparent one towards no information, from 0 to 1."""
        fallen, possible = self.apparent - self._bounded, self.apparent - self.no_information
        if possible == 0.0 or fallen / possible < 0.0:
            return 0.0
        return min(fallen / possible, 1.0)

    @property
    def weight(self) -> float:
        """Weight of the out-of-bag score: 0.632 without overfitting, 1 where nothing is left."""
        return SHARE_DRAWN / (1.0 - (1.0 - SHARE_DRAWN) * self.relative_overfitting)

    @property
    def corrected(self) -> float:
        """The estimate, between the apparent and the out-of-bag score (or no information, if that is nearer)."""
        return (1.0 - self.weight) * self.apparent + self.weight * self._bounded

    @property
    def _bounded(self) -> float:
        """The out-of-bag score, no worse than no information."""
        worst = max if self.no_information <= self.apparent else min
        return worst(self.out_of_bag, self.no_information)


def point632plus(apparent: float, out_of_bag: ArrayLike, no_information: float) -> Point632Plus:
    """Efron and Tibshirani's .632+ from the scores (r,) of lesions left out of each resample.

    doi:10.1080/01621459.1997.10474007. Of resamples the mean is taken, those without a score left out.

    >>> round(point632plus(0.9, [0.7, 0.7], 0.5).corrected, 3)
    0.745
    """
    left_out = np.asarray(out_of_bag, dtype=float)
    finite = left_out[np.isfinite(left_out)]
    mean = float(finite.mean()) if len(finite) else np.nan
    return Point632Plus(apparent, mean, no_information, len(finite))


def no_information_brier(y: ArrayLike, probability: ArrayLike) -> float:
    """The Brier score of probabilities that have nothing to do with the outcomes: mean over all pairs of lesions.

    >>> no_information_brier([0, 1], [0.0, 1.0])
    0.5
    """
    event, risk = np.asarray(y, dtype=float), np.asarray(probability, dtype=float)
    return float(event.mean() - 2.0 * event.mean() * risk.mean() + np.mean(risk**2))


def t_interval(
    corrected: float, *, error: float, resamples: int, metric: str, confidence: float
) -> tuple[float, float]:
    """About a corrected score whose standard error so many resamples gave, cut to the range of the metric.

    Student's t with one degree of freedom less than there are resamples; NaN where there are fewer than two.

    >>> low, high = t_interval(0.2, error=0.05, resamples=1000, metric="brier", confidence=0.95)
    >>> round(low, 3), round(high, 3)
    (0.102, 0.298)
    """
    from scipy.special import stdtrit

    if resamples < 2:
        return np.nan, np.nan
    arm = float(stdtrit(resamples - 1, 0.5 + confidence / 2)) * error
    return max(corrected - arm, METRICS[metric].low), min(corrected + arm, METRICS[metric].high)
