"""The compiled loops of selection: Newton's method, and the path of LASSO and elastic net.

Imported only where a fit is made. One thread, so that the sums are the same with any number of workers; fits of
this size lose more to the threads of a linear algebra library than they win. All loops are in this file because
a compiled function is compiled again when its own file changes, and not when another does. Columns are rows
here, ``columns[j]`` being contiguous; the first is the intercept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray

NEWTON_ITERATIONS: Final = 60
NEWTON_TOLERANCE: Final = 1e-11
"""Relative change of the log-likelihood at which a fit has converged."""
LEAST_WEIGHT: Final = 1e-10
LEAST_LEFT: Final = 1e-7

LASSO_TOLERANCE: Final = 1e-11
"""A path has converged where no coordinate moves by more than this, in squared units of curvature."""
LASSO_NEWTON_STEPS: Final = 30
LASSO_STEPS: Final = 2000
LASSO_PASSES: Final = 1000
JUMP_EVERY: Final = 10
LEAST_LENGTH: Final = 5
LEAST_GAIN: Final = 1e-5
MOST_EXPLAINED: Final = 0.999
"""glmnet's rules to end a path early: at least 5 values, then until the deviance ratio gains less than
1e-5 or passes 0.999."""

_ORDER_FREE: Final = {"reassoc", "contract", "nsz", "arcp"}


def _linear(columns: FloatArray, beta: FloatArray) -> FloatArray:
    """The linear predictor of each lesion."""
    p, n = columns.shape
    total = np.zeros(n)
    for j in range(p):
        if beta[j] != 0.0:
            for i in range(n):
                total[i] += beta[j] * columns[j, i]
    return total


def _cross_products(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """The weighted cross products of the columns: with the binomial variances, the information.

    Two columns by four at a time, so that a number is loaded once for several products.
    """
    p, n = columns.shape
    found = np.empty((p, p))
    first, second = np.empty(n), np.empty(n)
    for j in range(0, p, 2):
        other = min(j + 1, p - 1)
        for i in range(n):
            first[i] = columns[j, i] * weights[i]
            second[i] = columns[other, i] * weights[i]
        for k in range(j, p, 4):
            k1, k2, k3 = min(k + 1, p - 1), min(k + 2, p - 1), min(k + 3, p - 1)
            a0, a1, a2, a3, b0, b1, b2, b3 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for i in range(n):
                a, b = first[i], second[i]
                a0 += a * columns[k, i]
                b0 += b * columns[k, i]
                a1 += a * columns[k1, i]
                b1 += b * columns[k1, i]
                a2 += a * columns[k2, i]
                b2 += b * columns[k2, i]
                a3 += a * columns[k3, i]
                b3 += b * columns[k3, i]
            found[j, k], found[j, k1], found[j, k2], found[j, k3] = a0, a1, a2, a3
            found[other, k], found[other, k1], found[other, k2], found[other, k3] = b0, b1, b2, b3
    for j in range(p):
        for k in range(j + 1, p):
            found[k, j] = found[j, k]
    return found


def _pulled(columns: FloatArray, residual: FloatArray) -> FloatArray:
    """The sum of each column times the residual."""
    p, n = columns.shape
    found = np.empty(p)
    for j in range(p):
        total = 0.0
        for i in range(n):
            total += columns[j, i] * residual[i]
        found[j] = total
    return found


def _leverages(columns: FloatArray, inverse: FloatArray) -> FloatArray:
    """For each lesion the quadratic form of its row in ``inverse``."""
    p, n = columns.shape
    found = np.zeros(n)
    part = np.empty(n)
    for j in range(p):
        part[:] = 0.0
        for k in range(p):
            for i in range(n):
                part[i] += inverse[j, k] * columns[k, i]
        for i in range(n):
            found[i] += columns[j, i] * part[i]
    return found


def _log_likelihood(linear: FloatArray, y: FloatArray) -> float:
    """Of the outcomes, given the log odds."""
    total = 0.0
    for i in range(y.size):
        margin = linear[i] if y[i] > 0.5 else -linear[i]
        total += min(margin, 0.0) - np.log1p(np.exp(-abs(margin)))
    return total


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """The solution for a positive definite matrix, by Cholesky; a pivot that vanished counts as tiny."""
    m = right.size
    root = np.zeros((m, m))
    found = right.copy()
    for a in range(m):
        for b in range(a + 1):
            total = matrix[a, b]
            for k in range(b):
                total -= root[a, k] * root[b, k]
            if a > b:
                root[a, b] = total / root[b, b]
            else:
                root[a, a] = np.sqrt(max(total, 1e-14 * matrix[a, a]))
        for k in range(a):
            found[a] -= root[a, k] * found[k]
        found[a] /= root[a, a]
    for a in range(m - 1, -1, -1):
        for k in range(a + 1, m):
            found[a] -= root[k, a] * found[k]
        found[a] /= root[a, a]
    return found


def _newton(columns: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, float, bool]:
    """Coefficients, linear predictor, log-likelihood and whether Newton's method converged.

    Where the classes separate the log-likelihood still converges, to its supremum, while the coefficients
    run away.
    """
    share = np.mean(y)
    beta = np.zeros(columns.shape[0])
    beta[0] = np.log(share / (1.0 - share))
    linear = _linear(columns, beta)
    current = _log_likelihood(linear, y)
    for _ in range(NEWTON_ITERATIONS):
        probability = 1.0 / (1.0 + np.exp(-linear))
        weights = np.maximum(probability * (1.0 - probability), LEAST_WEIGHT)
        step = _solved(_cross_products(columns, weights), _pulled(columns, y - probability))
        trial = _linear(columns, beta + step)
        following = _log_likelihood(trial, y)
        while following < current - 1e-9 * abs(current) and np.max(np.abs(step)) > 1e-12:
            step = step / 2.0
            trial = _linear(columns, beta + step)
            following = _log_likelihood(trial, y)
        change = abs(following - current)
        beta, linear, current = beta + step, trial, following
        if change <= NEWTON_TOLERANCE * (abs(current) + 0.05):
            return beta, linear, current, True
    return beta, linear, current, False


def _independent(columns: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which columns leave more than 1e-7 of their length once the earlier ones are taken out."""
    p, n = columns.shape
    basis = np.empty((min(p, n), n))
    kept = np.zeros(p, dtype=np.bool_)
    size = 0
    for j in range(p):
        length = np.sqrt(np.sum(columns[j] ** 2))
        rest = columns[j].copy()
        for _ in range(2):
            for b in range(size):
                shadow = 0.0
                for i in range(n):
                    shadow += basis[b, i] * rest[i]
                for i in range(n):
                    rest[i] -= shadow * basis[b, i]
        left = np.sqrt(np.sum(rest**2))
        if size < n and left > LEAST_LEFT * length:
            basis[size] = rest / left
            kept[j] = True
            size += 1
    return kept


