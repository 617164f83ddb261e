"""Complete cases beside multiple imputation: how many lesions each has, and what each says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError
from her2mri.imputation.imputer import IMPUTATIONS, Imputer
from her2mri.imputation.pooled_logistic import PooledLogistic, pooled_logistic

COMPLETE_CASES: Final = "complete_cases"
IMPUTED: Final = "imputed"
METHODS: Final = {COMPLETE_CASES: "Complete cases", IMPUTED: "Multiple imputation"}


@dataclass(frozen=True)
class BesideCompleteCases:
    """The same logistic model by both methods; ``complete_cases`` is None where they cannot carry it.

    ``auc`` is apparent: on the lesions fitted to, of the imputed ones the mean over the imputations.
    """

    complete_cases: PooledLogistic | None
    imputed: PooledLogistic
    auc: dict[str, float]
    n_complete: int
    n_events_complete: int
    why_not: str = ""

    def sizes(self) -> pd.DataFrame:
        """One row a method: method, label, n, n_events, auc, note."""
        sizes = {
            COMPLETE_CASES: (
                self.n_complete,
                self.n_events_complete,
                self.why_not or _note(self.complete_cases),
            ),
            IMPUTED: (self.imputed.n, self.imputed.n_events, _note(self.imputed)),
        }
        rows = [
            (name, METHODS[name], n, n_events, self.auc[name], note)
            for name, (n, n_events, note) in sizes.items()
        ]
        return pd.DataFrame(rows, columns=["method", "label", "n", "n_events", "auc", "note"])

    def frame(self) -> pd.DataFrame:
        """One row a method and term: method, then the columns of ``PooledLogistic.frame``."""
        models = {COMPLETE_CASES: self.complete_cases, IMPUTED: self.imputed}
        tables = [
            model.frame().assign(method=name, n=model.n, n_events=model.n_events)
            for name, model in models.items()
            if model is not None
        ]
        table = pd.concat(tables, ignore_index=True)
        first = ["method", "n", "n_events"]
        return table[[*first, *(column for column in table if column not in first)]]


def beside_complete_cases(
    imputer: Imputer, y: IntArray, variables: Sequence[Variable], *, m: int = IMPUTATIONS
) -> BesideCompleteCases:
    """The logistic model of ``variables`` on the imputer's lesions, by complete cases and by imputation.

    A complete case lacks none of these variables. Raises EstimationError where the completed lesions carry no
    model; where only the complete cases do not, the answer says why.
    """
    completed = imputer.complete_development(max(m, 2))
    imputed = pooled_logistic(completed, y, variables)
    whole = imputer.lesions[[variable.name for variable in variables]].notna().all(axis=1).to_numpy()
    cases, outcome = imputer.lesions[whole], y[whole]
    alone: PooledLogistic | None = None
    why_not = ""
    try:
        alone = pooled_logistic([cases, cases], outcome, variables)
    except EstimationError as error:
        why_not = str(error)
    each = [auc(y, imputed.linear_predictor(frame)) for frame in completed]
    areas = {
        COMPLETE_CASES: float("nan") if alone is None else auc(outcome, alone.linear_predictor(cases)),
        IMPUTED: float(np.mean(each)),
    }
    return BesideCompleteCases(alone, imputed, areas, int(whole.sum()), int(outcome.sum()), why_not)


def _note(model: PooledLogistic | None) -> str:
    if model is None or not model.left_out:
        return ""
    return f"left out, because the other terms determine it: {', '.join(model.left_out)}"


def auc(y: IntArray, score: FloatArray) -> float:
    """Share of pairs of a positive and a negative lesion that the score ranks so, ties counting half.

    >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    positive, negative = np.sort(score[y == 1]), np.sort(score[y == 0])
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(below.mean() / 2 / len(negative))
