"""What is measured of the models of each resample: discrimination and calibration, fast enough for thousands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.calibration import brier, logit
from her2mri.evaluation.calibration_smooth import CalibrationSmooth, calibration_smooth, spline_basis
from her2mri.evaluation.cutoffs import counts_by_cutoff
from her2mri.evaluation.discrimination import auc
from her2mri.evaluation.weighted_logistic import fit_logistic

Floats = NDArray[np.float64]

SCORES: Final = (
    "auc",
    "brier",
    "calibration_in_the_large",
    "calibration_intercept",
    "calibration_slope",
    "ici",
)
_RUNAWAY: Final = 100.0
"""A calibration slope beyond this is that of a resample in which the probabilities separate the classes."""
_STEPS: Final = 50
_SETTLED: Final = 1e-10


def scores(y: ArrayLike, probability: ArrayLike) -> dict[str, float]:
    """Every score of ``SCORES`` for outcomes (n,) and probabilities (n,); NaN where one does not exist.

    The same figures as those of :mod:`her2mri.evaluation`, without their intervals. Where lesions of one class
    are there only the Brier score exists; where every probability is 0 or 1 (labels) only the AUC does.

    >>> found = scores([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.4, 0.6, 0.7, 0.8])
    >>> round(found["auc"], 3), round(found["brier"], 3)
    (0.889, 0.15)
    """
    event, risk = np.asarray(y, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    found = dict.fromkeys(SCORES, np.nan)
    both = 0 < event.sum() < len(event)
    if both:
        found["auc"] = auc(event, risk)
    if is_label(risk):
        return found
    if len(event):
        found["brier"] = brier(event, risk)
    if both:
        log_odds = logit(risk)
        found["calibration_in_the_large"] = _shift(event, log_odds)
        found["calibration_intercept"], found["calibration_slope"] = _line(event, log_odds)
        found["ici"] = _ici(event, risk)
    return found


def is_label(probability: ArrayLike) -> bool:
    """Whether a model gave classes, not probabilities: every one of them is 0 or 1."""
    return bool(np.isin(np.asarray(probability), (0.0, 1.0)).all())


def scores_of_resamples(y: ArrayLike, probability: ArrayLike, weights: Floats) -> dict[str, Floats]:
    """The scores (r,) of the same probabilities in each resample of the lesions, ``weights`` (r, n) counting them.

    The model stays as it is: what varies is the lesions it is judged on.
    """
    event, risk = np.asarray(y, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    totals = weights.sum(axis=1)
    positives = weights @ event
    both = (positives > 0) & (positives < totals)
    found = {name: np.full(len(weights), np.nan) for name in SCORES}
    counts = counts_by_cutoff(event, risk, weights=weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        width = np.diff(counts.false_positives, axis=1)
        height = counts.true_positives[:, 1:] + counts.true_positives[:, :-1]
        area = (width * height).sum(axis=1) / 2 / (counts.positives * counts.negatives)
        found["auc"] = np.where(both, area, np.nan)
        if is_label(risk):
            return found
        found["brier"] = weights @ (risk - event) ** 2 / totals
    log_odds = logit(risk)
    ones = np.ones((len(event), 1))
    large = fit_logistic(ones, weights * event, weights, offset=log_odds)
    found["calibration_in_the_large"] = np.where(both & large.converged, large.coefficients[:, 0], np.nan)
    if np.ptp(log_odds) == 0:
        return found
    line = fit_logistic(np.column_stack([ones, log_odds]), weights * event, weights)
    usable = both & line.converged & (np.abs(line.coefficients[:, 1]) < _RUNAWAY)
    found["calibration_intercept"] = np.where(usable, line.coefficients[:, 0], np.nan)
    found["calibration_slope"] = np.where(usable, line.coefficients[:, 1], np.nan)
    smooth = calibration_smooth(event, risk)
    curve = fit_logistic(_orthonormal(log_odds, smooth), weights * event, weights)
    distance = (weights * np.abs(curve.fitted - risk)).sum(axis=1) / totals
    found["ici"] = np.where(both & curve.converged, distance, np.nan)
    return found


def as_json(found: Mapping[str, float]) -> dict[str, float | None]:
    """Scores as JSON can hold them: None where one does not exist."""
    return {name: None if np.isnan(value) else float(value) for name, value in found.items()}


def from_json(found: Mapping[str, float | None]) -> dict[str, float]:
    """The scores that ``as_json`` wrote."""
    return {name: np.nan if value is None else value for name, value in found.items()}


def _shift(event: Floats, log_odds: Floats) -> float:
    """The intercept beside the log odds as an offset, by Newton's method: concave, one dimension."""
    from scipy.special import expit

    shift = 0.0
    for _ in range(_STEPS):
        mean = expit(log_odds + shift)
        step = float((event - mean).sum() / max(float((mean * (1.0 - mean)).sum()), 1e-300))
        shift += float(np.clip(step, -2.0, 2.0))
        if abs(step) < _SETTLED:
            return shift
    return np.nan


def _line(event: Floats, log_odds: Floats) -> tuple[float, float]:
    from her2mri.selection import kernels

    spread = float(log_odds.std()) if np.ptp(log_odds) else 0.0
    positive, negative = log_odds[event == 1], log_odds[event == 0]
    apart = positive.min() >= negative.max() or negative.min() >= positive.max()
    if spread == 0.0 or apart:
        return np.nan, np.nan
    centre = float(log_odds.mean())
    columns = np.vstack([np.ones_like(log_odds), (log_odds - centre) / spread])
    coefficients, _, _, converged = kernels.newton(columns, event)
    if not converged:
        return np.nan, np.nan
    slope = float(coefficients[1]) / spread
    return float(coefficients[0]) - slope * centre, slope


def _ici(event: Floats, risk: Floats) -> float:
    """The index of ``CalibrationSmooth``, its one fit made by the compiled Newton's method."""
    from scipy.special import expit

    from her2mri.selection import kernels

    try:
        smooth = calibration_smooth(event, risk)
    except EstimationError:
        return np.nan
    columns = np.ascontiguousarray(_orthonormal(logit(risk), smooth).T)
    _, linear, _, converged = kernels.newton(columns, event)
    return float(np.mean(np.abs(expit(linear) - risk))) if converged else np.nan


def _orthonormal(log_odds: Floats, smooth: CalibrationSmooth) -> Floats:
    """The spline's design, lesions by columns, as orthogonal columns of length sqrt(n), the first constant.

    Its own columns are nearly dependent.
    """
    design: Floats = np.linalg.qr(spline_basis(log_odds, smooth.knots))[0] * np.sqrt(len(log_odds))
    design[:, 0] = 1.0
    return design
