"""Decision curves: the net benefit of acting on a probability, against acting on all and on nobody."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.evaluation.cutoffs import CutoffCounts, counts_by_cutoff

Floats = NDArray[np.float64]

DECISION_THRESHOLDS: Final[Floats] = np.arange(100) / 100.0
"""Threshold probabilities of a decision curve, 0 to 0.99 (at 1 a false positive weighs infinitely)."""

DCA_RULES: Final = {
    "highest_net_benefit": "highest net benefit over thresholds 0.01 to 0.99",
    "highest_gain": "highest gain over the better of treat-all and treat-none",
    "last_positive_net_benefit": "highest threshold with a net benefit above 0",
}
"""Readings of "the threshold of highest net benefit"; see the decision record on it."""


def net_benefit(y: ArrayLike, probability: ArrayLike, threshold: ArrayLike) -> Floats:
    """Net benefit of treating lesions with ``probability >= threshold``, in true positives a lesion.

    TP / n - FP / n * threshold / (1 - threshold) (doi:10.1177/0272989X06295361); shape of ``threshold``.
    Raises ValueError unless 0 <= threshold < 1.

    >>> net_benefit([0, 1, 1, 0], [0.2, 0.4, 0.8, 0.6], [0.0, 0.5]).tolist()
    [0.5, 0.0]
    """
    cut = _checked(threshold)
    found = net_benefit_of_counts(counts_by_cutoff(y, probability), np.atleast_1d(cut))[0]
    return np.reshape(found, cut.shape)


def treat_all(y: ArrayLike, threshold: ArrayLike) -> Floats:
    """Net benefit of treating every lesion; at threshold 0 the prevalence.

    >>> treat_all([0, 1, 1, 0], [0.0, 0.5]).tolist()
    [0.5, 0.0]
    """
    cut = _checked(threshold)
    prevalence = float(np.mean(np.asarray(y, dtype=float)))
    return np.asarray(prevalence - (1.0 - prevalence) * cut / (1.0 - cut), dtype=float)


def treat_none(threshold: ArrayLike) -> Floats:
    """Net benefit of treating nobody: 0 everywhere."""
    return np.zeros_like(_checked(threshold))


def net_benefit_of_counts(counts: CutoffCounts, thresholds: Floats) -> Floats:
    """Net benefit (r, m) of each resample in ``counts`` at each of ``thresholds`` (m,)."""
    true_positives, false_positives = counts.at(thresholds)
    total = (counts.positives + counts.negatives)[:, None]
    return np.asarray(
        (true_positives - false_positives * (thresholds / (1.0 - thresholds))) / total, dtype=float
    )


def standardised_net_benefit(y: ArrayLike, probability: ArrayLike, threshold: ArrayLike) -> Floats:
    """Net benefit by the prevalence, its highest possible value (doi:10.1200/JCO.2015.65.5654).

    >>> standardised_net_benefit([0, 1, 1, 0], [0.2, 0.4, 0.8, 0.3], [0.0, 0.35]).tolist()
    [1.0, 1.0]
    """
    return net_benefit(y, probability, threshold) / float(np.mean(np.asarray(y, dtype=float)))


def interventions_avoided(y: ArrayLike, probability: ArrayLike, threshold: ArrayLike) -> Floats:
    """Net interventions avoided per 100 lesions, against treating all: 100 (1 - t) / t times the gain.

    Lesions spared an intervention without one positive lesion more being missed (doi:10.1186/1472-6947-8-53).
    NaN at threshold 0, where no intervention is needless.

    >>> interventions_avoided([0, 1, 1, 0], [0.2, 0.4, 0.8, 0.3], [0.25, 0.5]).round(9).tolist()
    [25.0, 25.0]
    """
    cut = _checked(threshold)
    return avoided_of_gain(net_benefit(y, probability, cut) - treat_all(y, cut), cut)


def avoided_of_gain(gain: Floats, thresholds: Floats) -> Floats:
    """Net interventions avoided per 100 lesions from the gain (..., m) over treating all, at (m,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = thresholds / (1.0 - thresholds)
        return np.asarray(np.where(odds > 0, 100.0 * gain / odds, np.nan), dtype=float)


def dca_optimal_threshold(
    y: ArrayLike, probability: ArrayLike, *, rule: str = "highest_net_benefit"
) -> float:
    """The threshold that one of ``DCA_RULES`` picks from a decision curve over 0.01 to 0.99.

    Net benefit never exceeds the prevalence, which treating everybody reaches at threshold 0: the literal
    reading therefore lands near 0 for almost any model. NaN where the rule finds none (no threshold with a
    gain, say).

    >>> dca_optimal_threshold([0, 1, 1, 0], [0.2, 0.4, 0.8, 0.3])
    0.31
    """
    counts = counts_by_cutoff(y, probability)
    return float(dca_optima_of_counts(counts)[rule][0])


def dca_optima_of_counts(counts: CutoffCounts) -> dict[str, Floats]:
    """The threshold of each of ``DCA_RULES`` in each resample (r,); of equals the lowest."""
    thresholds = DECISION_THRESHOLDS[1:]
    benefit = net_benefit_of_counts(counts, thresholds)
    prevalence = (counts.positives / (counts.positives + counts.negatives))[:, None]
    all_treated = prevalence - (1.0 - prevalence) * thresholds / (1.0 - thresholds)
    # Sums of rounded quotients that should be equal differ in the last bits: compare at 1e-12.
    benefit = np.round(benefit, 12)
    gain = np.round(benefit - np.maximum(np.round(all_treated, 12), 0.0), 12)
    above = benefit > 0
    last = len(thresholds) - 1 - np.argmax(above[:, ::-1], axis=1)
    return {
        "highest_net_benefit": thresholds[np.argmax(benefit, axis=1)],
        "highest_gain": np.where((gain > 0).any(axis=1), thresholds[np.argmax(gain, axis=1)], np.nan),
        "last_positive_net_benefit": np.where(above.any(axis=1), thresholds[last], np.nan),
    }


def checked_thresholds(thresholds: ArrayLike) -> Floats:
    """The range of a decision curve, rising thresholds (m,); raises ValueError unless they are one."""
    found = np.atleast_1d(_checked(thresholds))
    if not len(found) or (np.diff(found) <= 0).any():
        raise ValueError("thresholds of a decision curve must be one or more and rise")
    return found


def _checked(threshold: ArrayLike) -> Floats:
    cut = np.asarray(threshold, dtype=float)
    if not ((cut >= 0) & (cut < 1)).all():
        raise ValueError(f"threshold must fulfil 0 <= threshold < 1, got {threshold!r}")
    return cut
