"""Fitting the pairwise model of the inputs that a bundle carries in place of patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from her2mri.bundle.arrays import FloatArray, IntArray
from her2mri.bundle.joint import Joint

RIDGE: Final = 1.0
"""Penalty on each squared coupling, on the scale of the log-likelihood of all lesions."""
_DECIMALS: Final = 9


def fit_joint(X: FloatArray, groups: IntArray, is_category: Sequence[bool]) -> Joint:
    """The pairwise model of columns ``X``, by penalised pseudo-likelihood. See docs/decisions/0082.

    ``groups`` gives the variable of each column, ``is_category`` says for each variable whether its columns
    are the levels of a category. The log-likelihoods of each variable given all others are added up (Besag
    1975, doi:10.2307/2987782; for mixed variables Lee and Hastie 2015, doi:10.1080/10618600.2014.900500).
    """
    from scipy.optimize import minimize

    measured = np.array([not is_category[group] for group in groups])
    center = np.where(measured, X.mean(axis=0), 0.0)
    scale = np.where(measured, np.maximum(X.std(axis=0), 1e-9), 1.0)
    problem = _Pseudolikelihood((X - center) / scale, np.asarray(groups), measured)
    start = problem.start()
    found = minimize(
        problem.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "ftol": 1e-13}
    )
    bias, coupling, precision = problem.unpacked(found.x)
    coupling[np.diag_indices(len(bias))] = np.where(measured, -precision, 0.0)
    coupling = np.round(_bounded(coupling, measured), _DECIMALS)
    return Joint(center, scale, np.round(bias, _DECIMALS), coupling)


@dataclass(frozen=True, eq=False)
class _Pseudolikelihood:
    """Parameters in one vector: biases, couplings of columns of different variables, log-precisions."""

    Z: FloatArray
    groups: IntArray
    measured: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    def pairs(self) -> tuple[IntArray, IntArray]:
        """The positions of the couplings above the diagonal."""
        first, second = np.triu_indices(len(self.groups), 1)
        apart = self.groups[first] != self.groups[second]
        return first[apart], second[apart]

    def start(self) -> FloatArray:
        """No couplings, unit precisions."""
        return np.zeros(len(self.groups) + len(self.pairs()[0]) + int(self.measured.sum()))

    def unpacked(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Biases, couplings with a diagonal of 0, and precisions (1 for a level)."""
        first, second = self.pairs()
        width = len(self.groups)
        coupling = np.zeros((width, width))
        coupling[first, second] = coupling[second, first] = parameters[width : width + len(first)]
        precision = np.ones(width)
        precision[self.measured] = np.exp(parameters[width + len(first) :])
        return parameters[:width].copy(), coupling, precision

    def loss(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """Penalised negative log-pseudo-likelihood and its gradient."""
        bias, coupling, precision = self.unpacked(parameters)
        first, second = self.pairs()
        pull = self.Z @ coupling + bias
        log_likelihood, residual = self._levels(pull)
        z, tau, m = self.Z[:, self.measured], precision[self.measured], pull[:, self.measured]
        log_likelihood += float(np.sum(0.5 * np.log(tau) - 0.5 * tau * z**2 + z * m - m**2 / (2 * tau)))
        residual[:, self.measured] = z - m / tau
        slope = self.Z.T @ residual
        gradient = np.concatenate(
            [
                residual.sum(axis=0),
                slope[first, second] + slope[second, first] - RIDGE * coupling[first, second],
                np.sum(0.5 - tau * z**2 / 2 + m**2 / (2 * tau), axis=0),
            ]
        )
        penalty = 0.5 * RIDGE * float(np.sum(coupling[first, second] ** 2))
        return penalty - log_likelihood, -gradient

    def _levels(self, pull: FloatArray) -> tuple[float, FloatArray]:
        """Log-likelihood of the categories, and observed minus expected columns."""
        residual = np.zeros_like(pull)
        total = 0.0
        for group in np.unique(self.groups[~self.measured]):
            columns = np.flatnonzero(self.groups == group)
            scores = np.column_stack([np.zeros(len(pull)), pull[:, columns]])
            scores = scores - scores.max(axis=1, keepdims=True)
            log_sum = np.log(np.exp(scores).sum(axis=1, keepdims=True))
            share = np.exp(scores - log_sum)
            observed = self.Z[:, columns]
            reference = 1 - observed.sum(axis=1)
            log_share = scores - log_sum
            total += float(np.sum(reference * log_share[:, 0]) + np.sum(observed * log_share[:, 1:]))
            residual[:, columns] = observed - share[:, 1:]
        return total, residual


def _bounded(coupling: FloatArray, measured: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> FloatArray:
    """Couplings between measurements shrunk until their joint distribution exists."""
    inside = np.ix_(measured, measured)
    diagonal = np.diag(np.diag(coupling[inside]))
    if not len(diagonal):
        return coupling
    bounded = coupling.copy()
    while np.linalg.eigvalsh(-bounded[inside])[0] < 1e-3 * -diagonal.max():
        bounded[inside] = diagonal + 0.9 * (bounded[inside] - diagonal)
    return bounded
