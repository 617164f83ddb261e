"""Whether a model's calibration has left what is tolerated, asked anew with every lesion, at any time.

A test by betting. Against every calibration that is tolerated stands a mixture of calibrations that are not; the
evidence after n lesions is the likelihood of the mixture divided by the highest likelihood within what is tolerated
(doi:10.1073/pnas.1922664117). Divided by the likelihood of the calibration that holds it is a martingale that begins
at 1, so that whoever looks after each lesion, for ever, sees it reach 1 / alpha with a probability of at most alpha
(Ville's inequality, doi:10.1214/23-STS894). That a model may begin to fail later is met by a mixture over the lesion
from which on it fails (as in arXiv:2203.03532), whose weights sum to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

TOLERATED_SHIFT: Final = 0.2
"""Of the log odds, either way: the odds of the event up to 1.22 times higher or lower than said."""
TOLERATED_SLOPE: Final = (0.75, 1.4)
"""Of the log odds about their mean in development; below 1 predictions are too extreme."""

WORRY: Final = 20.0
WATCH: Final = 5.0
"""Evidence; under a tolerated calibration ever reached with a probability of at most 1/20 and 1/5."""
RESTART: Final = 50
"""A model may begin to fail at every so-manieth lesion."""

_FEARED: Final = (
    *((shift, 1.0) for shift in (-1.4, -0.9, -0.6, 0.6, 0.9, 1.4)),
    *((shift, 0.3) for shift in (-0.7, 0.0, 0.7)),
    (0.0, -0.2),
    (0.0, 2.2),
)
_SHIFT_STEPS, _SLOPE_STEPS = 9, 14


@dataclass(frozen=True, eq=False)
class Watched:
    """The evidence (n,) after each lesion, in the order in which outcomes became known."""

    evidence: Floats

    @property
    def highest(self) -> float:
        """The highest that was ever reached: an alarm is not taken back by later lesions."""
        return float(self.evidence.max(initial=1.0))

    def first_at(self, level: float) -> int | None:
        """After how many lesions a level was first reached."""
        reached = np.flatnonzero(self.evidence >= level)
        return int(reached[0]) + 1 if len(reached) else None


def watch_calibration(y: ArrayLike, probability: ArrayLike, *, middle: float) -> Watched:
    """The evidence that the outcomes ``y`` (n,) do not follow the probabilities (n,), lesion by lesion.

    ``middle`` is the mean log odds in development, about which the slope turns. Outcomes must be independent given
    the probabilities: of a patient's lesions only one may be there. A probability is kept 1e-6 from 0 and 1.

    >>> watch_calibration([1] * 12, [0.05] * 12, middle=-3.0).first_at(WORRY)
    6
    """
    event = np.asarray(y, dtype=float)
    inside = np.clip(np.asarray(probability, dtype=float), 1e-6, 1 - 1e-6)
    away = np.log(inside) - np.log1p(-inside) - middle
    tolerated, feared = _calibrations()
    within = _log_likelihood(event, away, middle, tolerated)
    outside = _log_likelihood(event, away, middle, feared)
    n = len(event)
    # What is not yet staked on a start stays at 1.
    evidence = np.ones(n)
    for number, start in enumerate(range(0, n, RESTART)):
        weight = 1.0 / ((number + 1) * (number + 2))
        null = np.cumsum(within[start:], axis=0).max(axis=1)
        mixed = _log_mean_exp(np.cumsum(outside[start:], axis=0))
        evidence[start:] += weight * (np.exp(np.minimum(mixed - null, 700.0)) - 1.0)
    return Watched(evidence)


@cache
def _calibrations() -> tuple[Floats, Floats]:
    """Shift and slope (m, 2) of what is tolerated, as a fine grid, and of what is feared."""
    shifts = np.linspace(-TOLERATED_SHIFT, TOLERATED_SHIFT, _SHIFT_STEPS)
    slopes = np.linspace(*TOLERATED_SLOPE, _SLOPE_STEPS)
    tolerated = np.array([(shift, slope) for shift in shifts for slope in slopes])
    return tolerated, np.array(_FEARED)


def _log_likelihood(event: Floats, away: Floats, middle: float, calibrations: Floats) -> Floats:
    """Of each lesion under each calibration (n, m)."""
    log_odds = middle + calibrations[:, 0] + away[:, None] * calibrations[:, 1]
    return np.asarray(event[:, None] * log_odds - np.logaddexp(0.0, log_odds))


def _log_mean_exp(values: Floats) -> Floats:
    highest = values.max(axis=1)
    return np.asarray(highest + np.log(np.exp(values - highest[:, None]).mean(axis=1)))


HARMS: Final = {
    "a model that tells nothing any more": (0.0, 0.0),
    "odds of the event three times as high or as low as said": (1.1, 1.0),
    "odds of the event twice as high or as low as said": (0.7, 1.0),
}
"""Shift and slope of what nobody wants to miss; of a shift both signs are meant."""
_CHANCE: Final = 0.8
_SHARED: Final = 2.0
"""Of the feared calibrations about so many lie near a truth and share its evidence."""


def lesions_needed(middle: float, spread: float) -> dict[str, int]:
    """After about how many lesions each of HARMS leads to WORRY with a chance of 80 %, if it is there from the start.

    ``middle`` and ``spread`` are mean and standard deviation of the log odds in development, taken as normal. The
    logarithm of the evidence is taken as a Brownian motion with the drift and the variance of the log likelihood
    ratio of the truth and what is tolerated nearest to it, which has to make up for what the mixtures cost.
    """
    return {
        harm: max(_needed(middle, spread, sign * shift, slope) for sign in ((1, -1) if shift else (1,)))
        for harm, (shift, slope) in HARMS.items()
    }


def _needed(middle: float, spread: float, shift: float, slope: float) -> int:
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    weights = weights / weights.sum()
    tolerated, feared = _calibrations()
    ratio = []
    for event in (np.ones(41), np.zeros(41)):
        truth = _log_likelihood(event, spread * nodes, middle, np.array([[shift, slope]]))
        ratio.append(truth - _log_likelihood(event, spread * nodes, middle, tolerated))
    p = 1.0 / (1.0 + np.exp(-(middle + shift + slope * spread * nodes[:, None])))
    drifts = weights @ (p * ratio[0] + (1 - p) * ratio[1])
    nearest = int(np.argmin(drifts))
    drift = float(drifts[nearest])
    variance = float((weights @ (p * ratio[0] ** 2 + (1 - p) * ratio[1] ** 2))[nearest]) - drift**2
    height = math.log(WORRY * 2 * len(feared) / _SHARED)
    low, high = 1, 1
    while _passed(high, drift, variance, height) < _CHANCE:
        low, high = high, 2 * high
    while high - low > 1:
        half = (low + high) // 2
        low, high = (low, half) if _passed(half, drift, variance, height) >= _CHANCE else (half, high)
    return high


def _passed(n: int, drift: float, variance: float, height: float) -> float:
    """The chance that a Brownian motion has reached a height by then (the inverse Gaussian distribution)."""
    root = math.sqrt(n * variance)
    reached = _normal((n * drift - height) / root)
    return reached + math.exp(2 * drift * height / variance) * _normal(-(n * drift + height) / root)


def _normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2
