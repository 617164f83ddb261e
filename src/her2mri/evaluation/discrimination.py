"""ROC curve and the area under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.cutoffs import counts_by_cutoff

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Sensitivity and specificity at every cut-off, from threshold inf (nobody positive) to -inf."""

    thresholds: Floats
    sensitivity: Floats
    specificity: Floats

    def frame(self) -> pd.DataFrame:
        """One row a cut-off: threshold, sensitivity, specificity."""
        return pd.DataFrame(
            {"threshold": self.thresholds, "sensitivity": self.sensitivity, "specificity": self.specificity}
        )


def roc_curve(y: ArrayLike, score: ArrayLike) -> RocCurve:
    """Sensitivity and specificity of ``score >= threshold`` at every threshold that tells lesions apart.

    Thresholds lie halfway between neighbouring distinct scores, so no rounding of a score can move a lesion.
    Raises EstimationError where ``y`` has one class.

    >>> roc_curve([0, 1, 1], [0.2, 0.4, 0.8]).sensitivity.tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    counts = counts_by_cutoff(y, score)
    positives, negatives = float(counts.positives[0]), float(counts.negatives[0])
    _require_both_classes(positives, negatives)
    return RocCurve(
        counts.thresholds,
        counts.true_positives[0] / positives,
        (negatives - counts.false_positives[0]) / negatives,
    )


def placements(y: ArrayLike, score: ArrayLike) -> Floats:
    """For each lesion (n,) the share of the other class that it beats, a tie counting half.

    For a positive lesion: the share of negatives with a lower score; for a negative one: the share of
    positives with a higher score. Their mean over either class is the AUC, their spread DeLong's variance.
    Computed in n log n, by one sort. Raises EstimationError where ``y`` has one class.
    """
    event, value = np.asarray(y) == 1, np.asarray(score, dtype=float)
    positives, negatives = int(event.sum()), int((~event).sum())
    _require_both_classes(positives, negatives)
    order = np.argsort(value, kind="stable")
    ordered = value[order]
    level = np.cumsum(np.concatenate([[False], ordered[1:] != ordered[:-1]]))
    # Lesions of each class at each distinct score; those below it, and half of those level with it, are beaten.
    level_positives = np.bincount(level, weights=event[order])
    level_negatives = np.bincount(level) - level_positives
    beaten_negatives = np.cumsum(level_negatives) - level_negatives / 2.0
    beaten_positives = np.cumsum(level_positives) - level_positives / 2.0
    result = np.empty(len(value))
    result[order] = np.where(
        event[order], beaten_negatives[level] / negatives, 1.0 - beaten_positives[level] / positives
    )
    return result


def auc(y: ArrayLike, score: ArrayLike) -> float:
    """Probability that a positive lesion scores higher than a negative one, ties counting half.

    Raises EstimationError where ``y`` has one class.

    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    return float(placements(y, score)[np.asarray(y) == 1].mean())


def _require_both_classes(positives: float, negatives: float) -> None:
    if positives == 0 or negatives == 0:
        present = "negative" if positives == 0 else "positive"
        raise EstimationError(f"an ROC curve needs lesions of both classes: all are {present}")
