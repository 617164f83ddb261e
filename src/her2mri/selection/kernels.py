"""The compiled loops of selection that the others build on: sums over lesions, and Newton's method.

Imported only where a fit is made. One thread, so that the sums are the same with any number of workers; fits of
this size lose more to the threads of a linear algebra library than they win. A compiled function is compiled again when
its own file changes, and not when another does: after a change here, touch the files that import from it. Columns
are rows here, ``columns[j]`` being contiguous; the first is the intercept.
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


_linear = njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(_linear)
_cross_products = njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(_cross_products)
_pulled = njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(_pulled)
_log_likelihood = njit(cache=True, error_model="numpy")(_log_likelihood)
_solved = njit(cache=True, error_model="numpy")(_solved)
cross_products = cast("Callable[[FloatArray, FloatArray], FloatArray]", _cross_products)
pulled = cast("Callable[[FloatArray, FloatArray], FloatArray]", _pulled)
linear_predictor = cast("Callable[[FloatArray, FloatArray], FloatArray]", _linear)
log_likelihood = cast("Callable[[FloatArray, FloatArray], float]", _log_likelihood)
leverages = cast(
    "Callable[[FloatArray, FloatArray], FloatArray]",
    njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(_leverages),
)
newton = cast(
    "Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray, float, bool]]",
    njit(cache=True, error_model="numpy")(_newton),
)
independent = cast(
    "Callable[[FloatArray], np.ndarray[tuple[int], np.dtype[np.bool_]]]",
    njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(_independent),
)
