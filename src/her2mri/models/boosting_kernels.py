"""The compiled loops of gradient boosting: trees grown on the gradient of the log-loss, exactly, a split at a time.

Imported only where trees are grown. Columns are rows here. A tree of depth d is three rows of 2^(d+1) - 1 nodes, the
children of node k being 2k + 1 (at or below the threshold) and 2k + 2; a leaf has column -1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import BoolArray

APART: Final = 1e-7
"""Values nearer to each other than this are not split, as in scikit-learn."""
EPSILON: Final = 2.220446049250313e-16

_ORDER_FREE: Final = {"reassoc", "contract", "nsz", "arcp"}


def _side(column: FloatArray, inside: FloatArray, gradient: FloatArray) -> tuple[float, float]:
    """How many lesions inside a node have 1 in a column of 0 and 1, and the sum of their gradients."""
    n, total = 0.0, 0.0
    for i in range(column.size):
        n += column[i] * inside[i]
        total += column[i] * gradient[i]
    return n, total


def _moments(inside: FloatArray, gradient: FloatArray) -> tuple[float, float, float]:
    """Number of lesions inside, sum and sum of squares of their gradients (0 outside)."""
    n, total, square = 0.0, 0.0, 0.0
    for i in range(inside.size):
        n += inside[i]
        total += gradient[i]
        square += gradient[i] * gradient[i]
    return n, total, square


def _best_split(
    codes: IntArray,
    upper: FloatArray,
    values: FloatArray,
    n_values: IntArray,
    inside: FloatArray,
    gradient: FloatArray,
    least: int,
) -> tuple[int, float]:
    """Column and threshold that leave the gradients of a node least spread; column -1 where none may be split.

    ``codes`` are the places of the lesions' values among the ``values`` of each column; ``upper`` is 1 where a
    column of two values has the larger. ``gradient`` is 0 outside the node.
    """
    n, total, square = _moments(inside, gradient)
    if n < 2 * least or square / n - (total / n) ** 2 <= EPSILON:
        return -1, 0.0
    members = np.flatnonzero(inside)
    count, part = np.empty(values.shape[1]), np.empty(values.shape[1])
    best, column, threshold = -np.inf, -1, 0.0
    for j in range(codes.shape[0]):
        if n_values[j] == 2:
            right, on_right = _side(upper[j], inside, gradient)
            if right < least or n - right < least or values[j, 1] - values[j, 0] <= APART:
                continue
            gain = (total - on_right) ** 2 / (n - right) + on_right**2 / right
            if gain > best:
                best, column, threshold = gain, j, values[j, 0] / 2.0 + values[j, 1] / 2.0
            continue
        if n_values[j] < 2:
            continue
        count[: n_values[j]], part[: n_values[j]] = 0.0, 0.0
        for i in members:
            count[codes[j, i]] += 1.0
            part[codes[j, i]] += gradient[i]
        left, on_left, last = 0.0, 0.0, -1
        for b in range(n_values[j]):
            if count[b] == 0.0:
                continue
            if left >= least and n - left >= least and values[j, b] - values[j, last] > APART:
                gain = on_left**2 / left + (total - on_left) ** 2 / (n - left)
                if gain > best:
                    best, column, threshold = gain, j, values[j, last] / 2.0 + values[j, b] / 2.0
            left += count[b]
            on_left += part[b]
            last = b
    return column, threshold


def _drawn(chance: FloatArray, wanted: int) -> BoolArray:
    """As many lesions as ``wanted`` for each tree (row), one after the other, each with what chance it has left."""
    n_trees, n = chance.shape
    found = np.zeros((n_trees, n), dtype=np.bool_)
    for tree in range(n_trees):
        taken = 0
        for i in range(n):
            if chance[tree, i] * (n - i) < wanted - taken:
                found[tree, i] = True
                taken += 1
    return found


def _boosted(
    columns: FloatArray,
    codes: IntArray,
    upper: FloatArray,
    values: FloatArray,
    n_values: IntArray,
    y: FloatArray,
    drawn: BoolArray,
    depth: int,
    least: int,
    rate: float,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Columns, thresholds and values of the nodes, a row for each tree; ``drawn`` are its lesions (trees, n)."""
    n_trees, n = drawn.shape
    size = 2 ** (depth + 1) - 1
    column, threshold = np.full((n_trees, size), -1), np.zeros((n_trees, size))
    value = np.zeros((n_trees, size))
    share = np.mean(y)
    log_odds = np.full(n, np.log(share / (1.0 - share)))
    for tree in range(n_trees):
        gradient = y - 1.0 / (1.0 + np.exp(-log_odds))
        node = np.zeros(n, dtype=np.int64)
        for k in range(size):
            inside, pull = np.zeros(n), np.zeros(n)
            members, total, bend = 0, 0.0, 0.0
            for i in range(n):
                if drawn[tree, i] and node[i] == k:
                    inside[i], pull[i] = 1.0, gradient[i]
                    probability = y[i] - gradient[i]
                    members += 1
                    total += gradient[i]
                    bend += probability * (1.0 - probability)
            if members == 0:
                continue
            j, at = -1, 0.0
            if 2 * k + 2 < size:
                j, at = _best_split(codes, upper, values, n_values, inside, pull, least)
            if j < 0:
                value[tree, k] = rate * total / bend if bend > 1e-150 else 0.0
                continue
            column[tree, k], threshold[tree, k] = j, at
            for i in range(n):
                if node[i] == k:
                    node[i] = 2 * k + (1 if columns[j, i] <= at else 2)
        for i in range(n):
            log_odds[i] += value[tree, node[i]]
    return column, threshold, value


def _staged(
    columns: FloatArray, column: IntArray, threshold: FloatArray, value: FloatArray, start: float
) -> FloatArray:
    """The log odds (trees, n) after each tree, from those to start with."""
    n_trees, n = column.shape[0], columns.shape[1]
    found, log_odds = np.empty((n_trees, n)), np.full(n, start)
    for tree in range(n_trees):
        for i in range(n):
            k = 0
            while column[tree, k] >= 0:
                k = 2 * k + (1 if columns[column[tree, k], i] <= threshold[tree, k] else 2)
            log_odds[i] += value[tree, k]
        found[tree] = log_odds
    return found


def _compiled(loop: Callable[..., Any], **options: Any) -> Any:
    return njit(cache=True, error_model="numpy", **options)(loop)


_side = _compiled(_side, fastmath=_ORDER_FREE)
_moments = _compiled(_moments, fastmath=_ORDER_FREE)
_best_split = _compiled(_best_split)
drawn_lesions = cast("Callable[[FloatArray, int], BoolArray]", _compiled(_drawn))
boosted = cast("Callable[..., tuple[IntArray, FloatArray, FloatArray]]", _compiled(_boosted))
staged = cast(
    "Callable[[FloatArray, IntArray, FloatArray, FloatArray, float], FloatArray]", _compiled(_staged)
)
