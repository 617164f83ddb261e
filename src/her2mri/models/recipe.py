"""The whole development procedure, from candidate variables to fitted models.

Whatever validates a model by resampling takes a recipe, never a fitted model, so that a choice made with the
held-out lesions in sight is hard to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import Encoding, IntArray
from her2mri.cohort.split import grouped_folds
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError
from her2mri.models.family import FAMILIES, ModelFamily
from her2mri.models.fit import Fit
from her2mri.models.nearest_neighbours import NearestNeighbours
from her2mri.models.tuning import tune
from her2mri.selection.paper_selection import Selection, paper_selection, published_selection


@dataclass(frozen=True)
class Recipe:
    """Encode, select, tune and fit.

    ``given`` names the predictors to take as they are; empty, they are selected among the candidates.
    """

    given: tuple[str, ...] = ()
    lasso_rule: str = "min"
    lasso_folds: int = 10
    multivariable_p: float = 0.1
    final_p: float = 0.05
    tuning_folds: int = 5
    knn_labels: bool = False
    seed: int = 0

    def select(
        self,
        frame: pd.DataFrame,
        y: IntArray,
        patient: IntArray,
        candidates: Sequence[Variable],
        *,
        for_report: bool = True,
    ) -> Selection:
        """The predictors for outcome ``y`` among the candidates; folds never part a patient.

        ``for_report`` False: enough where only the choice is wanted (see ``paper_selection``).
        """
        if self.given:
            given = [variable for variable in candidates if variable.name in self.given]
            encoding = Encoding.learn(frame, given)
            return published_selection(encoding, encoding.matrix(frame), y)
        encoding = Encoding.learn(frame, candidates)
        return paper_selection(
            encoding,
            encoding.matrix(frame),
            y,
            grouped_folds(y, patient, self.lasso_folds, self.seed),
            lasso_rule=self.lasso_rule,
            multivariable_p=self.multivariable_p,
            final_p=self.final_p,
            for_report=for_report,
        )

    def predictors(
        self, model: str, selected: Sequence[str], candidates: Sequence[Variable]
    ) -> list[Variable]:
        """What the family is made from: those selected, or every candidate where it weighs them by itself."""
        everything = FAMILIES[model].predictors == "candidates"
        return [variable for variable in candidates if everything or variable.name in selected]

    def fit(
        self, model: str, frame: pd.DataFrame, y: IntArray, patient: IntArray, predictors: Sequence[Variable]
    ) -> Fit:
        """One family, tuned by cross-validation inside these lesions and fitted to all of them.

        Raises EstimationError where the lesions carry no model of this family: one class, too few patients.
        """
        if len(np.unique(y)) < 2:
            raise EstimationError(f"{model}: all lesions are of one class")
        family = FAMILIES[model]
        encoding = Encoding.learn(frame, predictors, knots=family.knots)
        folds = grouped_folds(y, patient, self.tuning_folds, self.seed)
        estimator, tuning = tune(family, encoding.matrix(frame), y, patient, folds, seed=self.seed)
        if self.knn_labels and isinstance(estimator, NearestNeighbours):
            estimator.set_params(as_labels=True)
        return Fit(
            model=model,
            encoding=encoding,
            estimator=estimator,
            tuning=tuning,
            notes=(*estimator.notes(), *_edge_notes(family, tuning)),
            is_label=bool(getattr(estimator, "as_labels", False)),
        )


def _edge_notes(family: ModelFamily, tuning: pd.DataFrame) -> list[str]:
    """What a reader must know where a wider grid might have found better settings."""
    chosen = tuning[tuning["chosen"]].iloc[0]
    edge = family.at_edge({str(name): value for name, value in chosen.items()})
    return [f"Chosen at the edge of the grid: {', '.join(edge)}."] if edge else []
