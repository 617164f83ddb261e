"""A fitted model with the encoding it needs: lesions in, probabilities of the positive class out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from her2mri.cohort.design_matrix import Encoding, FloatArray
from her2mri.models.estimator import ProbabilityEstimator


@dataclass(frozen=True)
class Fit:
    """One family fitted to one task's training set.

    ``tuning`` is the frame of :func:`her2mri.models.tuning.tune`; ``notes`` are what a reader must know of the
    fit; ``is_label`` is True where the model gives classes only.
    """

    model: str
    encoding: Encoding
    estimator: ProbabilityEstimator
    tuning: pd.DataFrame
    notes: tuple[str, ...] = ()
    is_label: bool = False

    def predict(self, X: FloatArray) -> FloatArray:
        """Probability of the positive class over a design matrix of ``encoding``."""
        probability: FloatArray = self.estimator.predict_proba(X)[:, 1]
        return probability

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        """Probability of the positive class for each lesion."""
        return self.predict(self.encoding.matrix(frame))

    def settings(self) -> str:
        """The settings chosen, in words: ``C 1, gamma 0.03``; empty where there was nothing to choose."""
        chosen = self.tuning[self.tuning["chosen"]].iloc[0]
        names = [c for c in self.tuning.columns if c not in {"cross_validated_auc", "folds_used", "chosen"}]
        return ", ".join(f"{name.replace('_', ' ')} {chosen[name]:g}" for name in names)
