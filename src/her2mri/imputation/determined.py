"""Categories that follow from another: a quadrant of the left breast is never imputed to a lesion of the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.imputation.coding import BoolArray, Coding
from her2mri.imputation.conditional import Conditional, Stages

FEWEST_OF_A_LEVEL: Final = 10
"""Lesions that every level of the determined variable must have among those that have both."""


@dataclass(frozen=True)
class Determined:
    """``level_of`` is the level of ``determined`` for each level of ``determining``, -1 where it was not seen."""

    determining: int
    determined: int
    level_of: IntArray


def determined_pairs(coding: Coding, codes: FloatArray) -> tuple[Determined, ...]:
    """Where every level of one category always comes with the same level of another, in these lesions.

    Every level of the other must have ``FEWEST_OF_A_LEVEL`` lesions, so that no rare level looks determined by
    chance. Of two that determine each other the later follows from the earlier.
    """
    sizes = [0 if one.is_constant else len(one.levels) for one in coding.variables]
    ends = np.cumsum(sizes)
    indicator = np.zeros((len(codes), int(ends[-1])))
    for at, size in enumerate(sizes):
        if size:
            rows = np.flatnonzero(codes[:, at] >= 0)
            indicator[rows, ends[at] - size + codes[rows, at].astype(np.int64)] = 1.0
    together = indicator.T @ indicator
    pairs: list[Determined] = []
    for first, second in np.argwhere(
        np.not_equal.outer(np.arange(len(sizes)), np.arange(len(sizes)))
    ).tolist():
        if not sizes[second] or sizes[first] < sizes[second]:
            continue
        if any((pair.determining, pair.determined) == (second, first) for pair in pairs):
            continue
        counts = together[
            ends[first] - sizes[first] : ends[first], ends[second] - sizes[second] : ends[second]
        ]
        if counts.sum(axis=0).min() >= FEWEST_OF_A_LEVEL and ((counts > 0).sum(axis=1) <= 1).all():
            level_of = np.where(counts.any(axis=1), counts.argmax(axis=1), -1).astype(np.int64)
            pairs.append(Determined(first, second, level_of))
    return tuple(pairs)


def consistent_draw(
    at: int,
    model: Conditional,
    X: FloatArray,
    uniform: FloatArray,
    codes: FloatArray,
    missing: BoolArray,
    pairs: Sequence[Determined],
) -> FloatArray:
    """Values of variable ``at`` that contradict no other value of the same lesions.

    ``X``, ``uniform``, ``codes`` and ``missing`` are of the lesions to complete. Observed values of a determined
    variable bound the draw; where the determining one is known or was drawn, the determined follows.
    """
    if not isinstance(model, Stages):
        return model.draw(X, uniform)
    allowed = np.ones((len(codes), len(model.levels)), dtype=bool)
    for pair in pairs:
        if pair.determining == at:
            fits = pair.level_of[None, :] == codes[:, pair.determined, None]
            allowed &= fits | (pair.level_of < 0) | missing[:, pair.determined, None]
    allowed |= ~allowed.any(axis=1, keepdims=True)
    values = model.draw(X, uniform, allowed)
    for pair in pairs:
        if pair.determined == at:
            given = codes[:, pair.determining].astype(np.int64)
            forced = np.where(given >= 0, pair.level_of[given], -1)
            values = np.where(forced >= 0, forced, values)
    return values


def in_order(visited: Sequence[int], pairs: Sequence[Determined]) -> list[int]:
    """The variables with the determined ones after those that determine them."""
    last = {pair.determined for pair in pairs}
    return sorted(visited, key=lambda at: at in last)
