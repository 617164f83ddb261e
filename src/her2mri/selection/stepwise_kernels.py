"""The compiled loop of stepwise selection: the best of the moves from a model. Imported only where one is made.

A model need not be fitted to know that it does not win. For any probabilities q whose sums over the columns of
the model are those of the outcome, the sum of q log q + (1 - q) log(1 - q) is at least the maximum of the
log-likelihood (the dual of logistic regression is a maximum of entropy). Newton's step gives such q for nothing:
the probabilities moved along the tangent. Numba does not see a change of a function of another file: after one
in ``kernels``, touch this file too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray
from her2mri.selection.kernels import (
    _solved,
    cross_products,
    linear_predictor,
    log_likelihood,
    newton,
    pulled,
)

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Masks = np.ndarray[tuple[int, int], np.dtype[np.bool_]]

ITERATIONS: Final = 60
TOLERANCE: Final = 1e-11
"""Relative change of the log-likelihood at which a fit has converged, as in ``kernels``."""
LEAST_WEIGHT: Final = 1e-10
CERTAIN: Final = 1e-8
"""Variance of an outcome below which its probability counts as 0 or 1."""
MARGIN: Final = 1e-6
"""A model is left aside where its criterion is proved to exceed the best by more than this."""


def _highest(
    probability: FloatArray, weights: FloatArray, linear: FloatArray, moved: FloatArray, shorter: bool
) -> float:
    """The bound of the log-likelihood that a Newton step to ``moved`` proves; 0 where it proves none.

    Lesions told for certain count 0, the most that they can. ``shorter``: the probabilities before the step
    fulfil the sums too, as those of a larger model do, so that any part of the way does.
    """
    share = 1.0
    for i in range(linear.size):
        if weights[i] > CERTAIN:
            step = weights[i] * (moved[i] - linear[i])
            if probability[i] + share * step < 0.0:
                share = -probability[i] / step
            elif probability[i] + share * step > 1.0:
                share = (1.0 - probability[i]) / step
    if share < 1.0 and not shorter:
        return 0.0
    total = 0.0
    for i in range(linear.size):
        if weights[i] > CERTAIN:
            along = probability[i] + share * weights[i] * (moved[i] - linear[i])
            if 0.0 < along < 1.0:
                total += along * np.log(along) + (1.0 - along) * np.log(1.0 - along)
    return total


def _newton_below(
    columns: FloatArray, y: FloatArray, start: FloatArray, least: float
) -> tuple[FloatArray, float]:
    """Linear predictor and log-likelihood of the fit; -inf where that is proved to be below ``least``."""
    beta = start
    linear = linear_predictor(columns, beta)
    current = log_likelihood(linear, y)
    share = np.mean(y)
    if not current > y.size * (share * np.log(share) + (1.0 - share) * np.log(1.0 - share)):
        _, linear, current, _ = newton(columns, y)
        return linear, current
    for _ in range(ITERATIONS):
        probability = 1.0 / (1.0 + np.exp(-linear))
        weights = np.maximum(probability * (1.0 - probability), LEAST_WEIGHT)
        step = _solved(cross_products(columns, weights), pulled(columns, y - probability))
        trial = linear_predictor(columns, beta + step)
        if _highest(probability, weights, linear, trial, False) < least:
            return linear, -np.inf
        following = log_likelihood(trial, y)
        while following < current - 1e-9 * abs(current) and np.max(np.abs(step)) > 1e-12:
            step = step / 2.0
            trial = linear_predictor(columns, beta + step)
            following = log_likelihood(trial, y)
        change = abs(following - current)
        beta, linear, current = beta + step, trial, following
        if change <= TOLERANCE * (abs(current) + 0.05):
            break
    return linear, current


def _best_of(
    columns: FloatArray, y: FloatArray, linear: FloatArray, options: Masks, size: int, best: float
) -> tuple[FloatArray, FloatArray]:
    """The criterion of each option that may be the best, else inf; and the linear predictor of the best.

    ``columns`` are all, the first being the intercept; ``linear`` is the linear predictor of the model that
    the options start from, ``size`` its number of columns and ``best`` its criterion.
    """
    m, n = len(options), y.size
    probability = 1.0 / (1.0 + np.exp(-linear))
    weights = np.maximum(probability * (1.0 - probability), LEAST_WEIGHT)
    information = cross_products(columns, weights)
    aim = pulled(columns, y - probability + weights * linear)
    starts = np.zeros((m, columns.shape[0]))
    rough, proved = np.empty(m), np.empty(m)
    for at in range(m):
        inside = np.flatnonzero(options[at])
        beta = _solved(information[inside][:, inside], aim[inside])
        starts[at, inside] = beta
        # The quadratic's criterion but for a constant, and what none of the option's fits can be below.
        rough[at] = 2.0 * inside.size - np.sum(beta * aim[inside])
        moved = linear_predictor(columns, starts[at])
        proved[at] = 2.0 * inside.size - 2.0 * _highest(
            probability, weights, linear, moved, inside.size < size
        )
    found = np.full(m, np.inf)
    chosen: FloatArray = np.zeros(n)
    for at in np.argsort(rough):
        if proved[at] > best + MARGIN:
            continue
        inside = np.flatnonzero(options[at])
        least = inside.size - 0.5 * (best + MARGIN)
        fitted, value = _newton_below(columns[inside], y, starts[at][inside], least)
        found[at] = 2.0 * inside.size - 2.0 * value
        if found[at] < best:
            best, chosen = found[at], fitted
    return found, chosen


_highest = njit(cache=True, error_model="numpy")(_highest)
_newton_below = njit(cache=True, error_model="numpy")(_newton_below)
best_of = cast(
    "Callable[[FloatArray, FloatArray, FloatArray, Masks, int, float], tuple[FloatArray, FloatArray]]",
    njit(cache=True, error_model="numpy")(_best_of),
)
