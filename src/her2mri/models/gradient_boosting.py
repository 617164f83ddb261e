"""GB: gradient boosting, many small trees of which each mends what the ones before leave."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.cohort.split import grouped_folds
from her2mri.errors import EstimationError
from her2mri.models.boosted_trees import BoostedTrees
from her2mri.models.estimator import BoolArray, ProbabilityEstimator

LEAST_PROBABILITY: Final = 1e-5
"""Probabilities are kept this far from 0 and 1 in the deviance."""


class GradientBoosting(ProbabilityEstimator):
    """Trees fitted to the gradient of the log-loss, each on a random half of the lesions (docs/decisions/0122).

    Depth and number of trees are those of lowest deviance of held-out lesions, in folds that never part a
    patient: one sequence of trees tells it for every number. One thread and a seed: the same lesions give the
    same trees.
    """

    def __init__(
        self,
        depths: tuple[int, ...] = (1, 2, 3),
        most_trees: int = 200,
        learning_rate: float = 0.05,
        min_samples_leaf: int = 10,
        n_folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.depths = depths
        self.most_trees = most_trees
        self.learning_rate = learning_rate
        self.min_samples_leaf = min_samples_leaf
        self.n_folds = n_folds
        self.random_state = random_state

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        patient = np.arange(len(y)) if groups is None else np.asarray(groups)
        rarer = min(len(np.unique(patient[y == value])) for value in (0, 1))
        if rarer < 2:
            raise EstimationError("gradient boosting needs at least two patients of each class")
        folds = grouped_folds(y, patient, min(self.n_folds, rarer), self.random_state)
        self.deviance_ = np.array([self._held_out(depth, X, y, folds) for depth in self.depths])
        depth, trees = np.unravel_index(int(np.argmin(self.deviance_)), self.deviance_.shape)
        self.depth_, self.n_trees_ = self.depths[depth], int(trees) + 1
        self.trees_ = self._boosted(self.depth_, self.n_trees_, X, y)

    def _held_out(self, depth: int, X: FloatArray, y: IntArray, folds: IntArray) -> FloatArray:
        """The mean deviance of held-out lesions after each tree."""
        probability = np.empty((self.most_trees, len(y)))
        for fold in np.unique(folds):
            held_out = folds == fold
            if len(np.unique(y[~held_out])) < 2:
                raise EstimationError("gradient boosting needs folds that leave both classes to the others")
            fitted = self._boosted(depth, self.most_trees, X[~held_out], y[~held_out])
            probability[:, held_out] = fitted.staged_probability(X[held_out])
        probability = np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        return np.asarray(-2 * np.log(np.where(y == 1, probability, 1 - probability)).mean(axis=1))

    def _boosted(self, depth: int, n_trees: int, X: FloatArray, y: IntArray) -> BoostedTrees:
        return BoostedTrees.grown(
            X,
            y,
            depth=depth,
            n_trees=n_trees,
            rate=self.learning_rate,
            min_samples_leaf=min(self.min_samples_leaf, max(1, len(y) // 8)),
            random_state=self.random_state,
        )

    def search(self) -> pd.DataFrame:
        """For each depth its best number of trees and their mean deviance of held-out lesions."""
        return pd.DataFrame(
            {
                "depth": self.depths,
                "n_trees": self.deviance_.argmin(axis=1) + 1,
                "cross_validated_deviance": self.deviance_.min(axis=1),
                "chosen": [depth == self.depth_ for depth in self.depths],
            }
        )

    def used_columns(self) -> BoolArray:
        """Which columns some tree splits on."""
        return self.trees_.used(self.n_features_in_)

    def notes(self) -> tuple[str, ...]:
        """Whether more or deeper trees than those tried might have been better."""
        edge = [f"depth {self.depth_}"] if self.depth_ == max(self.depths) else []
        edge += [f"{self.n_trees_} trees"] if self.n_trees_ == self.most_trees else []
        return (f"Chosen at the edge of the grid: {', '.join(edge)}.",) if edge else ()

    def _probability(self, X: FloatArray) -> FloatArray:
        return self.trees_.probability(X)
