"""The parameters of each fitted family as plain data: the one place that knows the estimators' insides."""

from __future__ import annotations

from typing import Any

import numpy as np

from her2mri.bundle.arrays import symmetric
from her2mri.models.decision_tree import DecisionTree
from her2mri.models.estimator import LinearEstimator, ProbabilityEstimator
from her2mri.models.firth_regression import FirthRegression
from her2mri.models.logistic_regression import LogisticRegression
from her2mri.models.nearest_neighbours import NearestNeighbours
from her2mri.models.neural_network import NeuralNetwork
from her2mri.models.spline_regression import SplineRegression
from her2mri.models.support_vector_machine import SupportVectorMachine


def frozen_parameters(estimator: ProbabilityEstimator) -> dict[str, Any]:
    """What a bundle writes under ``parameters``; TypeError for a family it does not know."""
    if isinstance(estimator, DecisionTree):
        return _tree(estimator)
    if isinstance(estimator, NeuralNetwork):
        return _network(estimator)
    if isinstance(estimator, SupportVectorMachine):
        return _machine(estimator)
    if isinstance(estimator, NearestNeighbours):
        return _neighbours(estimator)
    if isinstance(estimator, LinearEstimator):
        return _logistic(estimator)
    raise TypeError(f"no way to freeze {type(estimator).__name__}")


def _logistic(estimator: LinearEstimator) -> dict[str, Any]:
    covariance, method = _covariance(estimator)
    return {
        "family": "LR",
        "intercept": float(estimator.intercept_),
        "coefficients": estimator.coef_.tolist(),
        "covariance": covariance,
        "method": method,
    }


def _covariance(estimator: LinearEstimator) -> tuple[list[list[float]] | None, str]:
    """Of intercept and coefficients, and what it comes from; None where the estimator infers nothing.

    An aliased column has coefficient 0, and no variance is known of it: 0 too.
    """
    if isinstance(estimator, LogisticRegression | FirthRegression):
        inference = estimator.inference_
        return symmetric(np.nan_to_num(inference.covariance)).tolist(), inference.method
    if isinstance(estimator, SplineRegression):
        return symmetric(estimator.covariance_).tolist(), "penalised likelihood"
    return None, "penalised likelihood, without inference"


def _tree(estimator: DecisionTree) -> dict[str, Any]:
    tree = estimator.tree_.tree_
    leaf = tree.children_left < 0
    n = tree.n_node_samples
    return {
        "family": "DT",
        "column": np.where(leaf, -1, tree.feature).tolist(),
        "threshold": np.where(leaf, 0.0, tree.threshold).tolist(),
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "n": n.tolist(),
        "n_events": np.rint(tree.value[:, 0, 1] / tree.value[:, 0].sum(axis=1) * n).astype(int).tolist(),
    }


def _network(estimator: NeuralNetwork) -> dict[str, Any]:
    hidden, output = estimator.network_.coefs_
    hidden_bias, output_bias = estimator.network_.intercepts_
    return {
        "family": "ANN",
        "scaler": _scaler(estimator.scaler_),
        "hidden_weights": hidden.tolist(),
        "hidden_bias": hidden_bias.tolist(),
        "output_weights": output[:, 0].tolist(),
        "output_bias": float(output_bias[0]),
    }


def _machine(estimator: SupportVectorMachine) -> dict[str, Any]:
    machine = estimator.machine_
    return {
        "family": "SVM",
        "scaler": _scaler(estimator.scaler_),
        "vectors": machine.support_vectors_.tolist(),
        "weights": machine.dual_coef_[0].tolist(),
        "gamma": float(machine.gamma),
        "intercept": float(machine.intercept_[0]),
        "slope": estimator.slope_,
        "offset": estimator.intercept_,
    }


def _neighbours(estimator: NearestNeighbours) -> dict[str, Any]:
    return {
        "family": "k-NN",
        "scaler": _scaler(estimator.scaler_),
        "rows": estimator.neighbours_._fit_X.tolist(),
        "events": estimator.neighbours_._y.astype(int).tolist(),
        "k": int(estimator.neighbours_.n_neighbors),
        "as_labels": bool(estimator.as_labels),
    }


def _scaler(scaler: Any) -> dict[str, Any]:
    return {"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}
