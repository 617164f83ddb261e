"""SVM: a radial support vector machine whose margin is turned into a probability by Platt's sigmoid."""

from __future__ import annotations

import numpy as np
from scipy.special import expit
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import EstimationError
from her2mri.models.estimator import ProbabilityEstimator


class SupportVectorMachine(ProbabilityEstimator):
    """C-classification with the kernel exp(-gamma |x - x'|²) over standardised terms, classes weighted alike.

    The sigmoid is fitted to out-of-fold margins (five folds that never part a patient), because the margins
    of the lesions the machine was fitted to are too good to be calibrated on. Without it (``with_sigmoid``
    False) lesions are ranked by the margin, and the numbers are no probabilities: for tuning only.
    """

    def __init__(
        self, C: float = 1.0, gamma: float = 0.05, n_folds: int = 5, with_sigmoid: bool = True
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.n_folds = n_folds
        self.with_sigmoid = with_sigmoid

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        self.scaler_ = StandardScaler().fit(X)
        Z = self.scaler_.transform(X)
        self.machine_ = self._machine().fit(Z, y)
        self.slope_, self.intercept_ = self._sigmoid(Z, y, groups) if self.with_sigmoid else (1.0, 0.0)

    def _sigmoid(self, Z: FloatArray, y: IntArray, groups: IntArray | None) -> tuple[float, float]:
        patients = np.arange(len(y)) if groups is None else np.asarray(groups)
        n_folds = min(self.n_folds, *(len(np.unique(patients[y == value])) for value in (0, 1)))
        if n_folds < 2:
            raise EstimationError("a sigmoid needs at least two patients of each class")
        margin = np.empty(len(y))
        for fitted, held_out in StratifiedGroupKFold(n_folds).split(Z, y, patients):
            machine = self._machine().fit(Z[fitted], y[fitted])
            margin[held_out] = machine.decision_function(Z[held_out])
        return platt_sigmoid(margin, y)

    def _machine(self) -> SVC:
        return SVC(C=self.C, gamma=self.gamma, class_weight="balanced")

    def decision_function(self, X: FloatArray) -> FloatArray:
        """The signed margin, positive on the side of class 1."""
        return radial_margin(self.machine_, self.scaler_.transform(X))

    def notes(self) -> tuple[str, ...]:
        """Whether the margin ranks nothing."""
        if self.with_sigmoid and self.slope_ == 0:
            return ("Out-of-fold margins did not rank the lesions: all have the same probability.",)
        return ()

    def _probability(self, X: FloatArray) -> FloatArray:
        probability: FloatArray = expit(self.slope_ * self.decision_function(X) + self.intercept_)
        return probability


def radial_margin(machine: SVC, Z: FloatArray, *, rows_at_once: int = 2000) -> FloatArray:
    """The margin of a fitted radial machine as matrix products, some ten times faster than libsvm's own."""
    vectors, weights = machine.support_vectors_, machine.dual_coef_[0]
    margin = np.empty(len(Z))
    for start in range(0, len(Z), rows_at_once):
        part = Z[start : start + rows_at_once]
        squared_distance = (part**2).sum(axis=1)[:, None] - 2 * part @ vectors.T + (vectors**2).sum(axis=1)
        kernel = np.exp(-machine.gamma * squared_distance)
        margin[start : start + rows_at_once] = kernel @ weights + machine.intercept_[0]
    return margin


def platt_sigmoid(margin: FloatArray, y: IntArray, *, max_iter: int = 100) -> tuple[float, float]:
    """Slope (never below 0) and intercept of the logistic curve of ``y`` on ``margin``.

    Targets are Platt's (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), which keep the curve finite when the margin
    separates the classes; fitted by Newton's method with step halving (Lin, Lin and Weng 2007,
    doi:10.1007/s10994-007-5018-6). A negative slope would turn the order of the lesions round: it is 0 then.
    """
    n_events = int(y.sum())
    target = np.where(y == 1, (n_events + 1) / (n_events + 2), 1 / (len(y) - n_events + 2))
    design = np.column_stack([margin, np.ones_like(margin)])
    coefficients = np.array([0.0, np.log((n_events + 1) / (len(y) - n_events + 1))])

    def loss(beta: FloatArray) -> float:
        score = design @ beta
        return float(np.sum(np.logaddexp(0, score) - target * score))

    current = loss(coefficients)
    for _ in range(max_iter):
        fitted = expit(design @ coefficients)
        gradient = design.T @ (fitted - target)
        if np.max(np.abs(gradient)) < 1e-8:
            break
        weights = fitted * (1 - fitted)
        hessian = (design * weights[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        scale = 1.0
        while scale > 1e-10 and loss(coefficients - scale * step) > current:
            scale /= 2
        coefficients = coefficients - scale * step
        current = loss(coefficients)
    if coefficients[0] < 0:
        prevalence = target.mean()
        return 0.0, float(np.log(prevalence / (1 - prevalence)))
    return float(coefficients[0]), float(coefficients[1])
