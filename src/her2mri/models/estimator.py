"""What the estimators share: input checks, classes, and probabilities of the positive class."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from her2mri.cohort.design_matrix import FloatArray, IntArray

BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


class ProbabilityEstimator(ClassifierMixin, BaseEstimator):
    """A scikit-learn classifier of two classes, 0 and 1, over a design matrix.

    A family writes ``_fit(X, y, groups)`` and ``_probability(X)``, the probability of class 1. ``groups``
    names the patient of each row, for families that resample inside ``fit``.
    """

    def fit(self, X: FloatArray, y: IntArray, groups: IntArray | None = None) -> Self:
        """Fit to lesions by terms ``X`` and outcomes ``y``; ValueError unless both classes are there."""
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        self.classes_ = np.unique(y)
        if len(self.classes_) != 2:
            raise ValueError(f"y must hold two classes, got {len(self.classes_)} class(es)")
        self._fit(X, (y == self.classes_[1]).astype(np.int64), groups)
        return self

    def predict_proba(self, X: FloatArray) -> FloatArray:
        """Probabilities of class 0 and class 1, lesions by 2."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        probability = self._probability(X)
        return np.column_stack([1 - probability, probability])

    def predict(self, X: FloatArray) -> IntArray:
        """The class: the second where its probability is at least one half."""
        positive = self.predict_proba(X)[:, 1] >= 0.5
        labels: IntArray = self.classes_[positive.astype(np.int64)]
        return labels

    def used_columns(self) -> BoolArray:
        """Which columns of the design matrix make a difference to the probabilities."""
        check_is_fitted(self)
        return np.ones(self.n_features_in_, dtype=np.bool_)

    def search(self) -> pd.DataFrame | None:
        """What ``fit`` chose among by itself, one row a combination, ``chosen`` marked; None if nothing."""
        return None

    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the fit."""
        return ()

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        raise NotImplementedError

    def _probability(self, X: FloatArray) -> FloatArray:
        raise NotImplementedError


class LinearEstimator(ProbabilityEstimator):
    """A family whose log odds are linear in the terms: ``_fit`` leaves ``intercept_`` and ``coef_`` (terms,)."""

    intercept_: float
    coef_: FloatArray

    def decision_function(self, X: FloatArray) -> FloatArray:
        """The linear predictor."""
        linear_predictor: FloatArray = X @ self.coef_ + self.intercept_
        return linear_predictor

    def used_columns(self) -> BoolArray:
        """Which columns have a coefficient other than 0."""
        check_is_fitted(self)
        return np.asarray(self.coef_ != 0)

    def _probability(self, X: FloatArray) -> FloatArray:
        probability: FloatArray = expit(self.decision_function(X))
        return probability
