"""Firth's logistic regression: finite estimates where the classes separate. See docs/decisions/0004."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import FloatArray
from her2mri.selection.binary_design import checked_design, independent_columns
from her2mri.selection.logistic import (
    LogisticFit,
    on_given_columns,
    standardised,
)
from her2mri.selection.separation import is_separated
from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest

LEAST_GAIN: Final = 1e-10
"""In log-likelihood: far below what a p-value shows."""


def fit_firth(X: ArrayLike, y: ArrayLike) -> LogisticFit:
    """Logistic regression with Jeffreys' prior as penalty: estimates exist for any data of two classes.

    Covariance and Wald inference come from the information matrix at the estimate; they are symmetric where
    the penalised likelihood is not, so that ``penalised_ratio_tests`` is the better test of a term.

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
    from her2mri.selection import firth_kernels, kernels

    design, outcome = checked_design(X, y)
    kept = independent_columns(design)
    columns, back = standardised(design[:, kept])
    beta, _, converged = firth_kernels.firth(
        columns, outcome, np.ones(columns.shape[0], dtype=bool), np.zeros(columns.shape[0]), 0.0
    )
    coefficients, covariance, aliased = on_given_columns(columns, beta, back, kept, design.shape[1])
    return LogisticFit(
        coefficients=coefficients,
        covariance=covariance,
        log_likelihood=kernels.log_likelihood(kernels.linear_predictor(columns, beta), outcome),
        n=len(outcome),
        converged=converged,
        separated=is_separated(design[:, kept], outcome),
        method="Firth",
        aliased=aliased,
    )


def fit_flic(X: ArrayLike, y: ArrayLike) -> LogisticFit:
    """Firth's fit, its intercept refitted by maximum likelihood with the other coefficients held.

    Firth's penalty pulls the mean probability toward one half; refitted, the mean of the fitted probabilities
    is the share of events (FLIC: Puhr and others 2017, doi:10.1002/sim.7273). The covariance stays Firth's.

    Parameters
    ----------
    X, y
        As in ``fit_firth``.

    Examples
    --------
    >>> X, y = np.array([[0.0]] * 4 + [[1.0]] * 3), [0, 0, 1, 1, 1, 1, 1]
    >>> for fit in (fit_firth(X, y), fit_flic(X, y)):
    ...     linear = fit.coefficients[0] + X @ fit.coefficients[1:]
    ...     print(fit.method, round(float(np.mean(1 / (1 + np.exp(-linear)))), 4), round(5 / 7, 4))
    Firth 0.6607 0.7143
    Firth, FLIC 0.7143 0.7143

    """
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    from her2mri.selection import kernels

    design, outcome = checked_design(X, y)
    fit = fit_firth(design, outcome)
    slopes = design @ fit.coefficients[1:]
    share = outcome.mean()
    # The mean probability is below the share at one end and above it at the other.
    ends = float(logit(share) - slopes.max() - 1.0), float(logit(share) - slopes.min() + 1.0)
    intercept = float(brentq(lambda at: expit(at + slopes).mean() - share, *ends, xtol=1e-13))
    return replace(
        fit,
        coefficients=np.concatenate([[intercept], fit.coefficients[1:]]),
        log_likelihood=kernels.log_likelihood(intercept + slopes, outcome),
        method="Firth, FLIC",
    )


def penalised_ratio_tests(
    X: ArrayLike, y: ArrayLike, groups: Sequence[Sequence[int]]
) -> tuple[HypothesisTest, ...]:
    """For each group of columns, whether its coefficients are all 0, by the ratio of penalised likelihoods.

    The penalty of a restricted fit is that of all columns, as in Heinze and Schemper (2002).

    Parameters
    ----------
    X, y
        As in ``fit_firth``.
    groups
        Positions in ``X``; aliased ones do not count.

    """
    from scipy.special import chdtrc

    from her2mri.selection import firth_kernels

    design, outcome = checked_design(X, y)
    kept = independent_columns(design)
    columns, _ = standardised(design[:, kept])
    everything = np.ones(columns.shape[0], dtype=bool)
    beta, full, _ = firth_kernels.firth(columns, outcome, everything, np.zeros(columns.shape[0]), 0.0)
    covariance = _covariance(columns, beta)
    answers = []
    for group in groups:
        free = everything.copy()
        free[1:] = ~np.isin(kept, np.asarray(group, dtype=np.int64))
        freedom = int(np.sum(~free))
        if freedom == 0:
            answers.append(NO_TEST)
            continue
        # Where the quadratic at the full fit has its maximum under the restriction
        shift = np.linalg.solve(covariance[np.ix_(~free, ~free)], beta[~free])
        start = np.where(free, beta - covariance[:, ~free] @ shift, 0.0)
        restricted = firth_kernels.firth(columns, outcome, free, start, LEAST_GAIN)[1]
        statistic = max(2.0 * (full - restricted), 0.0)
        answers.append(
            HypothesisTest("penalised likelihood ratio", statistic, float(chdtrc(freedom, statistic)))
        )
    return tuple(answers)


def _covariance(columns: FloatArray, beta: FloatArray) -> FloatArray:
    """The inverse of the information of the columns (rows, intercept first) at these coefficients."""
    from scipy.special import expit

    from her2mri.selection import kernels

    probability = expit(kernels.linear_predictor(columns, beta))
    return np.asarray(np.linalg.inv(kernels.cross_products(columns, probability * (1.0 - probability))))
