"""Performance of a model on weighted lesions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from her2mri.evaluation.calibration import logit
from her2mri.evaluation.weighted_logistic import fit_logistic

Floats = NDArray[np.float64]

METRICS_REWEIGHTED = ("auc", "brier", "calibration_in_the_large")


def weighted_scores(y: Floats, probability: Floats, weights: Floats) -> Floats:
    """``METRICS_REWEIGHTED`` (3,) of lesions (n,) counted ``weights`` times; NaN where one does not exist.

    With equal weights these are the plain metrics.

    >>> weighted_scores(np.array([0.0, 1.0]), np.array([0.2, 0.6]), np.ones(2)).round(3).tolist()
    [1.0, 0.1, 0.49]
    """
    return np.array(
        [
            weighted_auc(y, probability, weights),
            float(weights @ (probability - y) ** 2 / weights.sum()) if weights.sum() > 0 else np.nan,
            weighted_in_the_large(y, probability, weights),
        ]
    )


def weighted_auc(y: Floats, score: Floats, weights: Floats) -> float:
    """Weighted share of pairs of an event and a non-event in which the event scores higher, ties a half.

    >>> weighted_auc(np.array([0.0, 1.0, 1.0]), np.array([0.5, 0.4, 0.8]), np.array([1.0, 1.0, 3.0]))
    0.75
    """
    _, place = np.unique(score, return_inverse=True)
    events = np.bincount(place, weights=weights * y)
    others = np.bincount(place, weights=weights * (1.0 - y))
    pairs = events.sum() * others.sum()
    below = np.cumsum(others) - others
    return float(events @ (below + 0.5 * others) / pairs) if pairs > 0 else np.nan


def weighted_in_the_large(y: Floats, probability: Floats, weights: Floats) -> float:
    """Shift of the log odds that makes the weighted mean probability the weighted share of events."""
    events = float(weights @ y)
    if not 0.0 < events < float(weights.sum()):
        return float("nan")
    fits = fit_logistic(np.ones((len(y), 1)), (weights * y)[None], weights[None], offset=logit(probability))
    return float(fits.coefficients[0, 0])
