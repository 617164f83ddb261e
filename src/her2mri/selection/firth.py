"""Firth's logistic regression: finite estimates where the classes separate. See docs/decisions/0004."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.selection.binary_design import checked_design, distinct_lesions, independent_columns
from her2mri.selection.logistic import (
    LogisticFit,
    fit_logistic,
    inverse_information,
    on_given_columns,
    standardised,
)
from her2mri.selection.separation import is_separated, one_column_separates
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
    return PenalisedFit.of(X, y).firth()


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
    return PenalisedFit.of(X, y).flic()


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
    return PenalisedFit.of(X, y).ratio_tests(groups)


def finite_fit(X: ArrayLike, y: ArrayLike) -> LogisticFit | PenalisedFit:
    """The maximum likelihood fit; where the classes separate, so that there is none, Firth's.

    Parameters
    ----------
    X, y
        As in ``fit_firth``.

    """
    design, outcome = checked_design(X, y)
    if not one_column_separates(design[:, independent_columns(design)], outcome):
        fit = fit_logistic(design, outcome)
        if not fit.separated:
            return fit
    return PenalisedFit.of(design, outcome, separated=True)


@dataclass(frozen=True)
class PenalisedFit:
    """Firth's fit on standardised columns (rows, intercept first) of lesions that differ, each counted ``times``.

    ``design`` is what was given, ``kept`` the positions in it of the columns that are independent, and ``back``
    the matrix that takes coefficients to its scale. ``inverse`` is that of the information at ``beta``,
    ``value`` the penalised log-likelihood there.
    """

    design: FloatArray
    outcome: FloatArray
    kept: IntArray
    columns: FloatArray
    y: FloatArray
    times: FloatArray
    back: FloatArray
    beta: FloatArray
    value: float
    converged: bool
    separated: bool
    inverse: FloatArray

    @classmethod
    def of(cls, X: ArrayLike, y: ArrayLike, *, separated: bool | None = None) -> PenalisedFit:
        """Fit; ``separated`` where it is known whether the classes separate."""
        from her2mri.selection import firth_kernels, kernels

        design, outcome = checked_design(X, y)
        kept = independent_columns(design)
        every, back = standardised(design[:, kept])
        first, times = distinct_lesions(every, outcome, np.zeros(len(outcome), dtype=np.int64))
        columns, own = np.ascontiguousarray(every[:, first]), outcome[first]
        beta, value, converged = firth_kernels.firth(
            columns, own, times, np.ones(len(columns), dtype=bool), np.zeros(len(columns)), 0.0
        )
        inverse = inverse_information(columns, kernels.linear_predictor(columns, beta), times)
        if separated is None:
            separated = is_separated(design[:, kept], outcome)
        return cls(
            design, outcome, kept, columns, own, times, back, beta, value, converged, separated, inverse
        )

    def firth(self) -> LogisticFit:
        """The fit on the scale of the given columns."""
        from her2mri.selection import kernels

        coefficients, covariance, aliased = on_given_columns(
            self.inverse, self.beta, self.back, self.kept, self.design.shape[1]
        )
        linear = coefficients[0] + self.design @ coefficients[1:]
        return LogisticFit(
            coefficients=coefficients,
            covariance=covariance,
            log_likelihood=kernels.log_likelihood(linear, self.outcome),
            n=len(self.outcome),
            converged=self.converged,
            separated=self.separated,
            method="Firth",
            aliased=aliased,
        )

    def flic(self) -> LogisticFit:
        """The fit with its intercept refitted by maximum likelihood."""
        from scipy.optimize import brentq
        from scipy.special import expit, logit

        from her2mri.selection import kernels

        fit = self.firth()
        slopes = self.design @ fit.coefficients[1:]
        share = self.outcome.mean()
        # The mean probability is below the share at one end and above it at the other.
        ends = float(logit(share) - slopes.max() - 1.0), float(logit(share) - slopes.min() + 1.0)
        intercept = float(brentq(lambda at: expit(at + slopes).mean() - share, *ends, xtol=1e-13))
        return replace(
            fit,
            coefficients=np.concatenate([[intercept], fit.coefficients[1:]]),
            log_likelihood=kernels.log_likelihood(intercept + slopes, self.outcome),
            method="Firth, FLIC",
        )

    def ratio_tests(self, groups: Sequence[Sequence[int]]) -> tuple[HypothesisTest, ...]:
        """See ``penalised_ratio_tests``."""
        from scipy.special import chdtrc

        place = {column: at + 1 for at, column in enumerate(self.kept.tolist())}
        answers = []
        for group in groups:
            held = [place[column] for column in group if column in place]
            if not held:
                answers.append(NO_TEST)
                continue
            statistic = max(2.0 * (self.value - self._without(np.array(held))), 0.0)
            p = float(chdtrc(len(held), statistic))
            answers.append(HypothesisTest("penalised likelihood ratio", statistic, p))
        return tuple(answers)

    def _without(self, held: IntArray) -> float:
        """The penalised log-likelihood with some coefficients held at 0."""
        from her2mri.selection import firth_kernels

        free = np.ones(len(self.beta), dtype=bool)
        free[held] = False
        # Where the quadratic at the full fit has its maximum under the restriction
        across = self.inverse[:, held]
        start = self.beta - across @ np.linalg.solve(across[held], self.beta[held])
        start[held] = 0.0
        return firth_kernels.firth(self.columns, self.y, self.times, free, start, LEAST_GAIN)[1]
