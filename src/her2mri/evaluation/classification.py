"""Sensitivity, specificity, accuracy and predictive values at a cut-off, and Youden's cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.cutoffs import CutoffCounts, counts_by_cutoff

Floats = NDArray[np.float64]

CLASSIFICATION_METRICS: Final = ("sensitivity", "specificity", "accuracy", "npv", "ppv", "youden")


@dataclass(frozen=True)
class Confusion:
    """Counts of a two-by-two table."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


def confusion(y: ArrayLike, probability: ArrayLike, threshold: float) -> Confusion:
    """Cross lesions by outcome and call; a lesion is called positive when ``probability >= threshold``.

    >>> confusion([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9], 0.5)
    Confusion(true_positives=2, false_positives=1, true_negatives=1, false_negatives=0)
    """
    if np.isnan(threshold):
        raise ValueError("threshold must be a number")
    event, called = np.asarray(y) == 1, np.asarray(probability, dtype=float) >= threshold
    return Confusion(
        int((event & called).sum()),
        int((~event & called).sum()),
        int((~event & ~called).sum()),
        int((event & ~called).sum()),
    )


def classification_measures(
    true_positives: Floats, false_positives: Floats, positives: Floats, negatives: Floats
) -> dict[str, Floats]:
    """The measures of ``CLASSIFICATION_METRICS`` from counts of one shape; 0/0 gives NaN.

    >>> found = classification_measures(*(np.array([v]) for v in (3.0, 1.0, 4.0, 6.0)))
    >>> {name: round(float(value[0]), 3) for name, value in found.items()}
    {'sensitivity': 0.75, 'specificity': 0.833, 'accuracy': 0.8, 'npv': 0.833, 'ppv': 0.75, 'youden': 0.583}
    """
    true_negatives = negatives - false_positives
    called = true_positives + false_positives
    total = positives + negatives
    sensitivity = _share(true_positives, positives)
    specificity = _share(true_negatives, negatives)
    return {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "accuracy": _share(true_positives + true_negatives, total),
        "npv": _share(true_negatives, total - called),
        "ppv": _share(true_positives, called),
        "youden": sensitivity + specificity - 1.0,
    }


def measures_at(y: ArrayLike, probability: ArrayLike, threshold: float) -> dict[str, float]:
    """The measures of ``CLASSIFICATION_METRICS`` of ``probability >= threshold``.

    >>> measures_at([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9], 0.5)["ppv"].__round__(3)
    0.667
    """
    table = confusion(y, probability, threshold)
    positives = table.true_positives + table.false_negatives
    negatives = table.true_negatives + table.false_positives
    counts = (table.true_positives, table.false_positives, positives, negatives)
    found = classification_measures(*(np.array([float(count)]) for count in counts))
    return {name: float(value[0]) for name, value in found.items()}


def youden_positions(counts: CutoffCounts) -> NDArray[np.intp]:
    """Column of ``counts`` with the highest Youden index in each resample (r,).

    Counts are compared without division, so equal indices are seen as equal; of equals the lowest threshold
    (the highest sensitivity) is taken. "Everybody positive" is thus chosen only where no cut-off does better.
    """
    index = (
        counts.true_positives * counts.negatives[:, None] - counts.false_positives * counts.positives[:, None]
    )
    last = index.shape[1] - 1
    return np.asarray(last - np.argmax(index[:, ::-1], axis=1), dtype=np.intp)


def youden_threshold(y: ArrayLike, score: ArrayLike) -> float:
    """Cut-off of the highest sensitivity + specificity - 1, halfway between two neighbouring scores.

    Of several equally good cut-offs the lowest is taken. -inf (everybody positive) where no cut-off beats
    chance. Raises EstimationError where ``y`` has one class.

    >>> youden_threshold([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.8]).__round__(3)
    0.2
    """
    counts = counts_by_cutoff(y, score)
    if counts.positives[0] == 0 or counts.negatives[0] == 0:
        raise EstimationError("Youden's cut-off needs lesions of both classes")
    return float(counts.thresholds[youden_positions(counts)[0]])


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
