"""The compiled loop of the LASSO path. Imported only where a path is fitted: numba takes a moment to load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray

TOLERANCE: Final = 1e-11
"""A path has converged where no coordinate moves by more than this, in squared units of curvature."""
NEWTON_STEPS: Final = 30
STEPS: Final = 2000
PASSES: Final = 1000
JUMP_EVERY: Final = 10
LEAST_LENGTH: Final = 5
LEAST_GAIN: Final = 1e-5
MOST_EXPLAINED: Final = 0.999
"""glmnet's rules to end a path early: at least 5 values, then until the deviance ratio gains less than
1e-5 or passes 0.999."""

_ORDER_FREE: Final = {"reassoc", "contract", "nsz", "arcp"}


def _curvature(columns: FloatArray, weights: FloatArray, into: FloatArray) -> None:
    """The weighted cross products of the columns (rows of ``columns``), divided by their length."""
    p, n = columns.shape
    weighted = np.empty(n)
    for j in range(p):
        for i in range(n):
            weighted[i] = columns[j, i] * weights[i]
        for k in range(j, p):
            total = 0.0
            for i in range(n):
                total += weighted[i] * columns[k, i]
            into[j, k] = total / n
            into[k, j] = into[j, k]


def _jump(gradient: FloatArray, curvature: FloatArray, penalty: float, coefficients: FloatArray) -> None:
    """Solve the quadratic for the coefficients that are not 0, as far as none changes its sign, in place.

    Where columns are nearly dependent, coordinates alone would take thousands of passes.
    """
    p = coefficients.size
    active = np.array([j for j in range(p) if curvature[j, j] > 0.0 and (j == 0 or coefficients[j] != 0.0)])
    m = active.size
    root = np.zeros((m, m))
    move = np.empty(m)
    for a in range(m):
        for b in range(a + 1):
            total = curvature[active[a], active[b]]
            if a == b:
                total *= 1.0 + 1e-12
            for k in range(b):
                total -= root[a, k] * root[b, k]
            if a > b:
                root[a, b] = total / root[b, b]
            elif total > 0.0:
                root[a, a] = np.sqrt(total)
            else:
                return
    for a in range(m):
        total = gradient[active[a]]
        if active[a] > 0:
            total -= penalty * np.sign(coefficients[active[a]])
        for k in range(a):
            total -= root[a, k] * move[k]
        move[a] = total / root[a, a]
    for a in range(m - 1, -1, -1):
        for k in range(a + 1, m):
            move[a] -= root[k, a] * move[k]
        move[a] /= root[a, a]
    share, stopped = 1.0, -1
    for a in range(m):
        old = coefficients[active[a]]
        if active[a] > 0 and old * (old + share * move[a]) < 0.0:
            share, stopped = -old / move[a], a
    for a in range(m):
        change = -coefficients[active[a]] if a == stopped else share * move[a]
        coefficients[active[a]] += change
        for k in range(p):
            gradient[k] -= change * curvature[active[a], k]


def _descend(gradient: FloatArray, curvature: FloatArray, penalty: float, coefficients: FloatArray) -> None:
    """Minimise a quadratic with an L1 penalty on all coefficients but the first, in place.

    ``gradient`` is that of the log-likelihood at ``coefficients``; it is overwritten.
    """
    p = coefficients.size
    for round_ in range(PASSES):
        largest = 0.0
        for j in range(p):
            bend = curvature[j, j]
            if bend <= 0.0:
                continue
            pull = gradient[j] + bend * coefficients[j]
            if j > 0:
                pull = np.sign(pull) * max(abs(pull) - penalty, 0.0)
            move = pull / bend - coefficients[j]
            if move != 0.0:
                coefficients[j] += move
                for k in range(p):
                    gradient[k] -= move * curvature[j, k]
                largest = max(largest, bend * move * move)
        if largest < 0.01 * TOLERANCE:
            break
        if round_ % JUMP_EVERY == JUMP_EVERY - 1:
            _jump(gradient, curvature, penalty, coefficients)


def _predict(columns: FloatArray, coefficients: FloatArray, into: FloatArray) -> None:
    """Probabilities at these coefficients, in place."""
    p, n = columns.shape
    into[:] = 0.0
    for j in range(p):
        if coefficients[j] != 0.0:
            for i in range(n):
                into[i] += coefficients[j] * columns[j, i]
    for i in range(n):
        into[i] = 1.0 / (1.0 + np.exp(-into[i]))


def _deviance(probability: FloatArray, y: FloatArray) -> float:
    """Mean deviance; a probability of the event that underflows counts as 1e-300."""
    total = 0.0
    for i in range(y.size):
        total -= np.log(max(probability[i] if y[i] > 0.5 else 1.0 - probability[i], 1e-300))
    return 2.0 * total / y.size


def _path(columns: FloatArray, y: FloatArray, penalties: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Coefficients and deviance ratio at each penalty, and how many penalties were reached.

    Each step minimises a quadratic with the L1 penalty. Its curvature is kept as long as the steps shrink
    well, then taken anew (Newton); after 30 steps at one penalty the upper bound of the curvature is used,
    with which no step can go up.
    """
    p, n = columns.shape
    found = np.zeros((penalties.size, p))
    ratio = np.zeros(penalties.size)
    coefficients = np.zeros(p)
    coefficients[0] = np.log(np.mean(y) / (1.0 - np.mean(y)))
    probability = np.empty(n)
    curvature = np.empty((p, p))
    gradient = np.empty(p)
    trial = np.empty(p)
    _predict(columns, coefficients, probability)
    null_deviance = _deviance(probability, y)
    _curvature(columns, probability * (1.0 - probability), curvature)
    for at in range(penalties.size):
        last = np.inf
        converged = False
        for step in range(STEPS):
            for j in range(p):
                total = 0.0
                for i in range(n):
                    total += columns[j, i] * (y[i] - probability[i])
                gradient[j] = total / n
            trial[:] = coefficients
            _descend(gradient, curvature, penalties[at], trial)
            moved = 0.0
            for j in range(p):
                moved = max(moved, curvature[j, j] * (trial[j] - coefficients[j]) ** 2)
            coefficients[:] = trial
            _predict(columns, coefficients, probability)
            if moved < TOLERANCE:
                converged = True
                break
            if step == NEWTON_STEPS:
                _curvature(columns, np.full(n, 0.25), curvature)
            elif step < NEWTON_STEPS and moved > 0.02 * last:
                _curvature(columns, np.maximum(probability * (1.0 - probability), 1e-9), curvature)
            last = moved
        if not converged:
            return found, ratio, at
        found[at] = coefficients
        ratio[at] = 1.0 - _deviance(probability, y) / null_deviance
        if step > NEWTON_STEPS:
            _curvature(columns, np.maximum(probability * (1.0 - probability), 1e-9), curvature)
        if at + 1 >= LEAST_LENGTH and (ratio[at] > MOST_EXPLAINED or ratio[at] - ratio[at - 1] < LEAST_GAIN):
            return found, ratio, at + 1
    return found, ratio, penalties.size


_curvature = njit(cache=True, fastmath=_ORDER_FREE)(_curvature)
_jump = njit(cache=True)(_jump)
_descend = njit(cache=True)(_descend)
_predict = njit(cache=True, fastmath=_ORDER_FREE)(_predict)
_deviance = njit(cache=True)(_deviance)
lasso_path_kernel = cast(
    "Callable[[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray, int]]",
    njit(cache=True, fastmath=_ORDER_FREE)(_path),
)
