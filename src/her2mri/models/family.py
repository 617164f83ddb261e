"""The families: how each is made and from what, and the settings that tuning chooses from, simplest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from her2mri.models.decision_tree import DecisionTree
from her2mri.models.elastic_net import ElasticNet
from her2mri.models.estimator import ProbabilityEstimator
from her2mri.models.firth_regression import FirthRegression
from her2mri.models.gradient_boosting import GradientBoosting
from her2mri.models.logistic_regression import LogisticRegression
from her2mri.models.nearest_neighbours import NearestNeighbours
from her2mri.models.neural_network import NeuralNetwork
from her2mri.models.spline_regression import SplineRegression
from her2mri.models.support_vector_machine import SupportVectorMachine


@dataclass(frozen=True)
class Setting:
    """Something chosen for a model: its name in code, how a value reads, and the values for tuning to try.

    ``values`` is empty where the estimator chooses by itself.
    """

    name: str
    words: str
    values: tuple[Any, ...] = ()

    def in_words(self, value: object) -> str:
        """The value, in words.

        >>> Setting("n_neighbors", "{:g} neighbours").in_words(45)
        '45 neighbours'
        """
        return self.words.format(value)


@dataclass(frozen=True)
class ModelFamily:
    """A name of the vocabulary, a maker of estimators, and what is chosen for each.

    ``seeded`` families draw random numbers and take ``random_state``. ``ranking`` are parameters that leave out
    what does not change the order of the lesions: enough, and quicker, where only the AUC is wanted.
    ``predictors``: made from those selected, or from every candidate because the family selects or weighs by
    itself. ``knots``: of the splines that measurements enter as, 0 as they are.
    """

    name: str
    make: Callable[..., ProbabilityEstimator]
    grid: tuple[Setting, ...] = ()
    seeded: bool = False
    ranking: tuple[tuple[str, Any], ...] = ()
    predictors: Literal["selected", "candidates"] = "selected"
    knots: int = 0

    def settings(self) -> list[dict[str, Any]]:
        """Every combination for tuning to try; one empty combination for a family with nothing to tune."""
        tuned = [setting for setting in self.grid if setting.values]
        names = [setting.name for setting in tuned]
        return [dict(zip(names, values, strict=True)) for values in product(*(s.values for s in tuned))]

    def in_words(self, chosen: Mapping[str, Any]) -> str:
        """The settings chosen, in words.

        >>> FAMILIES["SVM"].in_words({"C": 1.0, "gamma": 0.03})
        'C 1, gamma 0.03'
        """
        return ", ".join(setting.in_words(chosen[setting.name]) for setting in self.grid)

    def at_edge(self, chosen: Mapping[str, Any]) -> list[str]:
        """The settings among ``chosen`` that are the first or last of those tried, in words.

        >>> FAMILIES["ANN"].at_edge({"hidden_units": 2, "decay": 1.0})
        ['2 hidden units']
        """
        return [
            setting.in_words(chosen[setting.name])
            for setting in self.grid
            if setting.values and chosen[setting.name] in (setting.values[0], setting.values[-1])
        ]


FAMILIES: dict[str, ModelFamily] = {
    family.name: family
    for family in (
        ModelFamily(
            "DT",
            DecisionTree,
            (
                Setting("max_depth", "depth {:g}", (2, 3, 4, 5, 6)),
                Setting("min_samples_leaf", "at least {:g} lesions a leaf", (45, 30, 20, 10)),
            ),
            seeded=True,
        ),
        ModelFamily(
            "SVM",
            SupportVectorMachine,
            (
                Setting("C", "C {:g}", (0.0625, 0.25, 1.0, 4.0, 16.0)),
                Setting("gamma", "gamma {:g}", (0.003, 0.01, 0.03, 0.1, 0.3)),
            ),
            ranking=(("with_sigmoid", False),),
        ),
        ModelFamily(
            "k-NN",
            NearestNeighbours,
            (Setting("n_neighbors", "{:g} neighbours", (101, 81, 61, 45, 31, 21, 15, 9, 5)),),
        ),
        ModelFamily(
            "ANN",
            NeuralNetwork,
            (
                Setting("hidden_units", "{:g} hidden units", (2, 4, 8, 16)),
                Setting("decay", "weight decay {:g}", (30.0, 10.0, 3.0, 1.0, 0.3)),
            ),
            seeded=True,
        ),
        ModelFamily("LR", LogisticRegression),
        ModelFamily(
            "EN",
            ElasticNet,
            (
                Setting("alpha", "share of LASSO {:g}"),
                Setting("penalty", "penalty {:.3g}"),
                Setting("n_terms", "{:g} terms left"),
            ),
            seeded=True,
            predictors="candidates",
        ),
        ModelFamily("Firth", FirthRegression),
        ModelFamily(
            "RCS",
            SplineRegression,
            (Setting("penalty", "ridge penalty {:g}"), Setting("effective", "{:.1f} effective coefficients")),
            knots=4,
        ),
        ModelFamily(
            "GB",
            GradientBoosting,
            (Setting("depth", "depth {:g}"), Setting("n_trees", "{:g} trees")),
            seeded=True,
            predictors="candidates",
        ),
    )
}
