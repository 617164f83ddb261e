"""Firth: logistic regression under Firth's penalty, whether or not the classes separate."""

from __future__ import annotations

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import LinearEstimator
from her2mri.selection.firth import fit_flic
from her2mri.selection.logistic import LogisticFit


class FirthRegression(LinearEstimator):
    """Jeffreys' prior as penalty, which takes away most of the bias of small samples; FLIC's intercept.

    The mean probability of the lesions fitted to is their share of events. ``inference_`` holds coefficients,
    standard errors and covariance. See docs/decisions/0123.
    """

    inference_: LogisticFit

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        self.inference_ = fit_flic(X, y)
        self.intercept_ = float(self.inference_.coefficients[0])
        self.coef_ = self.inference_.coefficients[1:]

    def notes(self) -> tuple[str, ...]:
        """Whether only the penalty keeps the estimates finite."""
        separated = self.inference_.separated
        return (
            ("A term separates the classes: its estimate is finite by the penalty alone.",)
            if separated
            else ()
        )
