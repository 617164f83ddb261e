"""Trees boosted on the log-loss: those of scikit-learn's ``GradientBoostingClassifier``, grown faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.special import expit

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import BoolArray

SHARE_DRAWN: Final = 0.5
"""Of the lesions, for each tree."""
_LARGEST_SEED: Final = 2147483647


@dataclass(frozen=True)
class BoostedTrees:
    """A sequence of trees: for each node (row: a tree) its column (-1: a leaf), threshold and value of the leaf.

    ``start`` are the log odds before the first tree. Columns and thresholds are compared in single precision, as
    scikit-learn does.
    """

    column: IntArray
    threshold: FloatArray
    value: FloatArray
    start: float

    @classmethod
    def grown(
        cls,
        X: FloatArray,
        y: IntArray,
        *,
        depth: int,
        n_trees: int,
        rate: float,
        min_samples_leaf: int,
        random_state: int,
    ) -> Self:
        """Trees of at most this depth, each on a random half of the lesions, its leaves one Newton step long.

        The halves are those that scikit-learn draws. The trees are the same but where two splits are worth the
        same: the column that stands first wins, there one drawn at random.
        """
        from her2mri.models import boosting_kernels

        columns = _columns(X)
        distinct = [np.unique(column, return_inverse=True) for column in columns]
        n_values = np.array([len(values) for values, _ in distinct])
        values = np.zeros((len(columns), n_values.max()))
        for row, (known, _) in zip(values, distinct, strict=True):
            row[: len(known)] = known
        codes = np.array([place for _, place in distinct])
        drawn = _halves(len(y), n_trees, random_state)
        nodes = boosting_kernels.boosted(
            columns, codes, codes.astype(np.float64), values, n_values, y.astype(np.float64), drawn, depth,
            min_samples_leaf, rate,
        )  # fmt: skip
        share = float(np.mean(y))
        return cls(*nodes, float(np.log(share / (1 - share))))

    def staged_probability(self, X: FloatArray) -> FloatArray:
        """Probability of class 1 (trees, n) after each tree."""
        from her2mri.models import boosting_kernels

        log_odds = boosting_kernels.staged(_columns(X), self.column, self.threshold, self.value, self.start)
        return np.asarray(expit(log_odds))

    def probability(self, X: FloatArray) -> FloatArray:
        """Probability of class 1 (n,)."""
        last: FloatArray = self.staged_probability(X)[-1]
        return last

    def used(self, n_columns: int) -> BoolArray:
        """Which columns some tree splits on."""
        return np.isin(np.arange(n_columns), self.column)


def _columns(X: FloatArray) -> FloatArray:
    return np.ascontiguousarray(X.T.astype(np.float32).astype(np.float64))


def _halves(n: int, n_trees: int, random_state: int) -> BoolArray:
    """The lesions of each tree (trees, n)."""
    from her2mri.models import boosting_kernels

    random, chance = np.random.RandomState(random_state), np.empty((n_trees, n))
    for row in chance:
        row[:] = random.uniform(size=n)
        random.randint(0, _LARGEST_SEED)  # scikit-learn draws here the seed by which it breaks ties
    return boosting_kernels.drawn_lesions(chance, max(1, int(SHARE_DRAWN * n)))
