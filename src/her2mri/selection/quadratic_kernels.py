"""The compiled minimum of a quadratic with an L1 penalty: one step of a path. Imported only where a path is made."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray, IntArray

NEGLIGIBLE: Final = 1e-14
"""A minimum is found where no coordinate moves by more than this, in squared units of curvature."""
PASSES: Final = 1000

_ORDER_FREE: Final = {"reassoc", "contract", "nsz", "arcp"}


def _root(matrix: FloatArray, among: IntArray, m: int, root: FloatArray) -> None:
    """Cholesky's root of the rows and columns ``among`` of a matrix; a pivot that vanished counts as tiny."""
    for a in range(m):
        for b in range(a + 1):
            total = matrix[among[a], among[b]]
            for k in range(b):
                total -= root[a, k] * root[b, k]
            if a > b:
                root[a, b] = total / root[b, b]
            else:
                root[a, a] = np.sqrt(max(total, 1e-14 * matrix[among[a], among[a]]))


def _divided(root: FloatArray, m: int, right: FloatArray) -> None:
    """Solve by the root, in place."""
    for a in range(m):
        total = right[a]
        for k in range(a):
            total -= root[a, k] * right[k]
        right[a] = total / root[a, a]
    for a in range(m - 1, -1, -1):
        right[a] /= root[a, a]
        for k in range(a):
            right[k] -= root[a, k] * right[a]


def _jump(
    gradient: FloatArray,
    curvature: FloatArray,
    penalty: float,
    coefficients: FloatArray,
    root: FloatArray,
    among: IntArray,
) -> bool:
    """Solve the quadratic for the coefficients that are not 0, as far as none changes its sign, in place.

    ``root`` and ``among`` (how many, then which) are those of the last time, taken again if they still fit.
    Returns whether the solution was reached.
    """
    p, m, known = coefficients.size, 0, True
    right = np.empty(p)
    active = among[1:]
    for j in range(p):
        if curvature[j, j] > 0.0 and (j == 0 or coefficients[j] != 0.0):
            if active[m] != j:
                active[m] = j
                known = False
            right[m] = gradient[j] - (penalty * np.sign(coefficients[j]) if j > 0 else 0.0)
            m += 1
    if not known or among[0] != m:
        _root(curvature, active, m, root)
        among[0] = m
    _divided(root, m, right)
    share, stopped = 1.0, -1
    for a in range(m):
        old = coefficients[active[a]]
        if active[a] > 0 and old * (old + share * right[a]) < 0.0:
            share, stopped = -old / right[a], a
    for a in range(m):
        change = -coefficients[active[a]] if a == stopped else share * right[a]
        coefficients[active[a]] += change
        for k in range(p):
            gradient[k] -= change * curvature[active[a], k]
    return stopped < 0


def descend(
    gradient: FloatArray,
    curvature: FloatArray,
    penalty: float,
    coefficients: FloatArray,
    root: FloatArray,
    among: IntArray,
) -> None:
    """Minimise a quadratic with an L1 penalty on all coefficients but the first, in place.

    By turns the coefficients that are not 0 are solved for, and each coordinate by itself.
    ``gradient`` is that of the log-likelihood at ``coefficients``; it is overwritten.
    """
    p = coefficients.size
    for _ in range(PASSES):
        solved = _jump(gradient, curvature, penalty, coefficients, root, among)
        largest = 0.0
        for j in range(p):
            bend = curvature[j, j]
            if bend <= 0.0 or (solved and (coefficients[j] != 0.0 or abs(gradient[j]) <= penalty)):
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
                solved = False
        if largest < NEGLIGIBLE:
            break


_root = njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(_root)
_divided = njit(cache=True, error_model="numpy", fastmath=_ORDER_FREE)(_divided)
_jump = njit(cache=True, error_model="numpy")(_jump)
descend = njit(cache=True, error_model="numpy")(descend)
