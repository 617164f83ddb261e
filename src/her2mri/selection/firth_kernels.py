"""The compiled loops of Firth's regression, on those of ``kernels``. Imported only where a fit is made.

Numba does not see a change of a function of another file: after one in ``kernels`` or
``path_kernels``, touch this file too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray
from her2mri.selection.kernels import _solved, cross_products, linear_predictor, pulled
from her2mri.selection.path_kernels import mean_deviance, probabilities

ITERATIONS: Final = 200
LONGEST_STEP: Final = 5.0
LONGEST_STRETCH: Final = 4.0
SCORE_TOLERANCE: Final = 1e-10


def _firth_place(
    columns: FloatArray, y: FloatArray, times: FloatArray, beta: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Firth's penalised log-likelihood, its gradient and curvature; -inf where the information is singular.

    Each lesion counts so many ``times``. The curvature is that with the leverages held, which are then weights of
    pseudo-observations; with the leverages of a saturated table, which do not move, it is exact.
    """
    p = beta.size
    probability = probabilities(linear_predictor(columns, beta))
    weights = probability * (1.0 - probability)
    information = cross_products(columns, times * weights)
    # The inverse of the Cholesky root gives determinant and leverages.
    root = np.zeros((p, p))
    log_determinant = 0.0
    for a in range(p):
        for b in range(a + 1):
            total = information[a, b]
            for k in range(b):
                total -= root[a, k] * root[b, k]
            if a > b:
                root[a, b] = total / root[b, b]
            elif total > 0.0:
                root[a, a] = np.sqrt(total)
            else:
                return -np.inf, np.zeros(p), information
        log_determinant += 2.0 * np.log(root[a, a])
    leverage = weights * _squared_lengths(columns, root)
    score = pulled(columns, times * (y - probability + leverage * (0.5 - probability)))
    likelihood = -0.5 * np.sum(times) * mean_deviance(probability, y, times)
    curvature = cross_products(columns, times * weights * (1.0 + leverage))
    return likelihood + 0.5 * log_determinant, score, curvature


def _squared_lengths(columns: FloatArray, root: FloatArray) -> FloatArray:
    """For each lesion the squared length of its row once the triangular ``root`` is divided out.

    Four rows at a time, so that a number is stored once for several products.
    """
    p, n = columns.shape
    solved = np.empty((p, n))
    found = np.zeros(n)
    for a in range(p):
        row = solved[a]
        first = a - a % 4
        for i in range(n):
            row[i] = columns[a, i]
        for k in range(0, first, 4):
            r0, r1, r2, r3 = root[a, k], root[a, k + 1], root[a, k + 2], root[a, k + 3]
            s0, s1, s2, s3 = solved[k], solved[k + 1], solved[k + 2], solved[k + 3]
            for i in range(n):
                row[i] -= r0 * s0[i] + r1 * s1[i] + r2 * s2[i] + r3 * s3[i]
        for k in range(first, a):
            r0, s0 = root[a, k], solved[k]
            for i in range(n):
                row[i] -= r0 * s0[i]
        scale = 1.0 / root[a, a]
        for i in range(n):
            row[i] *= scale
            found[i] += row[i] * row[i]
    return found


def _firth(
    columns: FloatArray,
    y: FloatArray,
    times: FloatArray,
    free: np.ndarray[tuple[int], np.dtype[np.bool_]],
    start: FloatArray,
    least_gain: float,
) -> tuple[FloatArray, float, bool]:
    """Coefficients (as at the start where not free), penalised log-likelihood, whether the score vanished.

    ``least_gain`` ends the search where twice what a step can be expected to add is less: for a value alone.

    The curvature is not quite that of the penalised likelihood, so that Newton's step may be too long or short
    in flat directions: its length is mended by the slopes at both of its ends.
    """
    beta = start.copy()
    value, score, curvature = _firth_place(columns, y, times, beta)
    moving = np.flatnonzero(free)
    for _ in range(ITERATIONS):
        if np.max(np.abs(score[moving])) < SCORE_TOLERANCE * np.sum(times):
            return beta, value, True
        step = np.zeros(beta.size)
        step[moving] = _solved(curvature[moving][:, moving], score[moving])
        if np.sum(step * score) < least_gain:
            return beta, value, True
        step *= min(1.0, LONGEST_STEP / np.max(np.abs(step)))
        trial, slope, bend = _firth_place(columns, y, times, beta + step)
        here, there = np.sum(score * step), np.sum(slope * step)
        if there < -0.1 * here or there > 0.5 * here:
            stretch = LONGEST_STRETCH
            step *= min(here / (here - there), stretch) if there < here else stretch
            trial, slope, bend = _firth_place(columns, y, times, beta + step)
        while trial < value and np.max(np.abs(step)) > 1e-10:
            step = step / 2.0
            trial, slope, bend = _firth_place(columns, y, times, beta + step)
        beta, value, score, curvature = beta + step, trial, slope, bend
    return beta, value, False


_squared_lengths = njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"})(
    _squared_lengths
)
_firth_place = njit(cache=True, error_model="numpy")(_firth_place)
firth = cast(
    "Callable[[FloatArray, FloatArray, FloatArray, np.ndarray[tuple[int], np.dtype[np.bool_]], FloatArray, float], "
    "tuple[FloatArray, float, bool]]",
    njit(cache=True, error_model="numpy")(_firth),
)
