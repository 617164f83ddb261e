"""DeLong's interval and paired test of the AUC, following patients where they have several lesions.

With one lesion a patient these are DeLong's (doi:10.2307/2531595); with more, Obuchowski's extension to
clustered data (doi:10.2307/2533958), which gives the same numbers where every cluster has one lesion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.clusters import is_repeated, patient_codes, summed_by
from her2mri.evaluation.discrimination import placements

Floats = NDArray[np.float64]

_NO_SPREAD: Final = 1e-12


class NoSpreadError(EstimationError):
    """An AUC exists but its spread does not: a class comes from one patient."""

    def __init__(self, area: float) -> None:
        super().__init__("the spread of an AUC needs two patients or more of each class")
        self.area = area


@dataclass(frozen=True)
class AucEstimate:
    """An AUC with its standard error and interval; ``method`` says which interval it is."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    method: str


@dataclass(frozen=True)
class AucComparison:
    """Difference of two AUCs on the same lesions, with the paired test of no difference."""

    difference: float
    std_error: float
    conf_low: float
    conf_high: float
    statistic: float
    p_value: float


def delong_covariance(
    y: ArrayLike, scores: ArrayLike, *, patient: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """AUCs (k,) of the k columns of ``scores`` (n, k) and their covariance (k, k).

    ``patient`` (n,) names the patient of each lesion; None means that each lesion is its own patient.
    Raises EstimationError where ``y`` has one class, NoSpreadError where a class comes from one patient.
    """
    event = np.asarray(y) == 1
    columns = np.asarray(scores, dtype=float)
    values = np.column_stack([placements(event, column) for column in columns.T])
    areas = values[event].mean(axis=0)
    who = patient_codes(patient, len(event))
    centred = values - areas
    summed = [summed_by(who, centred * part[:, None]) for part in (event, ~event)]
    clusters = [int(np.count_nonzero(np.bincount(who[part]))) for part in (event, ~event)]
    if min(clusters) < 2:
        raise NoSpreadError(float(areas[0]))
    total = int(who.max()) + 1
    m, n = int(event.sum()), int((~event).sum())
    positive_part = _scaled(summed[0].T @ summed[0], clusters[0]) / m**2
    negative_part = _scaled(summed[1].T @ summed[1], clusters[1]) / n**2
    crossed = _scaled(summed[0].T @ summed[1], total) / (m * n)
    return areas, positive_part + negative_part + crossed + crossed.T


def delong_interval(
    y: ArrayLike, score: ArrayLike, *, patient: ArrayLike | None = None, confidence: float = 0.95
) -> AucEstimate:
    """AUC with DeLong's normal interval, cut at 0 and 1.

    Where DeLong's standard error is 0 (classes separated, one distinct score) or cannot be had (one patient
    in a class), his interval says nothing; Newcombe's score interval stands in, and ``method`` says so.
    Raises EstimationError where ``y`` has one class.

    >>> found = delong_interval([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6])
    >>> round(found.estimate, 4), round(found.std_error, 4), round(found.conf_low, 4)
    (0.8889, 0.1571, 0.5809)
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + _checked(confidence) / 2.0))
    event, column = np.asarray(y) == 1, np.asarray(score, dtype=float)[:, None]
    try:
        areas, covariance = delong_covariance(event, column, patient=patient)
        area, error = float(areas[0]), float(np.sqrt(max(covariance[0, 0], 0.0)))
    except NoSpreadError as alone:
        area, error = alone.area, float("nan")
    if not error > _NO_SPREAD:
        low, high = newcombe_interval(area, int(event.sum()), int((~event).sum()), confidence=confidence)
        return AucEstimate(area, error, low, high, "Newcombe's score interval (DeLong's has no width)")
    repeated = is_repeated(patient_codes(patient, len(event)))
    method = "DeLong, by patient (Obuchowski)" if repeated else "DeLong"
    return AucEstimate(area, error, max(area - z * error, 0.0), min(area + z * error, 1.0), method)


def delong_test(
    y: ArrayLike,
    score: ArrayLike,
    comparator: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    confidence: float = 0.95,
) -> AucComparison:
    """Paired test that ``score`` and ``comparator`` have one AUC on the same lesions.

    Where the two order every pair alike the difference and its error are 0: statistic 0 and p 1.

    >>> delong_test([0, 0, 1, 1], [1, 3, 2, 4], [1, 3, 2, 4]).p_value
    1.0
    """
    from scipy.special import ndtr, ndtri

    z = float(ndtri(0.5 + _checked(confidence) / 2.0))
    areas, covariance = delong_covariance(y, np.column_stack([score, comparator]), patient=patient)
    difference = float(areas[0] - areas[1])
    error = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1], 0.0)))
    if error < _NO_SPREAD:
        if abs(difference) > _NO_SPREAD:
            raise EstimationError(
                "both AUCs are at an end of their range: their difference has no standard error"
            )
        return AucComparison(0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    statistic = difference / error
    p_value = float(2.0 * ndtr(-abs(statistic)))
    return AucComparison(
        difference, error, difference - z * error, difference + z * error, statistic, p_value
    )


def newcombe_interval(
    area: float, positives: int, negatives: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Score interval of an AUC from its value and the two class sizes alone (doi:10.1002/sim.2324, method 5).

    It has width at AUC 0 and 1 too.

    >>> [round(bound, 3) for bound in newcombe_interval(1.0, 10, 20)]
    [0.849, 1.0]
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    z = float(ndtri(0.5 + _checked(confidence) / 2.0))
    size = (positives + negatives) / 2.0 - 1.0

    def excess(theta: float) -> float:
        spread = 1.0 + size * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta))
        return (theta - area) ** 2 - z * z * theta * (1.0 - theta) * spread / (positives * negatives)

    low = 0.0 if area == 0.0 else float(brentq(excess, 0.0, area - 1e-12))
    high = 1.0 if area == 1.0 else float(brentq(excess, area + 1e-12, 1.0))
    return low, high


def _scaled(product: Floats, clusters: int) -> Floats:
    return np.asarray(product * (clusters / (clusters - 1.0)), dtype=float)


def _checked(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    return confidence
