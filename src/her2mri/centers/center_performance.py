"""How well a model does in one center: each metric with the scale and standard error that pooling takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.calibration import calibration_in_the_large, calibration_slope, observed_expected
from her2mri.evaluation.delong import delong_interval

Floats = NDArray[np.float64]

OBSERVED_EXPECTED: Final = "observed_expected_ratio"
CENTER_METRICS: Final = ("auc", "calibration_in_the_large", "calibration_slope", OBSERVED_EXPECTED)
SCALES: Final = {"auc": "logit", OBSERVED_EXPECTED: "log"}
"""The scale a metric is pooled on, the identity where none is named."""

_NO_SPREAD: Final = 1e-12


@dataclass(frozen=True)
class CenterEstimate:
    """One metric in one center; ``scaled`` and ``scaled_error`` are on the scale of ``SCALES``.

    Where the estimate does not exist all numbers are NaN and ``reason`` says why; where only its standard error
    does not exist ``scaled_error`` is NaN and ``reason`` says that.
    """

    metric: str
    estimate: float = float("nan")
    conf_low: float = float("nan")
    conf_high: float = float("nan")
    scaled: float = float("nan")
    scaled_error: float = float("nan")
    method: str = ""
    reason: str = ""


def center_performance(
    y: ArrayLike, probability: ArrayLike, patient: ArrayLike, *, confidence: float = 0.95
) -> tuple[CenterEstimate, ...]:
    """The ``CENTER_METRICS`` of one center's lesions; intervals follow the patient (n,).

    Calibration is not asked of a model that gives classes only (every probability 0 or 1).
    """
    event, p = np.asarray(y, dtype=float), np.asarray(probability, dtype=float)
    who = np.unique(np.asarray(patient), return_inverse=True)[1]
    is_label = bool(np.isin(p, (0.0, 1.0)).all())
    found = []
    for metric in CENTER_METRICS:
        if is_label and metric != "auc":
            found.append(CenterEstimate(metric, reason="the model gives classes, not probabilities"))
            continue
        try:
            found.append(_MEASURES[metric](event, p, who, confidence))
        except EstimationError as error:
            found.append(CenterEstimate(metric, reason=str(error)))
    return tuple(found)


def to_scale(metric: str, value: float) -> float:
    """A metric's value on the scale that it is pooled on."""
    scale = SCALES.get(metric)
    with np.errstate(divide="ignore"):
        if scale == "logit":
            return float(np.log(value) - np.log1p(-value))
        return float(np.log(value)) if scale == "log" else value


def from_scale(metric: str, value: float) -> float:
    """The inverse of ``to_scale``.

    >>> round(from_scale("auc", to_scale("auc", 0.8)), 6)
    0.8
    """
    from scipy.special import expit

    scale = SCALES.get(metric)
    if scale == "logit":
        return float(expit(value))
    return float(np.exp(value)) if scale == "log" else value


def _auc(y: Floats, p: Floats, who: NDArray[np.intp], confidence: float) -> CenterEstimate:
    found = delong_interval(y, p, patient=who, confidence=confidence)
    area = found.estimate
    if not found.std_error > _NO_SPREAD or not 0.0 < area < 1.0:
        reason = "no standard error: the classes are separated, unranked or from one patient"
        return CenterEstimate(
            "auc", area, found.conf_low, found.conf_high, to_scale("auc", area), np.nan, found.method, reason
        )
    error = found.std_error / (area * (1.0 - area))
    return _with_interval("auc", to_scale("auc", area), error, confidence, f"{found.method}, logit")


def _in_the_large(y: Floats, p: Floats, who: NDArray[np.intp], confidence: float) -> CenterEstimate:
    found = calibration_in_the_large(y, p, patient=who)
    return _with_interval("calibration_in_the_large", found.estimate, found.std_error, confidence, _wald(who))


def _slope(y: Floats, p: Floats, who: NDArray[np.intp], confidence: float) -> CenterEstimate:
    found = calibration_slope(y, p, patient=who)
    return _with_interval("calibration_slope", found.estimate, found.std_error, confidence, _wald(who))


def _observed_expected(y: Floats, p: Floats, who: NDArray[np.intp], confidence: float) -> CenterEstimate:
    """Observed over expected events, log scale: docs/decisions/0136."""
    found = observed_expected(y, p, patient=who)
    scaled = to_scale(OBSERVED_EXPECTED, found.estimate)
    return _with_interval(OBSERVED_EXPECTED, scaled, found.std_error, confidence, f"{_wald(who)}, log")


_MEASURES: Final[dict[str, Callable[[Floats, Floats, NDArray[np.intp], float], CenterEstimate]]] = {
    "auc": _auc,
    "calibration_in_the_large": _in_the_large,
    "calibration_slope": _slope,
    OBSERVED_EXPECTED: _observed_expected,
}


def _wald(who: NDArray[np.intp]) -> str:
    repeated = int(who.max()) + 1 < len(who)
    return "Wald, by patient (sandwich)" if repeated else "Wald"


def _with_interval(
    metric: str, scaled: float, error: float, confidence: float, method: str
) -> CenterEstimate:
    from scipy.special import ndtri

    half = float(ndtri(0.5 + confidence / 2.0)) * error
    low, middle, high = (from_scale(metric, scaled + arm) for arm in (-half, 0.0, half))
    return CenterEstimate(metric, middle, low, high, scaled, error, method)
