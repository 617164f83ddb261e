"""The five families: how each is made, and the settings that tuning chooses from, simplest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    ``seeded`` families draw random numbers and take ``random_state``. ``ranking`` are parameters that leave out
    what does not change the order of the lesions: enough, and quicker, where only the AUC is wanted.
    """

    name: str
    make: Callable[..., ProbabilityEstimator]
    grid: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    seeded: bool = False
    ranking: tuple[tuple[str, Any], ...] = ()

    def settings(self) -> list[dict[str, Any]]:
        """Every combination of the grid; one empty combination for a family with nothing to tune."""
        names = [name for name, _ in self.grid]
        return [dict(zip(names, values, strict=True)) for values in product(*(v for _, v in self.grid))]

    def at_edge(self, chosen: Mapping[str, Any]) -> list[str]:
        """The settings among ``chosen`` that are the first or last of those tried, in words.

        >>> FAMILIES["ANN"].at_edge({"hidden_units": 2, "decay": 1.0})
        ['hidden units 2']
        """
        return [
            f"{name.replace('_', ' ')} {chosen[name]:g}"
            for name, values in self.grid
            if chosen[name] in (values[0], values[-1])
        ]


FAMILIES: dict[str, ModelFamily] = {
    family.name: family
    for family in (
        ModelFamily(
            "DT",
            DecisionTree,
            (("max_depth", (2, 3, 4, 5, 6)), ("min_samples_leaf", (45, 30, 20, 10))),
            seeded=True,
        ),
        ModelFamily(
            "SVM",
            SupportVectorMachine,
            (("C", (0.0625, 0.25, 1.0, 4.0, 16.0)), ("gamma", (0.003, 0.01, 0.03, 0.1, 0.3))),
            ranking=(("with_sigmoid", False),),
        ),
        ModelFamily("k-NN", NearestNeighbours, (("n_neighbors", (101, 81, 61, 45, 31, 21, 15, 9, 5)),)),
        ModelFamily(
            "ANN",
            NeuralNetwork,
            (("hidden_units", (2, 4, 8, 16)), ("decay", (30.0, 10.0, 3.0, 1.0, 0.3))),
            seeded=True,
        ),
        ModelFamily("LR", LogisticRegression),
    )
}
