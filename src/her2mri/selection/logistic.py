"""Logistic regression by maximum likelihood, with its inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.selection.binary_design import checked_design, independent_columns
from her2mri.selection.separation import is_separated

LEAST_WEIGHT: Final = 1e-10
SUSPECT_PROBABILITY: Final = 1e-4
"""A fitted probability nearer to 0 or 1 than this may come from separation, which is then looked for."""


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression; the intercept comes first in every array.

    ``deviance`` is -2 times ``log_likelihood``. ``separated`` says that no maximum likelihood estimate
    exists: with ``method`` "maximum likelihood" the numbers are then where the iterations stopped and must
    not be read; with "Firth" they are finite estimates under Jeffreys' prior, and with "Firth, FLIC" the
    intercept is then refitted by maximum likelihood. ``aliased`` are the positions in the design matrix of
    columns that are constant or depend on earlier ones: their coefficients are 0, which leaves predictions as
    they are, and their covariances are missing.
    """

    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    n: int
    converged: bool
    separated: bool
    method: Literal["maximum likelihood", "Firth", "Firth, FLIC"] = "maximum likelihood"
    aliased: tuple[int, ...] = ()

    @property
    def deviance(self) -> float:
        """Minus twice the log-likelihood."""
        return -2.0 * self.log_likelihood

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return self.deviance + 2.0 * (len(self.coefficients) - len(self.aliased))

    @property
    def std_errors(self) -> FloatArray:
        """Standard errors of the coefficients."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def z_values(self) -> FloatArray:
        """Wald statistics: coefficients over standard errors."""
        return np.asarray(self.coefficients / self.std_errors)

    @property
    def p_values(self) -> FloatArray:
        """Two-sided Wald p-values."""
        from scipy.special import ndtr

        return np.asarray(2.0 * ndtr(-np.abs(self.z_values)))

    @property
    def odds_ratios(self) -> FloatArray:
        """Exponentials of the coefficients."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.coefficients))

    def odds_ratio_interval(self, *, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Wald intervals of the odds ratios, lower and upper bounds."""
        from scipy.special import ndtri

        if not 0 < confidence < 1:
            raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
        half = float(ndtri(0.5 + confidence / 2)) * self.std_errors
        with np.errstate(over="ignore"):
            return np.exp(self.coefficients - half), np.exp(self.coefficients + half)


def fit_logistic(X: ArrayLike, y: ArrayLike) -> LogisticFit:
    """Logistic regression by maximum likelihood.

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

    Examples
    --------
    >>> fit = fit_logistic([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]], [1, 0, 0, 1, 1, 0])
    >>> [round(float(b), 4) for b in fit.coefficients]
    [-0.6931, 1.3863]
    >>> fit_logistic([[0.0], [0.0], [1.0], [1.0]], [0, 0, 1, 1]).separated
    True

    """
    from scipy.special import expit

    from her2mri.selection import kernels

    design, outcome = checked_design(X, y)
    kept = independent_columns(design)
    columns, back = standardised(design[:, kept])
    beta, linear, log_likelihood, converged = kernels.newton(columns, outcome)
    suspect = expit(-np.abs(linear)).min() < SUSPECT_PROBABILITY
    inverse = inverse_information(columns, linear)
    coefficients, covariance, aliased = on_given_columns(inverse, beta, back, kept, design.shape[1])
    return LogisticFit(
        coefficients=coefficients,
        covariance=covariance,
        log_likelihood=log_likelihood,
        n=len(outcome),
        converged=converged,
        separated=(suspect or not converged) and is_separated(design[:, kept], outcome),
        aliased=aliased,
    )


def on_given_columns(
    inverse: FloatArray, beta: FloatArray, back: FloatArray, kept: IntArray, n_columns: int
) -> tuple[FloatArray, FloatArray, tuple[int, ...]]:
    """Coefficients and covariance on the scale of the given columns, and which of these are aliased.

    ``inverse`` is that of the information of the columns that the coefficients ``beta`` are of.
    """
    where = np.concatenate([[0], kept + 1])
    coefficients = np.zeros(n_columns + 1)
    coefficients[where] = back @ beta
    covariance = np.full((n_columns + 1, n_columns + 1), np.nan)
    covariance[np.ix_(where, where)] = back @ inverse @ back.T
    return coefficients, covariance, tuple(sorted(set(range(n_columns)) - set(kept.tolist())))


def inverse_information(
    columns: FloatArray, linear: FloatArray, times: FloatArray | float = 1.0
) -> FloatArray:
    """The inverse of the information at this linear predictor, each lesion counted so many times."""
    from scipy.special import expit

    from her2mri.selection import kernels

    probability = expit(linear)
    weights = times * np.maximum(probability * (1 - probability), LEAST_WEIGHT)
    return np.asarray(np.linalg.inv(kernels.cross_products(columns, weights)))


def standardised(design: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Intercept and standardised columns (as rows), and the matrix that takes coefficients back.

    The fits work on this scale so that the units of the columns make no numerical difference.
    """
    mean, scale = design.mean(axis=0), design.std(axis=0)
    columns = np.ones((design.shape[1] + 1, len(design)))
    columns[1:] = ((design - mean) / scale).T
    back = np.diag(np.concatenate([[1.0], 1.0 / scale]))
    back[0, 1:] = -mean / scale
    return columns, back