def _jump(gradient: FloatArray, curvature: FloatArray, penalty: float, coefficients: FloatArray) -> None:
    """Solve the quadratic for the coefficients that are not 0, as far as none changes its sign, in place.

    Where columns are nearly dependent, coordinates alone would take thousands of passes.
    """
    p = coefficients.size
    active = np.array([j for j in range(p) if curvature[j, j] > 0.0 and (j == 0 or coefficients[j] != 0.0)])
    m = active.size
    among = np.empty((m, m))
    right = np.empty(m)
    for a in range(m):
        right[a] = gradient[active[a]]
        if active[a] > 0:
            right[a] -= penalty * np.sign(coefficients[active[a]])
        for b in range(m):
            among[a, b] = curvature[active[a], active[b]]
    move = _solved(among, right)
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
    for round_ in range(LASSO_PASSES):
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
        if largest < 0.01 * LASSO_TOLERANCE:
            break
        if round_ % JUMP_EVERY == JUMP_EVERY - 1:
            _jump(gradient, curvature, penalty, coefficients)


def _mean_deviance(linear: FloatArray, y: FloatArray) -> float:
    return -2.0 * _log_likelihood(linear, y) / y.size


def _ridged(curvature: FloatArray, ridge: float) -> FloatArray:
    """The curvature with that of the ridge, on all coefficients but the first."""
    if ridge == 0.0:
        return curvature
    found = curvature.copy()
    for j in range(1, curvature.shape[0]):
        if found[j, j] > 0.0:
            found[j, j] += ridge
    return found


