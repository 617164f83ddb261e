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
from her2mri.selection.binary_design import checked_design

RULES: Final = ("min", "1se")
GRID_LENGTH: Final = 100
LEAST_ALPHA: Final = 1e-3
"""Below this the grid starts where it would for this share of LASSO: a ridge alone leaves nothing nowhere."""
ENDLESS: Final = 9.9e35
LEAST_PROBABILITY: Final = 1e-5
"""Probabilities are kept this far from 0 and 1 in the cross-validated deviance."""


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

    def at(self, penalties: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Intercepts and coefficients at other penalties, linear between those of the path."""
        wanted = np.atleast_1d(np.asarray(penalties, dtype=np.float64))
        known, last = self.penalties[::-1], len(self.penalties) - 1
        above = np.clip(np.searchsorted(known, wanted), min(1, last), last)
        below = np.maximum(above - 1, 0)
        gap = np.where(above > below, known[above] - known[below], 1.0)
        share = np.clip((wanted - known[below]) / gap, 0.0, 1.0)
        both = np.column_stack([self.intercepts, self.coefficients])[::-1]
        found = both[below] + share[:, None] * (both[above] - both[below])
        return found[:, 0], found[:, 1:]


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
    from her2mri.selection import path_kernels

    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must fulfil 0 <= alpha <= 1, got {alpha}")
    design, outcome = checked_design(X, y)
    n, p = design.shape
    mean, varies = design.mean(axis=0), np.ptp(design, axis=0) > 0
    if not varies.any():
        raise EstimationError("the LASSO needs a column that varies")
    scale = np.where(varies, design.std(axis=0), 1.0)
    columns = np.ones((p + 1, n))
    columns[1:] = np.where(varies, (design - mean) / scale, 0.0).T
    largest = float(np.max(np.abs(columns[1:] @ (outcome - outcome.mean())))) / n
    if largest == 0.0:
        raise EstimationError("the LASSO needs a column that goes with the outcome")
    largest /= max(alpha, LEAST_ALPHA)
    penalties = np.geomspace(largest, largest * (1e-2 if n < p else 1e-4), GRID_LENGTH)[:n_penalties]
    # The first penalty leaves nothing in the model, whatever the last bit of its rounding says.
    fitted_at = np.concatenate([[2 * penalties[0] if alpha == 1 else ENDLESS], penalties[1:]])
    found, ratio, reached = path_kernels.penalised_path(
        columns, outcome, alpha * fitted_at, (1 - alpha) * fitted_at, True
    )
    if reached == 0:
        raise EstimationError("the LASSO did not converge at its largest penalty")
    coefficients = found[:reached, 1:] / scale
    return LassoPath(
        penalties[:reached], found[:reached, 0] - coefficients @ mean, coefficients, ratio[:reached]
    )


def cross_validated_lasso(
    X: ArrayLike, y: ArrayLike, folds: ArrayLike, *, alpha: float = 1.0, n_penalties: int = GRID_LENGTH
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

    """
    design, outcome = checked_design(X, y)
    fold = np.asarray(folds)
    names = np.unique(fold)
    if fold.shape != outcome.shape or len(names) < 3:
        raise ValueError(f"folds must give {len(outcome)} lesions at least 3 folds, got {len(names)}")
    path = lasso_path(design, outcome, alpha=alpha, n_penalties=n_penalties)
    losses = np.empty((len(outcome), len(path.penalties)))
    for name in names:
        left_out = fold == name
        part = lasso_path(design[~left_out], outcome[~left_out], alpha=alpha, n_penalties=n_penalties)
        intercepts, coefficients = part.at(path.penalties)
        losses[left_out] = _deviance(outcome[left_out], intercepts + design[left_out] @ coefficients.T)
    mean, std_error = _over_folds(losses, np.searchsorted(names, fold))
    index_min = int(np.argmin(mean))
    index_1se = int(np.argmax(mean <= mean[index_min] + std_error[index_min]))
    return CrossValidatedLasso(path, mean, std_error, index_min, index_1se)


def _deviance(outcome: FloatArray, linear_predictor: FloatArray) -> FloatArray:
    """Of each lesion (row) at each penalty (column)."""
    from scipy.special import expit

    probability = np.clip(expit(linear_predictor), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.asarray(-2 * np.log(np.where(outcome[:, None] > 0.5, probability, 1 - probability)))


def _over_folds(losses: FloatArray, fold: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard error of each column of losses over the folds, weighted by their sizes."""
    n, n_folds = len(fold), int(fold.max()) + 1
    if n < 3 * n_folds:
        fold, n_folds = np.arange(n), n
    size = np.bincount(fold).astype(np.float64)
    each = np.array([losses[fold == index].mean(axis=0) for index in range(n_folds)])
    mean = np.average(each, axis=0, weights=size)
    spread = np.average((each - mean) ** 2, axis=0, weights=size)
    return mean, np.sqrt(spread / (n_folds - 1))
