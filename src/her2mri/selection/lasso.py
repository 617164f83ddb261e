"""The binomial LASSO and elastic net along glmnet's grid, and the cross-validated deviance.

See docs/decisions/0003 and 0120.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import EstimationError
from her2mri.selection.binary_design import checked_design, distinct_lesions

RULES: Final = ("min", "1se")
GRID_LENGTH: Final = 100
LEAST_ALPHA: Final = 1e-3
"""Below this the grid starts where it would for this share of LASSO: a ridge alone leaves nothing nowhere."""
ENDLESS: Final = 9.9e35
STRIDE: Final = 6
"""Penalties fitted between two looks at whether the minimum lies behind."""
LEAST_PAST: Final = 10
"""Penalties past the minimum before a path may end short, at a deviance more than a standard error above it."""
LESIONS_A_FOLD: Final = 3
"""With fewer, each lesion counts as a fold in the standard error."""
GRIDS: Final = {wide: np.geomspace(1.0, 1e-2 if wide else 1e-4, GRID_LENGTH) for wide in (False, True)}
"""The penalties as shares of the largest, by whether columns outnumber lesions."""


@dataclass(frozen=True)
class LassoPath:
    """Coefficients along a falling sequence of penalties, on the scale of the given columns.

    ``penalties`` (glmnet's lambda) and ``intercepts``: one a penalty; ``coefficients``: penalties by columns;
    ``deviance_ratio``: the share of the null deviance that each fit explains.
    """

    penalties: FloatArray
    intercepts: FloatArray
    coefficients: FloatArray
    deviance_ratio: FloatArray


@dataclass(frozen=True)
class CrossValidatedLasso:
    """A path on all lesions with the mean deviance and its standard error over the folds, at each penalty."""

    path: LassoPath
    deviance: FloatArray
    std_error: FloatArray
    index_min: int
    index_1se: int

    def index(self, rule: str) -> int:
        """The position of lambda.min, or of the largest penalty within one standard error of it."""
        if rule not in RULES:
            raise ValueError(f"the LASSO rule must be one of {', '.join(RULES)}, got {rule!r}")
        return self.index_min if rule == "min" else self.index_1se

    def coefficients(self, rule: str) -> FloatArray:
        """One coefficient a column at the penalty that the rule chooses, without the intercept."""
        return np.asarray(self.path.coefficients[self.index(rule)])

    def frame(self) -> pd.DataFrame:
        """One row a penalty; ``is_min`` and ``is_1se`` mark those that the rules choose."""
        return pd.DataFrame(
            {
                "penalty": self.path.penalties,
                "deviance": self.deviance,
                "std_error": self.std_error,
                "n_nonzero": (self.path.coefficients != 0).sum(axis=1),
                "deviance_ratio": self.path.deviance_ratio,
                "is_min": np.arange(len(self.deviance)) == self.index_min,
                "is_1se": np.arange(len(self.deviance)) == self.index_1se,
            }
        )


def lasso_path(
    X: ArrayLike, y: ArrayLike, *, alpha: float = 1.0, n_penalties: int = GRID_LENGTH
) -> LassoPath:
    """Logistic regression with a penalty on the standardised columns, along glmnet's grid.

    The objective is the mean negative log-likelihood plus the penalty times ``alpha`` times the sum of absolute
    coefficients of the columns divided by their SD (with 1/n), plus the penalty times ``1 - alpha`` times half
    the sum of their squares. The grid has 100 values, evenly spaced in the logarithm from the smallest that
    leaves nothing in the model, down to 1e-4 of it (1e-2 where columns outnumber lesions); it ends early where
    the deviance hardly falls any more. With ``alpha`` below 0.001 the grid starts as if it were 0.001, and the
    first fit has all coefficients 0 as with an endless penalty. A constant column keeps coefficient 0.

    Parameters
    ----------
    X
        Design matrix, lesions by columns, without an intercept and without missing values.
    y
        For each lesion 1 (event) or 0.
    alpha
        1: the LASSO; 0: ridge regression; between them the elastic net.
    n_penalties
        How many of the grid's 100 values to fit at, from the largest down.

    Raises
    ------
    EstimationError
        Where all lesions are of one class or no column varies.

    References
    ----------
    Friedman, Hastie and Tibshirani (2010), doi:10.18637/jss.v033.i01.

    Examples
    --------
    >>> path = lasso_path([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [0, 0, 1, 0, 1, 1])
    >>> path.coefficients[0].tolist(), bool(path.coefficients[-1][0] > 1)
    ([0.0], True)

    """
    design, outcome = checked_design(X, y)
    part = _Lesions.of(design, outcome, np.zeros(len(outcome), dtype=np.int64)).part(None, alpha, n_penalties)
    part.extend(n_penalties)
    return part.path()


@dataclass(frozen=True)
class _Lesions:
    """Lesions that differ: columns (p, n) as they are given, outcome, fold, and how often each is there."""

    raw: FloatArray
    outcome: FloatArray
    fold: IntArray
    times: FloatArray

    @classmethod
    def of(cls, design: FloatArray, outcome: FloatArray, fold: IntArray, *, apart: bool = False) -> _Lesions:
        """``apart``: those alike are not counted as one."""
        raw = np.ascontiguousarray(design.T)
        if apart:
            return cls(raw, outcome, fold, np.ones(len(outcome)))
        first, times = distinct_lesions(raw, outcome, fold)
        return cls(np.ascontiguousarray(raw[:, first]), outcome[first], fold[first], times)

    def part(self, fold: int | None, alpha: float, n_penalties: int) -> _Part:
        """The path without one of the folds, or of all lesions."""
        everyone = np.arange(len(self.outcome))
        out = everyone[:0] if fold is None else everyone[self.fold == fold]
        inside = everyone if fold is None else everyone[self.fold != fold]
        return _Part(self, inside, out, alpha, n_penalties)


class _Part:
    """A path fitted to some of the lesions as far as it is asked for, and what it says of the others."""

    def __init__(
        self, lesions: _Lesions, inside: IntArray, out: IntArray, alpha: float, n_penalties: int
    ) -> None:
        from her2mri.selection.fold_kernels import standardised_parts
        from her2mri.selection.kernels import pulled
        from her2mri.selection.penalised_path import PenalisedPath

        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha must fulfil 0 <= alpha <= 1, got {alpha}")
        columns, self._others, self._mean, self._scale = standardised_parts(
            lesions.raw, lesions.times, inside, out
        )
        if not self._scale.any():
            raise EstimationError("the LASSO needs a column that varies")
        outcome, times = lesions.outcome[inside], lesions.times[inside]
        n, share = times.sum(), (times @ outcome) / times.sum()
        if not 0 < share < 1:
            raise EstimationError("all lesions are of one class")
        largest = float(np.max(np.abs(pulled(columns, times * (outcome - share))[1:]))) / n
        if largest == 0.0:
            raise EstimationError("the LASSO needs a column that goes with the outcome")
        self.penalties = largest / max(alpha, LEAST_ALPHA) * GRIDS[n < len(self._mean)][:n_penalties]
        # The first penalty leaves nothing in the model, whatever the last bit of its rounding says.
        fitted_at = np.concatenate([[2 * self.penalties[0] if alpha == 1 else ENDLESS], self.penalties[1:]])
        self._fit = PenalisedPath(
            columns, outcome, times, alpha * fitted_at, (1 - alpha) * fitted_at, ends_early=True
        )
        self._outcome, self.times = lesions.outcome[out], lesions.times[out]

    @property
    def reached(self) -> int:
        """How many penalties have been fitted at."""
        return self._fit.reached

    @property
    def ended(self) -> bool:
        """Whether the path goes no further."""
        return self._fit.ended

    def extend(self, length: int) -> None:
        """Fit at the first ``length`` penalties."""
        self._fit.extend(length)
        if self.reached == 0:
            raise EstimationError("the LASSO did not converge at its largest penalty")

    def losses(self, penalties: FloatArray) -> FloatArray:
        """The deviance of each lesion left out (row) at each of these penalties, as far down as they go."""
        from her2mri.selection.fold_kernels import held_out_losses

        self.extend(len(self.penalties) - int(np.searchsorted(self.penalties[::-1], penalties[-1])) + 1)
        known = slice(self.reached)
        return held_out_losses(
            self._others, self._outcome, self._fit.coefficients[known], self.penalties[known], penalties
        )

    def path(self) -> LassoPath:
        """The path so far, on the scale of the given columns."""
        known = slice(self.reached)
        coefficients = self._fit.coefficients[known, 1:] / np.where(self._scale > 0, self._scale, 1.0)
        intercepts = self._fit.coefficients[known, 0] - coefficients @ self._mean
        return LassoPath(self.penalties[known], intercepts, coefficients, self._fit.deviance_ratio[known])


def cross_validated_lasso(
    X: ArrayLike,
    y: ArrayLike,
    folds: ArrayLike,
    *,
    alpha: float = 1.0,
    n_penalties: int = GRID_LENGTH,
    whole: bool = True,
) -> CrossValidatedLasso:
    """The path on all lesions, and how well paths fitted without a fold predict it.

    As in ``cv.glmnet``: each fold's path has its own grid and is read off at the penalties of the full path;
    the mean deviances of the folds are weighted by their sizes; with fewer than 3 lesions a fold, each lesion
    counts as a fold in the standard error.

    Parameters
    ----------
    X, y, alpha, n_penalties
        As in ``lasso_path``.
    folds
        For each lesion the number of its fold; at least 3 folds, each leaving both classes to the others.
    whole
        False: the paths end where the deviance has risen for good past its minimum (docs/decisions/0260), which is
        enough where only the penalty chosen and its coefficients are wanted.

    """
    design, outcome = checked_design(X, y)
    fold = np.asarray(folds)
    names, place = np.unique(fold, return_inverse=True)
    if fold.shape != outcome.shape or len(names) < 3:
        raise ValueError(f"folds must give {len(outcome)} lesions at least 3 folds, got {len(names)}")
    few = len(outcome) < LESIONS_A_FOLD * len(names)
    lesions = _Lesions.of(design, outcome, place, apart=few)
    full = lesions.part(None, alpha, n_penalties)
    parts = [lesions.part(number, alpha, n_penalties) for number in range(len(names))]
    size = np.ones(len(outcome)) if few else np.array([part.times.sum() for part in parts])
    mean, std_error = np.empty(0), np.empty(0)
    while not full.ended and not (not whole and _past_minimum(mean, std_error)):
        known = full.reached
        full.extend(n_penalties if whole else known + STRIDE)
        losses = [part.losses(full.penalties[known : full.reached]) for part in parts]
        each = [
            loss if few else part.times @ loss / part.times.sum()
            for loss, part in zip(losses, parts, strict=True)
        ]
        further = _over_folds(np.vstack(each), size)
        mean, std_error = (np.concatenate(both) for both in zip((mean, std_error), further, strict=True))
    index_min = int(np.argmin(mean))
    index_1se = int(np.argmax(mean <= mean[index_min] + std_error[index_min]))
    return CrossValidatedLasso(full.path(), mean, std_error, index_min, index_1se)


def _past_minimum(mean: FloatArray, std_error: FloatArray) -> bool:
    """Whether the last deviance is far enough behind and above the smallest one to look no further.

    Where the largest penalty, which leaves nothing, has the smallest so far, something may still come.
    """
    least = int(np.argmin(mean)) if len(mean) else 0
    if least == 0 or len(mean) - 1 - least < LEAST_PAST:
        return False
    return bool(mean[-1] > mean[least] + std_error[least])


def _over_folds(each: FloatArray, size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard error over the folds (rows), weighted by their sizes."""
    mean = size @ each / size.sum()
    return mean, np.sqrt(size @ (each - mean) ** 2 / size.sum() / (len(size) - 1))
