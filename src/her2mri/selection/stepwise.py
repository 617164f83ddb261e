"""Stepwise selection by Akaike's criterion, both ways, a factor entering or leaving whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.selection.binary_design import checked_design, independent_columns
from her2mri.selection.logistic import standardised

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class StepwiseChoice:
    """The groups in the model, in the order of the model, its AIC, and the moves: ``("-", 3), ("+", 1)``."""

    groups: tuple[int, ...]
    aic: float
    moves: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class _Columns:
    """The design, its columns as rows (intercept first, standardised), the outcome, each column's group."""

    design: FloatArray
    columns: FloatArray
    outcome: FloatArray
    groups: IntArray
    full_rank: bool

    @classmethod
    def of(cls, design: FloatArray, outcome: FloatArray, groups: IntArray) -> _Columns:
        varies = np.ptp(design, axis=0) > 0
        columns = np.ones((design.shape[1] + 1, len(design)))
        columns[1:] = 0.0
        columns[1:][varies] = standardised(design[:, varies])[0][1:]
        return cls(design, columns, outcome, groups, len(independent_columns(design)) == design.shape[1])

    def inside(self, members: Collection[int]) -> BoolArray:
        """Which columns a model of these groups has: the intercept, and those that add rank."""
        return self._that_add_rank(np.concatenate([[True], np.isin(self.groups, list(members))]))

    def moved(self, members: Collection[int], numbers: Collection[int]) -> BoolArray:
        """Which columns it has once a group has left, or come back: a row for each of the ``numbers``."""
        group = np.concatenate([[np.iinfo(np.int64).min], self.groups])
        inside = np.isin(group, list(members)) | (np.arange(len(group)) == 0)
        rows: BoolArray = np.logical_xor(inside, group == np.array(list(numbers))[:, None])
        return rows if self.full_rank else np.stack([self._that_add_rank(row) for row in rows])

    def _that_add_rank(self, inside: BoolArray) -> BoolArray:
        if self.full_rank:
            return inside
        looked_at = np.flatnonzero(inside[1:])
        found: BoolArray = np.arange(len(inside)) == 0
        found[1 + looked_at[independent_columns(self.design[:, looked_at])]] = True
        return found


def stepwise_aic(X: ArrayLike, y: ArrayLike, groups: ArrayLike) -> StepwiseChoice:
    """Start with every group, then always make the one move, out or in, that lowers the AIC most.

    The rules are those of R's ``MASS::stepAIC(direction = "both")``: to stay comes first among equals, then
    leaving in the order of the model, then coming back in the order of the full model; a group that adds no
    rank leaves at once; the end is where no move lowers the AIC. Where classes separate, the deviance is its
    limit, which exists although the coefficients do not.

    Parameters
    ----------
    X
        Design matrix, lesions by columns, without an intercept and without missing values.
    y
        For each lesion 1 (event) or 0.
    groups
        For each column the number of its variable.

    Examples
    --------
    >>> X = [[0.0, 1.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0]]
    >>> stepwise_aic(X * 5, [0, 0, 1, 0, 1, 1, 0, 1] * 5, [0, 1]).groups
    (0,)

    """
    design, outcome = checked_design(X, y)
    group = np.asarray(groups)
    if group.shape != (design.shape[1],):
        raise ValueError(f"groups must name one variable a column, got {group.shape} for {design.shape[1]}")
    candidates = list(dict.fromkeys(int(number) for number in group))
    columns, current = _Columns.of(design, outcome, group), list(candidates)
    aic, linear = _fitted(columns, current)
    moves: list[tuple[str, int]] = []
    for _ in range(1000):
        sign, moved, aic, linear = _best_move(columns, current, candidates, aic, linear)
        if not sign:
            break
        current = [number for number in current if number != moved] if sign == "-" else [*current, moved]
        moves.append((sign, moved))
    return StepwiseChoice(tuple(current), aic, tuple(moves))


def _fitted(columns: _Columns, members: Collection[int]) -> tuple[float, FloatArray]:
    """AIC and linear predictor of the model with these groups."""
    from her2mri.selection import kernels

    inside = columns.inside(members)
    _, linear, log_likelihood, _ = kernels.newton(columns.columns[inside], columns.outcome)
    return 2.0 * float(inside.sum()) - 2.0 * log_likelihood, linear


def _best_move(
    columns: _Columns, current: list[int], candidates: list[int], aic: float, linear: FloatArray
) -> tuple[str, int, float, FloatArray]:
    """Sign and group of the next move, AIC and linear predictor after it; no sign where none lowers the AIC."""
    from her2mri.selection import stepwise_kernels

    rank = int(columns.inside(current).sum())
    numbers = [*current, *(number for number in candidates if number not in current)]
    insides = columns.moved(current, numbers)
    changes_rank = insides.sum(axis=1) != rank
    idle = np.flatnonzero(~changes_rank[: len(current)])
    if len(idle):
        number = current[idle[-1]]
        return "-", number, *_fitted(columns, [other for other in current if other != number])
    if not changes_rank.any():
        return "", 0, aic, linear
    found, after = stepwise_kernels.best_of(
        columns.columns, columns.outcome, linear, insides[changes_rank], rank, aic
    )
    best = int(np.argmin(found))
    if not found[best] < aic:
        return "", 0, aic, linear
    place = int(np.flatnonzero(changes_rank)[best])
    return "-" if place < len(current) else "+", numbers[place], float(found[best]), after
