"""The smallest sample that a model may be validated on.

Riley et al 2021 (doi:10.1002/sim.9025), Archer et al 2021 (doi:10.1002/sim.8766): each criterion asks for a 95 %
interval no wider than said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from her2mri.sample_size.criterion import Criterion, RequiredSize

_Z: Final = 1.96


@dataclass(frozen=True)
class Widths:
    """Widest 95 % intervals: of observed over expected events, calibration slope, AUC, standardised net benefit."""

    observed_expected: float = 0.2
    calibration_slope: float = 0.2
    auc: float = 0.1
    net_benefit: float = 0.2


@dataclass(frozen=True)
class DecisionPoint:
    """The threshold that a model is used at, with the sensitivity and specificity expected there."""

    threshold: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class ValidationSize(RequiredSize):
    """What validating a model with this AUC asks for."""

    auc: float


def validation_size(
    *,
    prevalence: float,
    auc: float,
    linear_predictor: ArrayLike,
    weights: ArrayLike | None = None,
    decision: DecisionPoint | None = None,
    widths: Widths = Widths(),
) -> ValidationSize:
    """The lesions that three criteria ask for, or four where a ``decision`` is given.

    ``linear_predictor`` are values that stand for the new lesions', equally or with ``weights``: a sample, or
    the rule of ``linear_predictor_of_auc``.

    >>> from her2mri.sample_size.explained_variation import linear_predictor_of_auc
    >>> values, weights = linear_predictor_of_auc(0.78, 0.2)
    >>> size = validation_size(prevalence=0.2, auc=0.78, linear_predictor=values, weights=weights)
    >>> {criterion.name: criterion.n for criterion in size.criteria}["observed_expected"]
    1542
    """
    sizes = [
        (
            "observed_expected",
            f"Observed over expected events, interval no wider than {widths.observed_expected:g}",
            (1.0 - prevalence) / (prevalence * _error_of_ratio(widths.observed_expected) ** 2),
        ),
        (
            "calibration_slope",
            f"Calibration slope, interval no wider than {widths.calibration_slope:g}",
            _variance_of_slope(linear_predictor, weights) / (widths.calibration_slope / (2.0 * _Z)) ** 2,
        ),
        ("auc", f"AUC, interval no wider than {widths.auc:g}", _size_for_auc(auc, prevalence, widths.auc)),
    ]
    if decision is not None:
        sizes.append(
            (
                "net_benefit",
                f"Standardised net benefit at {decision.threshold:g}, interval no wider than {widths.net_benefit:g}",
                _variance_of_net_benefit(decision, prevalence) / (widths.net_benefit / (2.0 * _Z)) ** 2,
            )
        )
    criteria = tuple(Criterion.of(name, label, size, prevalence) for name, label, size in sizes)
    return ValidationSize(prevalence, criteria, auc)


def standard_error_of_auc(auc: float, n: float, prevalence: float) -> float:
    """Newcombe's standard error (2006, doi:10.1002/sim.2324), as Riley et al use it.

    >>> round(standard_error_of_auc(0.78, 511, 0.2), 4)
    0.0255
    """
    half = n / 2.0 - 1.0
    spread = 1.0 + half * (1.0 - auc) / (2.0 - auc) + half * auc / (1.0 + auc)
    return math.sqrt(auc * (1.0 - auc) * spread / (n**2 * prevalence * (1.0 - prevalence)))


def _error_of_ratio(width: float) -> float:
    """The standard error of ln(O/E) that gives an interval of this width about 1."""
    return math.asinh(width / 2.0) / _Z


def _variance_of_slope(linear_predictor: ArrayLike, weights: ArrayLike | None) -> float:
    """Variance of the calibration slope times the number of lesions, the model being well calibrated."""
    values = np.asarray(linear_predictor, dtype=float)
    share = np.full(values.shape, 1.0 / values.size) if weights is None else np.asarray(weights, dtype=float)
    information = share * np.exp(-np.logaddexp(0.0, values) - np.logaddexp(0.0, -values))
    ones, first, second = (float(information @ values**power) for power in (0, 1, 2))
    return ones / (ones * second - first**2)


def _size_for_auc(auc: float, prevalence: float, width: float) -> float:
    """The least n whose standard error gives the width; the error falls as n grows."""
    goal = width / (2.0 * _Z)
    low, high = 2, 4
    while standard_error_of_auc(auc, high, prevalence) > goal:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if standard_error_of_auc(auc, middle, prevalence) > goal else (low, middle)
    return float(high)


def _variance_of_net_benefit(decision: DecisionPoint, prevalence: float) -> float:
    """Variance of the standardised net benefit times the number of lesions (Riley et al 2021, section 4)."""
    odds = decision.threshold / (1.0 - decision.threshold)
    weight = odds * (1.0 - prevalence) / prevalence
    sensitivity, specificity = decision.sensitivity, decision.specificity
    return (
        sensitivity * (1.0 - sensitivity) / prevalence
        + weight**2 * specificity * (1.0 - specificity) / (1.0 - prevalence)
        + weight**2 * (1.0 - specificity) ** 2 / (prevalence * (1.0 - prevalence))
    )
