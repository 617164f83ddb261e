"""Counts of true and false positives at every cut-off: what ROC, Youden and decision curves are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


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
    outcome, value = np.asarray(y, dtype=float), np.asarray(score, dtype=float)
    if outcome.shape != value.shape or outcome.ndim != 1:
        raise ValueError(f"y and score must have one shape (n,), got {outcome.shape} and {value.shape}")
    if np.isnan(value).any():
        raise ValueError("score must not be missing")
    order = np.argsort(-value, kind="stable")
    scores, first = np.unique(-value[order], return_index=True)
    scores = -scores
    weight = np.ones((1, len(value))) if weights is None else weights
    weight = weight[:, order]
    event = outcome[order]
    true_positives = _cumulated(weight * event, first)
    false_positives = _cumulated(weight * (1.0 - event), first)
    return CutoffCounts(
        scores=scores,
        thresholds=_between(scores),
        true_positives=true_positives,
        false_positives=false_positives,
        positives=true_positives[:, -1],
        negatives=false_positives[:, -1],
    )


def _cumulated(weight: Floats, first: NDArray[np.intp]) -> Floats:
    """Running totals over the distinct scores, with a leading zero: nobody is positive."""
    totals = np.add.reduceat(weight, first, axis=1) if len(first) else weight
    result = np.zeros((weight.shape[0], len(first) + 1))
    np.cumsum(totals, axis=1, out=result[:, 1:])
    return result


def _between(scores: Floats) -> Floats:
    """+inf, the midpoints of the falling ``scores``, -inf."""
    if not len(scores):
        return np.array([np.inf])
    middle = scores[1:] + (scores[:-1] - scores[1:]) / 2.0
    # Of two neighbouring floating-point numbers the midpoint rounds to one: the higher keeps the lower out.
    middle = np.where(middle > scores[1:], middle, scores[:-1])
    return np.concatenate([[np.inf], middle, [-np.inf]])
