"""LR: multivariable logistic regression, the model behind the nomogram."""

from __future__ import annotations

from scipy.special import expit

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import ProbabilityEstimator
from her2mri.selection.firth import fit_flic
from her2mri.selection.logistic import LogisticFit, fit_logistic


class LogisticRegression(ProbabilityEstimator):
    """Maximum likelihood without a penalty; Firth's penalised likelihood where the classes separate.

    Under Firth the intercept is refitted, so that either way the mean probability of the lesions fitted to is
    their share of events. ``inference_`` holds coefficients, standard errors and covariance; ``used_firth_``
    says which of the two.
    """

    inference_: LogisticFit

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        fitted = fit_logistic(X, y)
        self.used_firth_ = fitted.separated
        self.inference_ = fit_flic(X, y) if fitted.separated else fitted
        self.intercept_ = float(self.inference_.coefficients[0])
        self.coef_ = self.inference_.coefficients[1:]

    def decision_function(self, X: FloatArray) -> FloatArray:
        """The linear predictor."""
        linear_predictor: FloatArray = X @ self.coef_ + self.intercept_
        return linear_predictor

    def _probability(self, X: FloatArray) -> FloatArray:
        probability: FloatArray = expit(self.decision_function(X))
        return probability
