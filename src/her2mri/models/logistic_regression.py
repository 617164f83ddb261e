"""LR: multivariable logistic regression, the model behind the nomogram."""

from __future__ import annotations

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import LinearEstimator
from her2mri.selection.firth import PenalisedFit, finite_fit
from her2mri.selection.logistic import LogisticFit


class LogisticRegression(LinearEstimator):
    """Maximum likelihood without a penalty; Firth's penalised likelihood where the classes separate.

    Under Firth the intercept is refitted, so that either way the mean probability of the lesions fitted to is
    their share of events. ``inference_`` holds coefficients, standard errors and covariance; ``used_firth_``
    says which of the two.
    """

    inference_: LogisticFit

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        fitted = finite_fit(X, y)
        self.used_firth_ = isinstance(fitted, PenalisedFit)
        self.inference_ = fitted.flic() if isinstance(fitted, PenalisedFit) else fitted
        self.intercept_ = float(self.inference_.coefficients[0])
        self.coef_ = self.inference_.coefficients[1:]

    def notes(self) -> tuple[str, ...]:
        """Whether Firth's penalty had to be used."""
        if not self.used_firth_:
            return ()
        return (
            "A term separates the classes: fitted with Firth's penalty, and the intercept refitted so that the mean "
            "probability is the share of events (FLIC).",
        )
