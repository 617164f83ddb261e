"""What each family of model computes from its parameters, with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from her2mri.bundle.arrays import Z_95, FloatArray, IntArray, expit

PATIENT_FAMILIES = frozenset({"SVM", "k-NN"})
"""Families whose parameters are rows of patients."""

OTHER_FAMILIES = frozenset({"DT", "ANN"}) | PATIENT_FAMILIES
"""Families that are no linear models: no linear model may bear their names."""


class Family(Protocol):
    """Probability of the positive class over columns ``X``, lesions by terms.

    ``is_smooth`` says that the probability has no steps, so that a few quadrature nodes average it well.
    """

    @property
    def is_smooth(self) -> bool:
        """Whether nearby lesions have nearby probabilities."""
        ...

    def probability(self, X: FloatArray) -> FloatArray:
        """Of the positive class."""
        ...


@dataclass(frozen=True, eq=False)
class Logistic:
    """``covariance`` is of (intercept, coefficients); None where nothing is known of it."""

    intercept: float
    coefficients: FloatArray
    covariance: FloatArray | None
    is_smooth = True

    def log_odds(self, X: FloatArray) -> FloatArray:
        """The linear predictor."""
        return np.asarray(X @ self.coefficients + self.intercept)

    def std_error(self, X: FloatArray) -> FloatArray | None:
        """Of the linear predictor; None where there is no covariance."""
        if self.covariance is None:
            return None
        design = np.column_stack([np.ones(len(X)), X])
        variance = np.einsum("ij,jk,ik->i", design, self.covariance, design)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))

    def probability(self, X: FloatArray) -> FloatArray:
        """Of the positive class."""
        return expit(self.log_odds(X))


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes in arrays, the root first; ``column`` is -1 in a leaf."""

    column: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    n: IntArray
    n_events: IntArray
    is_smooth = False

    def leaf(self, X: FloatArray) -> IntArray:
        """The leaf that each lesion ends in; columns are compared as float32, as the tree was grown."""
        single = X.astype(np.float32)
        node = np.zeros(len(X), dtype=np.int64)
        row = np.arange(len(X))
        while True:
            inside = self.column[node] >= 0
            if not inside.any():
                return node
            goes_left = single[row, np.maximum(self.column[node], 0)] <= self.threshold[node]
            node = np.where(inside, np.where(goes_left, self.left[node], self.right[node]), node)

    def probability(self, X: FloatArray) -> FloatArray:
        """The share of events in the leaf."""
        leaf = self.leaf(X)
        return np.asarray(self.n_events[leaf] / self.n[leaf])

    def bounds(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Wilson's 95 % interval of the share of events in the leaf (1927, doi:10.1080/01621459.1927.10502953)."""
        leaf = self.leaf(X)
        n, share, z2 = self.n[leaf], self.n_events[leaf] / self.n[leaf], Z_95**2
        center = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2)) / (1 + z2 / n)
        return np.clip(center - half, 0.0, 1.0), np.clip(center + half, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Scaler:
    """Each column minus ``mean``, over ``scale``."""

    mean: FloatArray
    scale: FloatArray

    def __call__(self, X: FloatArray) -> FloatArray:
        """The scaled columns."""
        return (X - self.mean) / self.scale


@dataclass(frozen=True, eq=False)
class Network:
    """One hidden layer of logistic units."""

    scaler: Scaler
    hidden_weights: FloatArray
    hidden_bias: FloatArray
    output_weights: FloatArray
    output_bias: float
    is_smooth = True

    def probability(self, X: FloatArray) -> FloatArray:
        """Of the positive class."""
        hidden = expit(self.scaler(X) @ self.hidden_weights + self.hidden_bias)
        return expit(hidden @ self.output_weights + self.output_bias)


@dataclass(frozen=True, eq=False)
class Machine:
    """A radial support vector machine with its sigmoid; ``vectors`` are patients."""

    scaler: Scaler
    vectors: FloatArray
    weights: FloatArray
    gamma: float
    intercept: float
    slope: float
    offset: float
    is_smooth = True

    def probability(self, X: FloatArray) -> FloatArray:
        """Of the positive class."""
        kernel = np.exp(-self.gamma * squared_distances(self.scaler(X), self.vectors))
        return expit(self.slope * (kernel @ self.weights + self.intercept) + self.offset)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The share of events among the nearest rows; ``rows`` are patients. Of equally near rows the first count."""

    scaler: Scaler
    rows: FloatArray
    events: IntArray
    k: int
    as_labels: bool
    is_smooth = False

    def probability(self, X: FloatArray) -> FloatArray:
        """Of the positive class."""
        distance = squared_distances(self.scaler(X), self.rows)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, : self.k]
        share = self.events[nearest].mean(axis=1)
        return np.asarray((share >= 0.5).astype(float) if self.as_labels else share)


def squared_distances(Z: FloatArray, rows: FloatArray) -> FloatArray:
    """Between each lesion and each row, lesions by rows."""
    squared: FloatArray = (Z**2).sum(axis=1)[:, None] - 2 * Z @ rows.T + (rows**2).sum(axis=1)
    return np.maximum(squared, 0.0)


def family_of(parameters: Mapping[str, Any]) -> Family:
    """The family that a bundle's parameters describe; their shapes are checked elsewhere."""
    family = parameters["family"]
    if family == "LR":
        return Logistic(
            float(parameters["intercept"]),
            floats(parameters["coefficients"]),
            None if parameters["covariance"] is None else floats(parameters["covariance"]),
        )
    if family == "DT":
        return Tree(
            column=_integers(parameters["column"]),
            threshold=floats(parameters["threshold"]),
            left=_integers(parameters["left"]),
            right=_integers(parameters["right"]),
            n=_integers(parameters["n"]),
            n_events=_integers(parameters["n_events"]),
        )
    scaler = Scaler(floats(parameters["scaler"]["mean"]), floats(parameters["scaler"]["scale"]))
    if family == "ANN":
        return Network(
            scaler,
            hidden_weights=floats(parameters["hidden_weights"]),
            hidden_bias=floats(parameters["hidden_bias"]),
            output_weights=floats(parameters["output_weights"]),
            output_bias=float(parameters["output_bias"]),
        )
    if family == "SVM":
        return Machine(
            scaler,
            vectors=floats(parameters["vectors"]),
            weights=floats(parameters["weights"]),
            gamma=float(parameters["gamma"]),
            intercept=float(parameters["intercept"]),
            slope=float(parameters["slope"]),
            offset=float(parameters["offset"]),
        )
    return Neighbours(
        scaler,
        floats(parameters["rows"]),
        _integers(parameters["events"]),
        parameters["k"],
        parameters["as_labels"],
    )


def floats(values: Any) -> FloatArray:
    """Numbers as an array."""
    return np.array(values, dtype=np.float64)


def _integers(values: Any) -> IntArray:
    return np.array(values, dtype=np.int64)
