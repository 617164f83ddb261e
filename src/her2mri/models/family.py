"""The five families: how each is made, and the settings that tuning chooses from, simplest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from her2mri.models.decision_tree import DecisionTree
from her2mri.models.estimator import ProbabilityEstimator
from her2mri.models.logistic_regression import LogisticRegression
from her2mri.models.nearest_neighbours import NearestNeighbours
from her2mri.models.neural_network import NeuralNetwork
from her2mri.models.support_vector_machine import SupportVectorMachine


@dataclass(frozen=True)
class ModelFamily:
    """A name of the vocabulary, a maker of estimators, and the values of each setting to try.

    ``seeded`` families draw random numbers and take ``random_state``.
    """

    name: str
    make: Callable[..., ProbabilityEstimator]
    grid: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    seeded: bool = False

    def settings(self) -> list[dict[str, Any]]:
        """Every combination of the grid; one empty combination for a family with nothing to tune."""
        names = [name for name, _ in self.grid]
        return [dict(zip(names, values, strict=True)) for values in product(*(v for _, v in self.grid))]


FAMILIES: dict[str, ModelFamily] = {
    family.name: family
    for family in (
        ModelFamily(
            "DT", DecisionTree, (("max_depth", (2, 3, 4, 5)), ("min_samples_leaf", (30, 20, 10))), seeded=True
        ),
        ModelFamily(
            "SVM", SupportVectorMachine, (("C", (0.25, 1.0, 4.0)), ("gamma", (0.01, 0.03, 0.1, 0.3)))
        ),
        ModelFamily("k-NN", NearestNeighbours, (("n_neighbors", (61, 45, 31, 21, 15, 9, 5)),)),
        ModelFamily(
            "ANN", NeuralNetwork, (("hidden_units", (2, 4, 8)), ("decay", (10.0, 3.0, 1.0, 0.3))), seeded=True
        ),
        ModelFamily("LR", LogisticRegression),
    )
}
