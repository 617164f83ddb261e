"""Calibration in figures: in the large, intercept, slope and the Brier score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.clusters import patient_codes, robust_covariance, summed_by
from her2mri.evaluation.weighted_logistic import LogisticFits, fit_logistic

Floats = NDArray[np.float64]

CERTAIN: Final = 0.001
"""What a probability of exactly 0 is taken as on the logit scale (and 1 as 1 - CERTAIN)."""


@dataclass(frozen=True)
class WaldEstimate:
    """An estimate with its standard error and normal interval."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float


def logit(probability: ArrayLike) -> Floats:
    """Log odds; a probability of exactly 0 or 1 has none, and is moved to ``CERTAIN`` or ``1 - CERTAIN``.

    If another lesion has a probability still nearer to the end, the moved one goes there, so that order is
    kept.

    >>> logit([0.0, 0.5, 1.0]).round(2).tolist()
    [-6.91, 0.0, 6.91]
    """
    p = np.asarray(probability, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probability must lie in [0, 1]")
    low, high = _stand_ins(p)
    moved = np.where(p == 0, low, np.where(p == 1, high, p))
    return np.log(moved) - np.log1p(-moved)


def certain_moved(probability: ArrayLike) -> str:
    """How many probabilities of exactly 0 or 1 ``logit`` moves, and where to; empty if there is none.

    >>> certain_moved([0.0, 0.0, 0.5, 0.9999, 1.0])
    '2 probabilities of 0 taken as 0.001, 1 probability of 1 taken as 0.9999'
    """
    p = np.asarray(probability, dtype=float)
    said = []
    for end, stand_in in zip((0, 1), _stand_ins(p), strict=True):
        if n := int((p == end).sum()):
            said.append(f"{n} probabilit{'y' if n == 1 else 'ies'} of {end} taken as {stand_in:.10g}")
    return ", ".join(said)


def _stand_ins(p: Floats) -> tuple[float, float]:
    """What 0 and 1 are taken as: ``CERTAIN`` from the end, or the outermost other probability if nearer."""
    inside = p[(p > 0) & (p < 1)]
    low = min(CERTAIN, float(inside.min())) if len(inside) else CERTAIN
    high = max(1.0 - CERTAIN, float(inside.max())) if len(inside) else 1.0 - CERTAIN
    return low, high


def brier(y: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared distance between outcome and probability (Brier 1950, Monthly Weather Review 78:1).

    >>> brier([0, 1], [0.5, 0.5])
    0.25
    """
    return float(np.mean((np.asarray(probability, dtype=float) - np.asarray(y, dtype=float)) ** 2))


def observed_expected(
    y: ArrayLike, probability: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
) -> WaldEstimate:
    """Observed events by expected ones, the sum of probabilities; ideal 1.

    The interval is normal on the scale of the logarithm. Its variance is that of the logarithm of a ratio of two
    means of the same lesions, linearised (Cochran 1977, Sampling Techniques, chapter 6), summed by patient: where
    lesions of high risk come by chance both numbers rise. ``std_error`` is of the logarithm. See
    docs/decisions/0136. Raises EstimationError where ``y`` has one class.

    >>> observed_expected([0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5]).estimate
    0.5
    """
    from scipy.special import ndtri

    event, risk = np.asarray(y, dtype=float), np.asarray(probability, dtype=float)
    _require_both_classes(event)
    observed, expected = float(event.sum()), float(risk.sum())
    if expected == 0.0:
        raise EstimationError("no event is expected: every probability is 0")
    parts = summed_by(patient_codes(patient, len(event)), (event / observed - risk / expected)[:, None])
    groups = len(parts)
    if groups < 2:
        raise EstimationError("the spread of observed by expected events needs two patients or more")
    error = float(np.sqrt((parts**2).sum() * groups / (groups - 1.0)))
    log_ratio = float(np.log(observed / expected))
    half = float(ndtri(0.5 + _checked(confidence) / 2.0)) * error
    ends = (float(np.exp(log_ratio + side * half)) for side in (-1, 1))
    return WaldEstimate(float(np.exp(log_ratio)), error, *ends)


def calibration_in_the_large(
    y: ArrayLike, probability: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
) -> WaldEstimate:
    """Shift of the log odds that makes the mean probability right, the slope fixed at 1; ideal 0.

    Above 0: lesions are positive more often than predicted. ``patient`` (n,) names the patient of each
    lesion; where patients repeat the standard error is ``clusters.robust_covariance``'s. Raises
    EstimationError where ``y`` has one class.

    >>> round(calibration_in_the_large([0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5]).estimate, 4)
    -1.0986
    """
    event = np.asarray(y, dtype=float)
    _require_both_classes(event)
    ones = np.ones((len(event), 1))
    fits = fit_logistic(ones, event[None], ones.T, offset=logit(probability))
    return _wald(fits, ones, event, patient, confidence)[0]


def calibration_intercept_and_slope(
    y: ArrayLike, probability: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
) -> tuple[WaldEstimate, WaldEstimate]:
    """Intercept and slope of the outcome's log odds on the predicted log odds; ideal 0 and 1.

    Cox's logistic recalibration (doi:10.2307/2333203). A slope below 1: predictions are too extreme.
    Raises EstimationError where ``y`` has one class, where there is one distinct probability, and where the
    probabilities separate the classes (the slope is then infinite).

    >>> y, p = [0, 1, 0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    >>> [round(found.estimate, 3) for found in calibration_intercept_and_slope(y, p)]
    [0.046, 0.735]
    """
    event, predictor = np.asarray(y, dtype=float), logit(probability)
    _require_both_classes(event)
    if predictor.min() == predictor.max():
        raise EstimationError("a calibration slope needs two distinct probabilities or more")
    positive, negative = predictor[event == 1], predictor[event == 0]
    if positive.min() >= negative.max() or negative.min() >= positive.max():
        raise EstimationError("the probabilities separate the classes: no finite calibration slope")
    X = np.column_stack([np.ones(len(event)), predictor])
    fits = fit_logistic(X, event[None], np.ones((1, len(event))))
    if not fits.converged[0]:
        raise EstimationError("the calibration slope did not converge")
    intercept, slope = _wald(fits, X, event, patient, confidence)
    return intercept, slope


def calibration_intercept(
    y: ArrayLike, probability: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
) -> WaldEstimate:
    """The intercept of ``calibration_intercept_and_slope``, with the slope free."""
    return calibration_intercept_and_slope(y, probability, patient=patient, confidence=confidence)[0]


def calibration_slope(
    y: ArrayLike, probability: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
) -> WaldEstimate:
    """The slope of ``calibration_intercept_and_slope``."""
    return calibration_intercept_and_slope(y, probability, patient=patient, confidence=confidence)[1]


def _wald(
    fits: LogisticFits, X: Floats, event: Floats, patient: ArrayLike | None, confidence: float
) -> list[WaldEstimate]:
    """Every coefficient of a fit to the lesions one by one."""
    from scipy.special import ndtri

    scores = X * (event - fits.fitted[0])[:, None]
    covariance = robust_covariance(fits.information[0], scores, patient_codes(patient, len(event)))
    z = float(ndtri(0.5 + _checked(confidence) / 2.0))
    found = []
    for estimate, error in zip(fits.coefficients[0], np.sqrt(np.diag(covariance)), strict=True):
        half = z * float(error)
        found.append(
            WaldEstimate(float(estimate), float(error), float(estimate) - half, float(estimate) + half)
        )
    return found


def _checked(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    return confidence


def _require_both_classes(event: Floats) -> None:
    if not 0 < event.sum() < len(event):
        raise EstimationError("calibration needs lesions of both classes")
