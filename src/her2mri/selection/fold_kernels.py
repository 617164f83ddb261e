"""The compiled loops around a path: lesions counted, columns standardised, held-out lesions judged.

Imported only where a path is made. As in ``path_kernels``, columns are rows here; after a change in ``kernels`` or
``path_kernels`` touch this file too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
from numba import njit

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.selection.kernels import linear_predictor
from her2mri.selection.path_kernels import probabilities

LEAST_PROBABILITY: Final = 1e-5
"""Probabilities are kept this far from 0 and 1 in the cross-validated deviance."""


def _first_alike(
    raw: FloatArray, y: FloatArray, place: IntArray, key: FloatArray
) -> tuple[IntArray, IntArray]:
    """For each lesion the first one with the same values, outcome and fold: resamples hold many copies.

    Lesions are alike only next to each other in the order of ``key``, which copies have in common.
    """
    n = y.size
    order = np.argsort(key, kind="mergesort")
    first, times = np.arange(n), np.ones(n, dtype=np.int64)
    for at in range(1, n):
        i, k = order[at], first[order[at - 1]]
        alike = y[i] == y[k] and place[i] == place[k]
        for j in range(raw.shape[0]):
            if not alike:
                break
            alike = raw[j, i] == raw[j, k]
        if alike:
            first[i] = k
            times[k] += 1
            times[i] = 0
    return first, times


def _standardised(
    raw: FloatArray, times: FloatArray, inside: IntArray, outside: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Standardised columns of the lesions inside, those of the others on the same scale, means and SD.

    The intercept comes first. A column that never varies inside is 0 everywhere, and so is its SD.
    """
    p, n = raw.shape[0], np.sum(times[inside])
    columns, others = np.ones((p + 1, inside.size)), np.ones((p + 1, outside.size))
    mean, scale = np.zeros(p), np.zeros(p)
    for j in range(p):
        total, low, high = 0.0, raw[j, inside[0]], raw[j, inside[0]]
        for i in inside:
            value = raw[j, i]
            total += times[i] * value
            low, high = min(low, value), max(high, value)
        mean[j] = total / n
        square = 0.0
        for i in inside:
            square += times[i] * (raw[j, i] - mean[j]) ** 2
        scale[j] = np.sqrt(square / n) if high > low else 0.0
        factor = 1.0 / scale[j] if high > low else 0.0
        for a in range(inside.size):
            columns[j + 1, a] = (raw[j, inside[a]] - mean[j]) * factor
        for a in range(outside.size):
            others[j + 1, a] = (raw[j, outside[a]] - mean[j]) * factor
    return columns, others, mean, scale


def _held_out_losses(
    others: FloatArray, y: FloatArray, coefficients: FloatArray, known: FloatArray, wanted: FloatArray
) -> FloatArray:
    """The deviance of each held-out lesion at other penalties than those ``known`` (both fall)."""
    losses, at = np.empty((y.size, wanted.size)), 0
    for a in range(wanted.size):
        while at + 1 < known.size and known[at + 1] >= wanted[a]:
            at += 1
        below = min(at + 1, known.size - 1)
        share = (
            0.0
            if known[at] <= wanted[a] or below == at
            else (known[at] - wanted[a]) / (known[at] - known[below])
        )
        beta = coefficients[at] + share * (coefficients[below] - coefficients[at])
        probability = probabilities(linear_predictor(others, beta))
        for i in range(y.size):
            risk = min(max(probability[i], LEAST_PROBABILITY), 1.0 - LEAST_PROBABILITY)
            losses[i, a] = -2.0 * np.log(risk if y[i] > 0.5 else 1.0 - risk)
    return losses


def _compiled(loop: Callable[..., Any]) -> Any:
    return njit(cache=True, error_model="numpy")(loop)


first_alike = cast(
    "Callable[[FloatArray, FloatArray, IntArray, FloatArray], tuple[IntArray, IntArray]]",
    _compiled(_first_alike),
)
standardised_parts = cast(
    "Callable[[FloatArray, FloatArray, IntArray, IntArray], tuple[FloatArray, FloatArray, FloatArray, FloatArray]]",
    _compiled(_standardised),
)
held_out_losses = cast(
    "Callable[[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]",
    _compiled(_held_out_losses),
)
