"""Re-estimating a logistic model on new lesions: two numbers, or all with a prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from her2mri.bundle.arrays import expit, symmetric
from her2mri.bundle.families import Logistic
from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import EstimationError

_ITERATIONS: Final = 100
_ROUNDING: Final = 1e-12
"""Near the maximum a good step may seem to lose by this share of the loss: it is a sum rounded."""


@dataclass(frozen=True)
class Recalibration:
    """log-odds = intercept + slope x log-odds of the parent; ``covariance`` of the pair (of one: 1 x 1)."""

    intercept: float
    slope: float
    covariance: FloatArray


def recalibrate(log_odds: FloatArray, y: IntArray, *, with_slope: bool) -> Recalibration:
    """Maximum likelihood of intercept (slope 1) or of intercept and slope; EstimationError without one."""
    if not with_slope:
        design, offset = np.ones((len(y), 1)), log_odds
    else:
        design, offset = np.column_stack([np.ones(len(y)), log_odds]), np.zeros(len(y))
    theta, covariance = penalised_fit(
        design, y, np.zeros(design.shape[1]), np.zeros((design.shape[1],) * 2), offset
    )
    slope = float(theta[1]) if with_slope else 1.0
    if slope <= 0:
        raise EstimationError(
            f"the calibration slope is {slope:.3g}: the model turns the order of lesions round here"
        )
    return Recalibration(float(theta[0]), slope, covariance)


def recalibrated_covariance(
    family: Logistic, covariance: FloatArray, X: FloatArray, y: IntArray, found: Recalibration
) -> FloatArray:
    """Of the new intercept and coefficients: from the new lesions, and from the parent's own ``covariance``.

    The new intercept and slope depend on the parent's coefficients and make up for part of their error: the
    implicit function theorem says how much.
    """
    design = np.column_stack([np.ones(len(X)), X])
    old = np.concatenate([[family.intercept], family.coefficients])
    log_odds = design @ old
    two = len(found.covariance) == 2
    Z = np.column_stack([np.ones(len(X)), log_odds]) if two else np.ones((len(X), 1))
    p = expit(found.intercept + found.slope * log_odds)
    pull = found.slope * (Z * (p * (1 - p))[:, None]).T @ design
    if two:
        pull[1] -= (y - p) @ design
    moved = -found.covariance @ pull
    unit = np.zeros(len(old))
    unit[0] = 1.0
    jacobian = np.column_stack([unit, old]) if two else unit[:, None]
    through = jacobian @ moved + found.slope * np.eye(len(old))
    return np.asarray(jacobian @ found.covariance @ jacobian.T + through @ covariance @ through.T)


def held_out_deviance(
    design: FloatArray, y: IntArray, old: FloatArray, prior: FloatArray, offset: FloatArray, folds: IntArray
) -> float:
    """Half the deviance of lesions that the fit with this prior has not seen."""
    total = 0.0
    for fold in np.unique(folds):
        inside = folds != fold
        theta, _ = penalised_fit(design[inside], y[inside], old, prior, offset[inside])
        eta = design[~inside] @ theta + offset[~inside]
        total += float(np.sum(np.logaddexp(0.0, eta) - y[~inside] * eta))
    return total


def penalised_fit(
    design: FloatArray, y: IntArray, center: FloatArray, precision: FloatArray, offset: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Maximum of log-likelihood - (theta - center)' precision (theta - center) / 2, and inverse curvature.

    Newton's method with step halving; EstimationError where it does not converge.
    """

    def loss(theta: FloatArray) -> float:
        eta = design @ theta + offset
        away = theta - center
        return float(np.sum(np.logaddexp(0.0, eta) - y * eta) + away @ precision @ away / 2)

    theta = center.copy()
    for _ in range(_ITERATIONS):
        p = expit(design @ theta + offset)
        gradient = design.T @ (y - p) - precision @ (theta - center)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + precision
        try:
            step = np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError as error:
            raise EstimationError("these lesions do not determine the update") from error
        size, now = 1.0, loss(theta)
        while size > 1e-8 and loss(theta + size * step) > now + _ROUNDING * abs(now):
            size /= 2
        theta = theta + size * step
        if np.abs(step).max() < 1e-10 * max(1.0, float(np.abs(theta).max())):
            return theta, symmetric(np.asarray(np.linalg.inv(curvature), dtype=float))
    raise EstimationError("the update does not converge: these lesions do not determine it")
