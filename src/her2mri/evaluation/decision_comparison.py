"""What one model gains over another in net benefit, over a range of thresholds, on the same lesions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from her2mri.evaluation.bootstrap import patient_weights, seed_of
from her2mri.evaluation.cutoffs import counts_by_cutoff
from her2mri.evaluation.decision_curve import (
    DECISION_THRESHOLDS,
    checked_thresholds,
    net_benefit_of_counts,
)
from her2mri.evaluation.performance import BOOTSTRAP
from her2mri.evaluation.prediction import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DECISION_COMPARISON_COLUMNS: Final = (
    "task", "sample", "model", "comparator", "positive", "threshold", "net_benefit",
    "net_benefit_comparator", "estimate", "conf_low", "conf_high", "n", "n_events", "method",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class DecisionComparison:
    """Net benefit of a model less that of its comparator: ``estimate`` with its pointwise interval."""

    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """One row a threshold: ``DECISION_COMPARISON_COLUMNS``."""
        return self.table.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """The difference over the thresholds, with its band."""
        from her2mri.evaluation.drawing_decision_curve import draw_difference

        return draw_difference(self.table, ax=ax)


def compare_net_benefit(
    prediction: Prediction,
    comparator: Prediction,
    *,
    seed: int,
    thresholds: ArrayLike = DECISION_THRESHOLDS,
    n_bootstrap: int = 2000,
    confidence: float = 0.95,
) -> DecisionComparison:
    """Difference at each of ``thresholds`` (m,), the interval by resampling patients for both models at once.

    Net benefit is read as in ``decision_curve.net_benefit``. Raises ValueError where the two are not of the
    same lesions, outcomes, task and sample, or where one gives labels only.
    """
    at = checked_thresholds(thresholds)
    mine, theirs = np.argsort(prediction.lesion), np.argsort(comparator.lesion)
    if (
        (prediction.task, prediction.sample) != (comparator.task, comparator.sample)
        or not np.array_equal(prediction.lesion[mine], comparator.lesion[theirs])
        or not np.array_equal(prediction.y[mine], comparator.y[theirs])
    ):
        raise ValueError("two models are compared on the same lesions of one task and sample only")
    if prediction.is_label or comparator.is_label:
        raise ValueError("net benefit needs probabilities, and one of the models gives class labels")
    y, patient = prediction.y[mine], prediction.patient[mine]
    scores = prediction.probability[mine], comparator.probability[theirs]
    benefit, other = (net_benefit_of_counts(counts_by_cutoff(y, p), at)[0] for p in scores)
    low = high = np.full(len(at), np.nan)
    if prediction.n_patients >= 2:
        own = seed_of(
            seed, prediction.task, prediction.sample, prediction.model, comparator.model, "net benefit"
        )
        weights = patient_weights(patient, n_bootstrap, own)
        first, second = (net_benefit_of_counts(counts_by_cutoff(y, p, weights=weights), at) for p in scores)
        tails = (1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0
        low, high = np.quantile(first - second, tails, axis=0)
    table = pd.DataFrame(
        {
            "threshold": at,
            "net_benefit": benefit,
            "net_benefit_comparator": other,
            "estimate": benefit - other,
            "conf_low": low,
            "conf_high": high,
        }
    ).assign(
        task=prediction.task,
        sample=prediction.sample,
        model=prediction.model,
        comparator=comparator.model,
        positive=prediction.positive,
        n=prediction.n,
        n_events=prediction.n_events,
        method=BOOTSTRAP,
    )
    return DecisionComparison(table[list(DECISION_COMPARISON_COLUMNS)])
