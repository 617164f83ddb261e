"""RCS: logistic regression with a curve for each measurement, its wiggles held by a ridge penalty."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import EstimationError
from her2mri.models.estimator import LinearEstimator

PENALTIES: Final = (0.01, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""Of half the squares of standardised coefficients, in units of the log-likelihood. The first only keeps
estimates finite."""


class SplineRegression(LinearEstimator):
    """Penalised maximum likelihood over terms that an encoding with knots has made (docs/decisions/0121).

    The penalty is the one of lowest AIC, corrected for small samples, with the effective number of coefficients
    as its parameters (Gray 1992, doi:10.1080/01621459.1992.10476248): quick enough for every resample. The
    intercept is free, so that the mean probability of the lesions fitted to is their share of events.

    ``penalty_`` and ``effective_`` (coefficients, the intercept not counted) are those chosen; ``covariance_``,
    intercept first, is the inverse of the penalised information.
    """

    def __init__(self, penalties: tuple[float, ...] = PENALTIES) -> None:
        self.penalties = penalties

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        from her2mri.selection.penalised_path import PenalisedPath

        n, p = X.shape
        mean, varies = X.mean(axis=0), np.ptp(X, axis=0) > 0
        scale = np.where(varies, X.std(axis=0), 1.0)
        columns = np.ones((p + 1, n))
        columns[1:] = np.where(varies, (X - mean) / scale, 0.0).T
        tried = np.sort(np.asarray(self.penalties, dtype=np.float64))[::-1]
        if len(tried) == 0 or tried[-1] <= 0:
            raise ValueError(f"penalties must be above 0, got {self.penalties}")
        outcome = y.astype(np.float64)
        path = PenalisedPath(columns, outcome, np.ones(n), np.zeros(len(tried)), tried / n, ends_early=False)
        path.extend(len(tried))
        found, reached = path.coefficients, path.reached
        if reached == 0:
            raise EstimationError("spline regression did not converge at its largest penalty")
        self.tried_ = [
            self._tried(columns, outcome, penalty, beta)
            for penalty, beta in zip(tried[:reached], found[:reached], strict=True)
        ]
        best = int(np.argmin([each["aicc"] for each in self.tried_]))
        self.penalty_, self.effective_ = self.tried_[best]["penalty"], self.tried_[best]["effective"]
        self.coef_ = found[best, 1:] / scale
        self.intercept_ = float(found[best, 0] - self.coef_ @ mean)
        back = np.diag(np.concatenate([[1.0], 1.0 / scale]))
        back[0, 1:] = -mean / scale
        information, ridge = _information(columns, found[best]), _ridge(p, self.penalty_)
        self.covariance_ = back @ np.linalg.inv(information + ridge) @ back.T

    def _tried(
        self, columns: FloatArray, outcome: FloatArray, penalty: float, beta: FloatArray
    ) -> dict[str, float]:
        """One penalty's effective number of coefficients and its corrected AIC."""
        from her2mri.selection import kernels

        n = len(outcome)
        information = _information(columns, beta)
        share = np.linalg.solve(information + _ridge(len(beta) - 1, penalty), information)
        effective = float(np.trace(share)) - 1.0
        log_likelihood = kernels.log_likelihood(kernels.linear_predictor(columns, beta), outcome)
        correction = (effective + 1) / max(n - effective - 1, 1e-9)
        aicc = -2 * log_likelihood + 2 * effective * (1 + correction)
        return {"penalty": float(penalty), "effective": effective, "aicc": aicc}

    def search(self) -> pd.DataFrame:
        """Every penalty tried with its effective number of coefficients and its corrected AIC, largest first."""
        frame = pd.DataFrame(self.tried_)
        return frame.assign(chosen=frame["penalty"] == self.penalty_)

    def notes(self) -> tuple[str, ...]:
        """Whether a larger penalty than those tried might have been better."""
        if self.penalty_ == max(self.penalties):
            return (f"Chosen at the edge of the grid: ridge penalty {self.penalty_:g}, the largest.",)
        return ()


def _information(columns: FloatArray, beta: FloatArray) -> FloatArray:
    """The information of the likelihood about intercept and standardised coefficients."""
    from her2mri.selection import kernels

    probability = expit(kernels.linear_predictor(columns, beta))
    return kernels.cross_products(columns, probability * (1 - probability))


def _ridge(n_columns: int, penalty: float) -> FloatArray:
    """The information of the penalty: none about the intercept."""
    return np.diag(np.concatenate([[0.0], np.full(n_columns, penalty)]))
