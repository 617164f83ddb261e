"""Stepwise selection by Akaike's criterion, both ways, a factor entering or leaving whole."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import FloatArray
from her2mri.selection.binary_design import checked_design, independent_columns
from her2mri.selection.logistic import standardised

TIE: float = 1e-7


@dataclass(frozen=True)
class StepwiseChoice:
    """The groups in the model, in the order of the model, its AIC, and the moves: ``("-", 3), ("+", 1)``."""

    groups: tuple[int, ...]
    aic: float
    moves: tuple[tuple[str, int], ...]


@dataclass
class _Models:
    """The models met so far: deviance and number of coefficients by the groups that are in."""

    design: FloatArray
    outcome: FloatArray
    groups: FloatArray
    full_rank: bool
    known: dict[frozenset[int], tuple[float, int]] = field(default_factory=dict)

    def fitted(self, members: frozenset[int]) -> tuple[float, int]:
        from her2mri.selection import kernels

        if members not in self.known:
            design = self.design[:, np.isin(self.groups, list(members))]
            if not self.full_rank:
                design = design[:, independent_columns(design)]
            log_likelihood = kernels.newton(standardised(design)[0], self.outcome)[2]
            self.known[members] = (-2.0 * log_likelihood, design.shape[1] + 1)
        return self.known[members]

    def aic(self, members: frozenset[int]) -> float:
        deviance, rank = self.fitted(members)
        return deviance + 2.0 * rank


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
    models = _Models(design, outcome, group, len(independent_columns(design)) == design.shape[1])
    current, moves = list(candidates), []
    for _ in range(1000):
        sign, moved = _best_move(models, current, candidates)
        if not sign:
            break
        before = models.aic(frozenset(current))
        current = [number for number in current if number != moved] if sign == "-" else [*current, moved]
        moves.append((sign, moved))
        if models.aic(frozenset(current)) >= before + TIE:
            break
    return StepwiseChoice(tuple(current), models.aic(frozenset(current)), tuple(moves))


def _best_move(models: _Models, current: list[int], candidates: list[int]) -> tuple[str, int]:
    """The sign and group of the next move; an empty sign where none lowers the AIC."""
    members = frozenset(current)
    rank = models.fitted(members)[1]
    idle = [number for number in current if models.fitted(members - {number})[1] == rank]
    if idle:
        return "-", idle[-1]
    options = [("-", number, members - {number}) for number in current]
    options += [("+", number, members | {number}) for number in candidates if number not in members]
    options = [option for option in options if models.fitted(option[2])[1] != rank]
    if not options:
        return "", 0
    sign, number, chosen = min(options, key=lambda option: models.aic(option[2]))
    return (sign, number) if models.aic(chosen) < models.aic(members) else ("", 0)