def _penalised_path(
    columns: FloatArray, y: FloatArray, penalties: FloatArray, ridges: FloatArray, ends_early: bool
) -> tuple[FloatArray, FloatArray, int]:
    """Coefficients and deviance ratio at each penalty, and how many penalties were reached.

    ``penalties`` are on the absolute coefficients, ``ridges`` on half their squares. Each step minimises a
    quadratic with the L1 penalty. Its curvature is kept as long as the steps shrink well, then taken anew
    (Newton); after 30 steps at one penalty the upper bound of the curvature is used, with which no step can
    go up.
    """
    p, n = columns.shape
    found = np.zeros((penalties.size, p))
    ratio = np.zeros(penalties.size)
    coefficients = np.zeros(p)
    coefficients[0] = np.log(np.mean(y) / (1.0 - np.mean(y)))
    linear = _linear(columns, coefficients)
    probability = 1.0 / (1.0 + np.exp(-linear))
    null_deviance = _mean_deviance(linear, y)
    curvature = _cross_products(columns, probability * (1.0 - probability)) / n
    for at in range(penalties.size):
        last = np.inf
        converged = False
        if at >= 3:
            # The path bends little from one penalty to the next: start where it leads.
            for j in range(p):
                ahead = 2.0 * found[at - 1, j] - found[at - 2, j]
                if found[at - 2, j] != 0.0 and ahead * found[at - 1, j] > 0.0:
                    coefficients[j] = ahead
            linear = _linear(columns, coefficients)
            probability = 1.0 / (1.0 + np.exp(-linear))
        bend = _ridged(curvature, ridges[at])
        for step in range(LASSO_STEPS):
            gradient = _pulled(columns, y - probability) / n
            if ridges[at] > 0.0:
                gradient[1:] -= ridges[at] * coefficients[1:]
            trial = coefficients.copy()
            _descend(gradient, bend, penalties[at], trial)
            moved = 0.0
            for j in range(p):
                moved = max(moved, bend[j, j] * (trial[j] - coefficients[j]) ** 2)
            coefficients = trial
            linear = _linear(columns, coefficients)
            probability = 1.0 / (1.0 + np.exp(-linear))
            if moved < LASSO_TOLERANCE:
                converged = True
                break
            if step == LASSO_NEWTON_STEPS:
                curvature = _cross_products(columns, np.full(n, 0.25)) / n
                bend = _ridged(curvature, ridges[at])
            elif step < LASSO_NEWTON_STEPS and moved > 0.02 * last:
                curvature = _cross_products(columns, np.maximum(probability * (1.0 - probability), 1e-9)) / n
                bend = _ridged(curvature, ridges[at])
            last = moved
        if not converged:
            return found, ratio, at
        found[at] = coefficients
        ratio[at] = 1.0 - _mean_deviance(linear, y) / null_deviance
        if step > LASSO_NEWTON_STEPS:
            curvature = _cross_products(columns, np.maximum(probability * (1.0 - probability), 1e-9)) / n
        if not ends_early or at + 1 < LEAST_LENGTH:
            continue
        if ratio[at] > MOST_EXPLAINED or ratio[at] - ratio[at - 1] < LEAST_GAIN:
            return found, ratio, at + 1
    return found, ratio, penalties.size


_linear = njit(cache=True, fastmath=_ORDER_FREE)(_linear)
_cross_products = njit(cache=True, fastmath=_ORDER_FREE)(_cross_products)
_pulled = njit(cache=True, fastmath=_ORDER_FREE)(_pulled)
_log_likelihood = njit(cache=True)(_log_likelihood)
_solved = njit(cache=True)(_solved)
_mean_deviance = njit(cache=True)(_mean_deviance)
_ridged = njit(cache=True)(_ridged)
_jump = njit(cache=True)(_jump)
_descend = njit(cache=True)(_descend)
cross_products = cast("Callable[[FloatArray, FloatArray], FloatArray]", _cross_products)
pulled = cast("Callable[[FloatArray, FloatArray], FloatArray]", _pulled)
linear_predictor = cast("Callable[[FloatArray, FloatArray], FloatArray]", _linear)
log_likelihood = cast("Callable[[FloatArray, FloatArray], float]", _log_likelihood)
leverages = cast(
    "Callable[[FloatArray, FloatArray], FloatArray]", njit(cache=True, fastmath=_ORDER_FREE)(_leverages)
)
newton = cast(
    "Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray, float, bool]]",
    njit(cache=True)(_newton),
)
independent = cast(
    "Callable[[FloatArray], np.ndarray[tuple[int], np.dtype[np.bool_]]]",
    njit(cache=True, fastmath=_ORDER_FREE)(_independent),
)
penalised_path = cast(
    "Callable[[FloatArray, FloatArray, FloatArray, FloatArray, bool], tuple[FloatArray, FloatArray, int]]",
    njit(cache=True, fastmath=_ORDER_FREE)(_penalised_path),
)
