"""How the inputs went together in development: what a missing one probably is, given the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from her2mri.bundle.arrays import FloatArray

MOST_POINTS: Final = 20_000
MOST_MEASUREMENTS: Final = 3
_SMOOTH_NODES: Final = {1: 24, 2: 12, 3: 8}
_STEP_NODES: Final = {1: 200, 2: 30, 3: 12}


@dataclass(frozen=True)
class Gap:
    """A missing variable: its columns, and whether they are the levels of a category."""

    columns: tuple[int, ...]
    is_category: bool


class TooManyMissingError(ValueError):
    """More combinations of missing values than are worth averaging over."""


@dataclass(frozen=True, eq=False)
class Joint:
    """A pairwise model of all columns at once: log-density bias.z + z.coupling.z / 2 of z = (x - center) / scale.

    Categories are 0-1 columns of which at most one is 1; given all categories, measurements are jointly
    normal. Nothing in it is a patient. See docs/decisions/0082.
    """

    center: FloatArray
    scale: FloatArray
    bias: FloatArray
    coupling: FloatArray

    def completions(
        self, x: FloatArray, gaps: Sequence[Gap], *, smooth: bool, most: int = MOST_POINTS
    ) -> tuple[FloatArray, FloatArray]:
        """The lesions that ``x`` (columns,) may be, points by columns, and their weights, which sum to 1.

        Categories are enumerated; measurements are integrated by Gauss-Hermite nodes where the model is
        ``smooth``, else by nodes of equal probability. Raises TooManyMissingError beyond ``most`` points or
        MOST_MEASUREMENTS measurements.
        """
        categories = [gap.columns for gap in gaps if gap.is_category]
        measured = np.array([gap.columns[0] for gap in gaps if not gap.is_category], dtype=np.int64)
        nodes, node_weights = _nodes(len(measured), smooth)
        size = len(node_weights) * int(np.prod([len(columns) + 1 for columns in categories], dtype=float))
        if size > most:
            raise TooManyMissingError("too many combinations of missing values")
        states = _states(x, categories)
        Z = (states - self.center) / self.scale
        Z[:, measured] = 0.0
        log_weight = Z @ self.bias + np.einsum("ij,jk,ik->i", Z, self.coupling, Z) / 2
        if len(measured):
            precision = -self.coupling[np.ix_(measured, measured)]
            pull = self.bias[measured] + Z @ self.coupling[:, measured]
            mean = np.linalg.solve(precision, pull.T).T
            log_weight = log_weight + (pull * mean).sum(axis=1) / 2
            spread = np.linalg.solve(np.linalg.cholesky(precision).T, nodes.T).T
            values = (mean[:, None, :] + spread[None, :, :]) * self.scale[measured] + self.center[measured]
            states = np.repeat(states, len(nodes), axis=0)
            states[:, measured] = values.reshape(-1, len(measured))
        weight = np.exp(log_weight - log_weight.max())
        weight = np.outer(weight / weight.sum(), node_weights).ravel()
        return states, weight


def _states(x: FloatArray, categories: Sequence[tuple[int, ...]]) -> FloatArray:
    """The lesion with every combination of levels in its missing categories; other missing columns stay NaN."""
    states = []
    for chosen in product(*(range(len(columns) + 1) for columns in categories)):
        state = x.copy()
        for columns, level in zip(categories, chosen, strict=True):
            state[list(columns)] = 0.0
            if level:
                state[columns[level - 1]] = 1.0
        states.append(state)
    return np.array(states)


def _nodes(dimensions: int, smooth: bool) -> tuple[FloatArray, FloatArray]:
    """Nodes (n, dimensions) of the standard normal distribution, and weights that sum to 1."""
    if dimensions == 0:
        return np.zeros((1, 0)), np.ones(1)
    if dimensions > MOST_MEASUREMENTS:
        raise TooManyMissingError(f"more than {MOST_MEASUREMENTS} measurements are missing")
    if smooth:
        from numpy.polynomial.hermite_e import hermegauss

        node, weight = hermegauss(_SMOOTH_NODES[dimensions])
    else:
        from statistics import NormalDist

        count = _STEP_NODES[dimensions]
        node = np.array([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)])
        weight = np.ones(count)
    nodes = np.array(list(product(node, repeat=dimensions)))
    weights = np.array([np.prod(w) for w in product(weight, repeat=dimensions)])
    return nodes, weights / weights.sum()
