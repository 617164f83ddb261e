"""k-NN: the share of events among the k most similar lesions."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import ProbabilityEstimator


class NearestNeighbours(ProbabilityEstimator):
    """Euclidean neighbours over standardised terms, each with the same vote.

    ``as_labels`` gives 0 or 1 in place of the share, as studies do that score k-NN by its class.
    """

    def __init__(self, n_neighbors: int = 15, as_labels: bool = False) -> None:
        self.n_neighbors = n_neighbors
        self.as_labels = as_labels

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        self.scaler_ = StandardScaler().fit(X)
        self.neighbours_ = KNeighborsClassifier(n_neighbors=min(self.n_neighbors, len(y)))
        self.neighbours_.fit(self.scaler_.transform(X), y)

    def _probability(self, X: FloatArray) -> FloatArray:
        share: FloatArray = self.neighbours_.predict_proba(self.scaler_.transform(X))[:, 1]
        return (share >= 0.5).astype(np.float64) if self.as_labels else share
