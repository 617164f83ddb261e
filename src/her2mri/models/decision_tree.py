"""DT: a classification tree; a lesion's probability is the share of events in its leaf."""

from __future__ import annotations

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import BoolArray, ProbabilityEstimator


class DecisionTree(ProbabilityEstimator):
    """CART with Gini impurity, kept small by its depth and the smallest leaf allowed."""

    def __init__(self, max_depth: int = 4, min_samples_leaf: int = 10, random_state: int = 0) -> None:
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        self.tree_ = DecisionTreeClassifier(
            max_depth=self.max_depth,
            min_samples_leaf=min(self.min_samples_leaf, max(1, len(y) // 4)),
            random_state=self.random_state,
        ).fit(X, y)

    def used_columns(self) -> BoolArray:
        """Which columns the tree splits on."""
        return np.asarray(self.tree_.feature_importances_ > 0)

    def _probability(self, X: FloatArray) -> FloatArray:
        probability: FloatArray = self.tree_.predict_proba(X)[:, 1]
        return probability
