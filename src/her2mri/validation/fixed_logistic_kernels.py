"""The compiled loops of ``fixed_logistic``. Imported only where resamples are fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray, IntArray

NEWTON_STEPS: Final = 40
TOLERANCE: Final = 1e-10
"""Largest move of a linear predictor at which a fit has converged (what is left is its square)."""
LONGEST_STEP: Final = 8.0
FARTHEST: Final = 23.0
"""A linear predictor beyond this (a probability of 1e-10) means that the classes separate."""

_ORDER_FREE: Final = {"reassoc", "contract", "nsz", "arcp"}


def _fit(columns: FloatArray, events: FloatArray, totals: FloatArray, beta: FloatArray) -> bool:
    """Newton's method from ``beta``, in place; False where there is no finite estimate."""
    k = columns.shape[0]
    used = np.flatnonzero(totals > 0.0)
    m = used.size
    inside = np.empty((k, m))
    for j in range(k):
        for i in range(m):
            inside[j, i] = columns[j, used[i]]
    event, total = events[used], totals[used]
    residual, weight, weighted, linear = np.empty(m), np.empty(m), np.empty(m), np.empty(m)
    information, score = np.empty((k, k)), np.empty(k)
    for _ in range(NEWTON_STEPS):
        linear[:] = 0.0
        for j in range(k):
            for i in range(m):
                linear[i] += beta[j] * inside[j, i]
        for i in range(m):
            probability = 1.0 / (1.0 + np.exp(-linear[i]))
            residual[i] = event[i] - total[i] * probability
            weight[i] = total[i] * probability * (1.0 - probability)
        for j in range(k):
            pulled = 0.0
            for i in range(m):
                pulled += inside[j, i] * residual[i]
                weighted[i] = inside[j, i] * weight[i]
            score[j] = pulled
            for c in range(j + 1):
                crossed = 0.0
                for i in range(m):
                    crossed += weighted[i] * inside[c, i]
                information[j, c] = crossed
        if not _solve(information, score):
            return False
        reach = 0.0
        for i in range(m):
            move = 0.0
            for j in range(k):
                move += score[j] * inside[j, i]
            reach = max(reach, abs(move))
        share = min(1.0, LONGEST_STEP / reach) if reach > 0.0 else 1.0
        for j in range(k):
            beta[j] += share * score[j]
        # Newton squares what is left: a move this small leaves less than TOLERANCE.
        if reach < np.sqrt(TOLERANCE):
            return bool(np.max(np.abs(linear)) < FARTHEST)
    return False


def _solve(matrix: FloatArray, right: FloatArray) -> bool:
    """Solve in place by Cholesky, from the lower triangle; False where the matrix is not positive definite."""
    k = right.size
    for a in range(k):
        pivot = matrix[a, a]
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= matrix[a, c] * matrix[b, c]
            if a > b:
                matrix[a, b] = total / matrix[b, b]
            elif total <= 1e-12 * pivot:
                return False
            else:
                matrix[a, a] = np.sqrt(total)
    for a in range(k):
        for c in range(a):
            right[a] -= matrix[a, c] * right[c]
        right[a] /= matrix[a, a]
    for a in range(k - 1, -1, -1):
        for c in range(a + 1, k):
            right[a] -= matrix[c, a] * right[c]
        right[a] /= matrix[a, a]
    return True


def _area(order: IntArray, linear: FloatArray, events: FloatArray, totals: FloatArray) -> float:
    """AUC of counted patterns, given the order of their linear predictors; ties count half."""
    below, wins, positives = 0.0, 0.0, 0.0
    d = order.size
    start = 0
    while start < d:
        stop, found, others = start, 0.0, 0.0
        while stop < d and linear[order[stop]] == linear[order[start]]:
            at = order[stop]
            found += events[at]
            others += totals[at] - events[at]
            stop += 1
        wins += found * (below + 0.5 * others)
        below += others
        positives += found
        start = stop
    return wins / (positives * below) if positives > 0.0 and below > 0.0 else np.nan


def _brier(probability: FloatArray, events: FloatArray, totals: FloatArray) -> float:
    distance, n = 0.0, 0.0
    for i in range(probability.size):
        p = probability[i]
        distance += events[i] * (1.0 - p) ** 2 + (totals[i] - events[i]) * p**2
        n += totals[i]
    return distance / n


def _optimism(
    columns: FloatArray,
    pattern: IntArray,
    outcome: FloatArray,
    weights: FloatArray,
    own: FloatArray,
    start: FloatArray,
) -> FloatArray:
    """AUC and Brier score on the resample, then AUC, Brier score, intercept and slope on the sample: (r, 6).

    ``columns`` (k, d) has a column a pattern; ``pattern`` and ``outcome`` (n,) are the lesions', ``weights``
    (r, n) says how often each stands in each resample, and ``own`` (2, d) counts events and lesions of each
    pattern in the sample. NaN rows where a resample has no finite estimate.
    """
    k, d = columns.shape
    r, n = weights.shape
    found = np.full((r, 6), np.nan)
    line = np.ones((2, d))
    for at in range(r):
        events, totals = np.zeros(d), np.zeros(d)
        for i in range(n):
            totals[pattern[i]] += weights[at, i]
            events[pattern[i]] += weights[at, i] * outcome[i]
        beta = start.copy()
        if not _fit(columns, events, totals, beta):
            continue
        linear = np.zeros(d)
        for j in range(k):
            for i in range(d):
                linear[i] += beta[j] * columns[j, i]
        # Sums that should be equal differ in their last bits, which must not order lesions.
        rounded = np.floor(linear * 1e10 + 0.5)
        probability = 1.0 / (1.0 + np.exp(-linear))
        order = np.argsort(rounded)
        line[1] = linear
        recalibration = np.array([0.0, 1.0])
        if not _fit(line, own[0], own[1], recalibration):
            continue
        found[at, 0] = _area(order, rounded, events, totals)
        found[at, 1] = _brier(probability, events, totals)
        found[at, 2] = _area(order, rounded, own[0], own[1])
        found[at, 3] = _brier(probability, own[0], own[1])
        found[at, 4:] = recalibration
    return found


_solve = njit(cache=True)(_solve)
_fit = njit(cache=True, fastmath=_ORDER_FREE)(_fit)
_area = njit(cache=True)(_area)
_brier = njit(cache=True)(_brier)
fit = cast("Callable[[FloatArray, FloatArray, FloatArray, FloatArray], bool]", _fit)
optimism = cast(
    "Callable[[FloatArray, IntArray, FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]",
    njit(cache=True, fastmath=_ORDER_FREE)(_optimism),
)
