"""GB: gradient boosting, many small trees of which each mends what the ones before leave."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import BoolArray, ProbabilityEstimator


class GradientBoosting(ProbabilityEstimator):
    """Trees fitted to the gradient of the log-loss, each on a random half of the lesions (docs/decisions/0122).

    One thread and a seed: the same lesions give the same trees.
    """

    def __init__(
        self,
        max_depth: int = 2,
        n_trees: int = 100,
        learning_rate: float = 0.05,
        min_samples_leaf: int = 10,
        random_state: int = 0,
    ) -> None:
        self.max_depth = max_depth
        self.n_trees = n_trees
        self.learning_rate = learning_rate
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        self.trees_ = GradientBoostingClassifier(
            n_estimators=self.n_trees,
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            min_samples_leaf=min(self.min_samples_leaf, max(1, len(y) // 8)),
            subsample=0.5,
            random_state=self.random_state,
        ).fit(X, y)

    def used_columns(self) -> BoolArray:
        """Which columns some tree splits on."""
        return np.asarray(self.trees_.feature_importances_ > 0)

    def _probability(self, X: FloatArray) -> FloatArray:
        probability: FloatArray = self.trees_.predict_proba(X)[:, 1]
        return probability
