"""Counts of true and false positives at every cut-off: what ROC, Youden and decision curves are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CutoffCounts:
    """Positives found at each cut-off, from nobody to everybody, for one sample or many resamples of it.

    ``scores`` (k - 1,) are the distinct scores, falling. ``thresholds`` (k,) falls from +inf (nobody is
    positive) over the midpoints between neighbouring scores to -inf (everybody is); a lesion is positive
    when ``score >= threshold``. ``true_positives`` and ``false_positives`` have shape (r, k), one row a
    resample; ``positives`` and ``negatives`` have shape (r,).
    """

    scores: Floats
    thresholds: Floats
    true_positives: Floats
    false_positives: Floats
    positives: Floats
    negatives: Floats

    def at(self, threshold: float | Floats) -> tuple[Floats, Floats]:
        """True and false positives, each (r,) or (r, m), at any cut-off ``threshold``, a number or (m,)."""
        at_or_above = np.searchsorted(-self.scores, -np.asarray(threshold, dtype=float), side="right")
        return self.true_positives[:, at_or_above], self.false_positives[:, at_or_above]


def counts_by_cutoff(y: ArrayLike, score: ArrayLike, *, weights: Floats | None = None) -> CutoffCounts:
    """Count positives at every cut-off between the distinct values of ``score``.

    ``y`` (n,) is 0 or 1, ``score`` (n,) is higher where the class 1 is likelier; ``weights`` (r, n) says how
    often each lesion stands in each resample (None: once, in a single sample).

    >>> counts = counts_by_cutoff([0, 1, 1], [0.2, 0.4, 0.8])
    >>> counts.thresholds[1:-1].round(3).tolist(), counts.true_positives.tolist()
    ([0.6, 0.3], [[0.0, 1.0, 2.0, 2.0]])
    """
    event, scores, order, first = _falling(y, score)
    if weights is None:
        true_positives, false_positives = (_cumulated(part, first) for part in (event, 1.0 - event))
    else:
        from her2mri.evaluation import resample_kernels

        true_positives, false_positives = resample_kernels.cumulated(weights, order, event, first)
    return CutoffCounts(
        scores=scores,
        thresholds=_between(scores),
        true_positives=true_positives,
        false_positives=false_positives,
        positives=true_positives[:, -1],
        negatives=false_positives[:, -1],
    )


def counts_at_youden(
    y: ArrayLike, score: ArrayLike, weights: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """True and false positives at the Youden cut-off of each resample, and its positives and negatives (r,).

    As by ``counts_by_cutoff`` and ``classification.youden_positions``, but no table by cut-off is made.

    >>> found = counts_at_youden([0, 1, 0, 1], [0.2, 0.4, 0.6, 0.8], np.array([[1.0, 1, 1, 1], [1, 1, 0, 1]]))
    >>> [counts.tolist() for counts in found]
    [[2.0, 2.0], [1.0, 0.0], [2.0, 2.0], [2.0, 1.0]]
    """
    from her2mri.evaluation import resample_kernels

    event, _, order, first = _falling(y, score)
    return resample_kernels.at_youden(weights, order, event, first)


def _falling(y: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats, Integers, Integers]:
    """Outcomes from the highest score down, distinct scores, the order, and where each score begins in it."""
    outcome, value = np.asarray(y, dtype=float), np.asarray(score, dtype=float)
    if outcome.shape != value.shape or outcome.ndim != 1:
        raise ValueError(f"y and score must have one shape (n,), got {outcome.shape} and {value.shape}")
    if np.isnan(value).any():
        raise ValueError("score must not be missing")
    order = np.argsort(-value, kind="stable").astype(np.int64)
    scores, first = np.unique(-value[order], return_index=True)
    return outcome[order], -scores, order, first.astype(np.int64)


def _cumulated(weight: Floats, first: Integers) -> Floats:
    """Running totals over the distinct scores as one row, with a leading zero: nobody is positive."""
    totals = np.add.reduceat(weight, first) if len(first) else weight
    return np.concatenate([[0.0], np.cumsum(totals)])[None, :]


def _between(scores: Floats) -> Floats:
    """+inf, the midpoints of the falling ``scores``, -inf."""
    if not len(scores):
        return np.array([np.inf])
    middle = scores[1:] + (scores[:-1] - scores[1:]) / 2.0
    # Of two neighbouring floating-point numbers the midpoint rounds to one: the higher keeps the lower out.
    middle = np.where(middle > scores[1:], middle, scores[:-1])
    return np.concatenate([[np.inf], middle, [-np.inf]])
