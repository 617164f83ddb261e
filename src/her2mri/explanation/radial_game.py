"""Coalition values of a radial support vector machine, whose kernel is a product over the variables.

The kernel between a hybrid and a support vector is that of the lesion over the coalition's variables times that
of the background lesion over the others. The margins of all hybrids of one coalition are thus one matrix
product, where predicting them one by one would compute every kernel anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import ProbabilityEstimator
from her2mri.models.support_vector_machine import SupportVectorMachine

_NUMBERS_AT_ONCE: Final = 2**16


@dataclass(frozen=True)
class RadialPredict:
    """The probability of a support vector machine, and its coalition values by factors of the kernel."""

    machine: SupportVectorMachine

    def __call__(self, X: FloatArray) -> FloatArray:
        """Probability of class 1 for each row."""
        return np.asarray(self.machine.predict_proba(X)[:, 1])

    def coalition_values(
        self,
        X: FloatArray,
        background: FloatArray,
        share: FloatArray,
        column_variable: IntArray,
        coalitions: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    ) -> FloatArray:
        """The mean prediction of each lesion's hybrids, lesions by coalitions.

        ``share`` weighs the background lesions; ``column_variable`` gives each column its position in the
        coalitions, -1 for one that never varies.
        """
        from scipy.special import expit

        p = coalitions.shape[1]
        own = self._factors(X, column_variable, p)
        fixed, own = own[-1] * self.machine.machine_.dual_coef_[0], own[:-1]
        others = self._factors(background, column_variable, p)[:-1]
        complements = _Products(others)
        step = max(1, _NUMBERS_AT_ONCE // own.shape[2])
        values = np.empty((len(X), len(coalitions)))
        bias = self.machine.machine_.intercept_[0]
        slope, intercept = self.machine.slope_, self.machine.intercept_
        for start in range(0, len(X), step):
            rows = slice(start, start + step)
            inside = _Products(own[:, rows], times=fixed[rows])
            for at, members in enumerate(coalitions):
                margin = inside.of(members) @ complements.of(~members).T + bias
                values[rows, at] = expit(slope * margin + intercept) @ share
        return values

    def _factors(self, rows: FloatArray, column_variable: IntArray, p: int) -> FloatArray:
        """The kernel's factor of each variable, and last that of columns that never vary, (p + 1, n, vectors)."""
        machine = self.machine.machine_
        Z, vectors = self.machine.scaler_.transform(rows), machine.support_vectors_
        distance = np.zeros((p + 1, len(Z), len(vectors)))
        for column, variable in enumerate(column_variable.tolist()):
            distance[variable] += (Z[:, column, None] - vectors[None, :, column]) ** 2
        return np.asarray(np.exp(-machine.gamma * distance))


class _Products:
    """Products of the factors of any set of variables, put together from those of two halves."""

    def __init__(self, factors: FloatArray, *, times: FloatArray | None = None) -> None:
        self.half = len(factors) // 2
        one = np.ones(factors.shape[1:])
        self.tables = [
            _all_products(factors[: self.half], one if times is None else times),
            _all_products(factors[self.half :], one),
        ]

    def of(self, members: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> FloatArray:
        """The product over the members, lesions by support vectors."""
        first, second = (
            int((part * 2 ** np.arange(len(part))).sum())
            for part in (members[: self.half], members[self.half :])
        )
        return np.asarray(self.tables[0][first] * self.tables[1][second])


def _all_products(factors: FloatArray, times: FloatArray) -> list[FloatArray]:
    """The product over every subset, numbered by its bits, each ``times`` something."""
    products = [times]
    for factor in factors:
        products += [product * factor for product in products]
    return products


def predict_of(estimator: ProbabilityEstimator) -> Callable[[FloatArray], FloatArray]:
    """Rows to probabilities of class 1, in the form that Shapley values are fastest with."""
    if isinstance(estimator, SupportVectorMachine) and estimator.with_sigmoid:
        return RadialPredict(estimator)
    return lambda X: np.asarray(estimator.predict_proba(X)[:, 1])
