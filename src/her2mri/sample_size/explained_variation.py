"""Cox and Snell's R squared of a logistic model: its ceiling, and what an anticipated AUC says of it."""

from __future__ import annotations

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NODES, _WEIGHTS = hermegauss(80)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def largest_cox_snell(prevalence: float) -> float:
    """The R squared of a model that is never wrong (Nagelkerke 1991, doi:10.1093/biomet/78.3.691).

    >>> round(largest_cox_snell(0.174), 3)
    0.603
    """
    return float(-np.expm1(2.0 * _null_log_likelihood(prevalence)))


def cox_snell_of_nagelkerke(nagelkerke: float, prevalence: float) -> float:
    """R squared whose share of the largest possible is ``nagelkerke``.

    >>> round(cox_snell_of_nagelkerke(0.15, 0.5), 4)
    0.1125
    """
    return nagelkerke * largest_cox_snell(prevalence)


def linear_predictor_of_auc(auc: float, prevalence: float) -> tuple[Floats, Floats]:
    """Values and weights of the linear predictor of a well calibrated model with this AUC.

    Taken as normal among lesions with and without the event, with one variance (Riley et al 2021,
    doi:10.1002/sim.8806): the log odds of the event are then linear in it with slope 1. The two arrays are a
    quadrature rule over all lesions; the weights add up to 1.
    """
    from scipy.special import ndtri

    _check(auc, prevalence)
    distance = np.sqrt(2.0) * float(ndtri(auc))
    middle = np.log(prevalence / (1.0 - prevalence))
    events, others = (middle + distance * (_NODES + shift * distance) for shift in (0.5, -0.5))
    weights = np.concatenate([prevalence * _WEIGHTS, (1.0 - prevalence) * _WEIGHTS])
    return np.concatenate([events, others]), weights


def cox_snell_of_auc(auc: float, prevalence: float) -> float:
    """R squared of the model of ``linear_predictor_of_auc``.

    The limit of the simulation by which Riley et al 2021 find it.

    >>> round(cox_snell_of_auc(0.89, 0.174), 3)
    0.291
    """
    linear_predictor, weights = linear_predictor_of_auc(auc, prevalence)
    log_odds_lost = np.logaddexp(0.0, linear_predictor)
    half = len(_NODES)
    log_likelihood = float(weights[:half] @ linear_predictor[:half] - weights @ log_odds_lost)
    return float(-np.expm1(2.0 * (_null_log_likelihood(prevalence) - log_likelihood)))


def _null_log_likelihood(prevalence: float) -> float:
    """Log likelihood of one lesion under a model without predictors."""
    if not 0.0 < prevalence < 1.0:
        raise ValueError(f"prevalence must fulfil 0 < prevalence < 1, got {prevalence}")
    return float(prevalence * np.log(prevalence) + (1.0 - prevalence) * np.log1p(-prevalence))


def _check(auc: float, prevalence: float) -> None:
    if not 0.5 < auc < 1.0:
        raise ValueError(f"auc must fulfil 0.5 < auc < 1, got {auc}")
    if not 0.0 < prevalence < 1.0:
        raise ValueError(f"prevalence must fulfil 0 < prevalence < 1, got {prevalence}")
