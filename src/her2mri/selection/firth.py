"""Firth's logistic regression: finite estimates where the classes separate. See docs/decisions/0004."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import FloatArray
from her2mri.selection.binary_design import checked_design, independent_columns
from her2mri.selection.logistic import (
    LogisticFit,
    log_likelihood_of,
    on_given_columns,
    probabilities,
    standardised,
)
from her2mri.selection.separation import is_separated
from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest

ITERATIONS: Final = 200
LONGEST_STEP: Final = 5.0
SCORE_TOLERANCE: Final = 1e-8


def fit_firth(X: ArrayLike, y: ArrayLike) -> LogisticFit:
    """Logistic regression with Jeffreys' prior as penalty: estimates exist for any data of two classes.

    Covariance and Wald inference come from the information matrix at the estimate; they are symmetric where
    the penalised likelihood is not, so that ``penalised_ratio_test`` is the better test of a term.

    Parameters
    ----------
    X
        Design matrix, lesions by columns, without an intercept and without missing values.
    y
        For each lesion 1 (event) or 0.

    Raises
    ------
    EstimationError
        Where all lesions are of one class.

    References
    ----------
    Firth (1993), doi:10.1093/biomet/80.1.27; Heinze and Schemper (2002), doi:10.1002/sim.1047.

    Examples
    --------
    A 2 x 2 table with an empty cell: as if half a lesion were added to each cell.

    >>> fit = fit_firth([[0.0]] * 4 + [[1.0]] * 3, [0, 0, 1, 1, 1, 1, 1])
    >>> round(float(fit.odds_ratios[1]), 4)
    7.0

    """
    design, outcome = checked_design(X, y)
    kept = independent_columns(design)
    scaled, back = standardised(design[:, kept])
    beta, _, converged = _maximise(scaled, outcome, np.ones(scaled.shape[1], dtype=bool))
    coefficients, covariance, aliased = on_given_columns(scaled, beta, back, kept, design.shape[1])
    return LogisticFit(
        coefficients=coefficients,
        covariance=covariance,
        log_likelihood=log_likelihood_of(scaled @ beta, outcome),
        n=len(outcome),
        converged=converged,
        separated=is_separated(design[:, kept], outcome),
        method="Firth",
        aliased=aliased,
    )


def penalised_ratio_test(X: ArrayLike, y: ArrayLike, columns: Sequence[int]) -> HypothesisTest:
    """Whether the coefficients of these columns are all 0, by the ratio of penalised likelihoods.

    The penalty of the restricted fit is that of all columns, as in Heinze and Schemper (2002).

    Parameters
    ----------
    X, y
        As in ``fit_firth``.
    columns
        Positions in ``X``; aliased ones do not count.

    """
    from scipy.special import chdtrc

    design, outcome = checked_design(X, y)
    kept = independent_columns(design)
    tested = np.isin(kept, np.asarray(columns))
    if not tested.any():
        return NO_TEST
    scaled, _ = standardised(design[:, kept])
    free = np.ones(scaled.shape[1], dtype=bool)
    full = _maximise(scaled, outcome, free)[1]
    free[1:] = ~tested
    restricted = _maximise(scaled, outcome, free)[1]
    statistic = max(2.0 * (full - restricted), 0.0)
    return HypothesisTest(
        "penalised likelihood ratio", statistic, float(chdtrc(int(tested.sum()), statistic))
    )


def _maximise(
    scaled: FloatArray, outcome: FloatArray, free: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[FloatArray, float, bool]:
    """Coefficients (0 where not free), penalised log-likelihood and whether the score vanished."""
    beta = np.zeros(scaled.shape[1])
    current = _penalised(scaled, outcome, beta)
    for _ in range(ITERATIONS):
        probability = probabilities(scaled, beta)
        weights = probability * (1 - probability)
        information = _information(scaled, probability)
        leverage = weights * np.sum(scaled * np.linalg.solve(information, scaled.T).T, axis=1)
        score = (scaled.T @ (outcome - probability + leverage * (0.5 - probability)))[free]
        if np.abs(score).max() < SCORE_TOLERANCE * len(outcome):
            return beta, current, True
        step = np.zeros_like(beta)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score)
        step *= min(1.0, LONGEST_STEP / np.abs(step).max())
        following = _penalised(scaled, outcome, beta + step)
        while following < current and np.abs(step).max() > 1e-10:
            step = step / 2
            following = _penalised(scaled, outcome, beta + step)
        beta, current = beta + step, following
    return beta, current, False


def _information(scaled: FloatArray, probability: FloatArray) -> FloatArray:
    weights = probability * (1 - probability)
    return np.asarray(scaled.T @ (scaled * weights[:, None]))


def _penalised(scaled: FloatArray, outcome: FloatArray, beta: FloatArray) -> float:
    sign, log_determinant = np.linalg.slogdet(_information(scaled, probabilities(scaled, beta)))
    if sign <= 0:
        return -np.inf
    return log_likelihood_of(scaled @ beta, outcome) + 0.5 * float(log_determinant)
