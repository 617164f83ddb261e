"""EN: logistic regression penalised between ridge and LASSO."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.cohort.split import grouped_folds
from her2mri.errors import EstimationError
from her2mri.models.estimator import LinearEstimator
from her2mri.selection.lasso import GRID_LENGTH, CrossValidatedLasso, cross_validated_lasso

FEWEST_FOLDS: Final = 3
MOSTLY_RIDGE: Final = 0.1
"""Below this share of LASSO the whole grid is fitted, as it starts far above any penalty of use; else its upper
half, whose end is a hundredth of the penalty that leaves nothing."""


class ElasticNet(LinearEstimator):
    """Share of LASSO ``alpha`` and penalty of lowest cross-validated deviance (docs/decisions/0120).

    ``alphas`` are tried in their order, the first winning among equals: 1 is the LASSO, 0 ridge regression. Folds
    never part a patient. All terms are penalised on the scale of their standard deviations, each level of a
    factor as a term of its own. The intercept is free, so that the mean probability of the lesions fitted to is
    their share of events.
    """

    def __init__(
        self,
        alphas: tuple[float, ...] = (1.0, 0.5, 0.25, 0.0),
        n_folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.alphas = alphas
        self.n_folds = n_folds
        self.random_state = random_state

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        folds = self._folds(y, np.arange(len(y)) if groups is None else np.asarray(groups))
        self.paths_: dict[float, CrossValidatedLasso] = {
            alpha: cross_validated_lasso(
                X,
                y,
                folds,
                alpha=alpha,
                n_penalties=GRID_LENGTH if alpha < MOSTLY_RIDGE else GRID_LENGTH // 2,
                whole=False,
            )
            for alpha in self.alphas
        }
        self.alpha_ = min(self.alphas, key=lambda alpha: self.paths_[alpha].deviance.min())
        best = self.paths_[self.alpha_]
        self.penalty_ = float(best.path.penalties[best.index_min])
        self.intercept_ = float(best.path.intercepts[best.index_min])
        self.coef_ = best.coefficients("min")

    def _folds(self, y: IntArray, patient: IntArray) -> IntArray:
        rarer = min(len(np.unique(patient[y == value])) for value in (0, 1))
        if rarer < FEWEST_FOLDS:
            raise EstimationError(f"an elastic net needs at least 3 patients of each class, got {rarer}")
        return grouped_folds(y, patient, min(self.n_folds, rarer), self.random_state)

    def search(self) -> pd.DataFrame:
        """For each ``alpha`` its best ``penalty``, the mean deviance of held-out lesions, and the terms left."""
        rows = []
        for alpha, found in self.paths_.items():
            at = found.index_min
            rows.append(
                {
                    "alpha": alpha,
                    "penalty": float(found.path.penalties[at]),
                    "n_terms": int(np.count_nonzero(found.path.coefficients[at])),
                    "cross_validated_deviance": float(found.deviance[at]),
                    "chosen": alpha == self.alpha_,
                }
            )
        return pd.DataFrame(rows)

    def notes(self) -> tuple[str, ...]:
        """Whether nothing is left, and whether a smaller penalty than those tried might have been better."""
        if not self.coef_.any():
            return ("No variable is left: all lesions have the same probability.",)
        best = self.paths_[self.alpha_]
        length = GRID_LENGTH if self.alpha_ < MOSTLY_RIDGE else GRID_LENGTH // 2
        if best.index_min == length - 1:
            return (f"Chosen at the edge of the grid: penalty {self.penalty_:.3g}, the smallest.",)
        return ()
