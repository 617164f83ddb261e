"""Chance-corrected agreement of categories: Cohen's and Fleiss' kappa, Gwet's AC1 and AC2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Weights = Literal["none", "linear", "quadratic"]

_NO_ROOM: Final = 1e-12


@dataclass(frozen=True)
class CategoryAgreement:
    """A coefficient with its interval; ``observed`` is the (weighted) share of agreement before correction."""

    coefficient: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    observed: float
    n: int
    raters: int


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    *,
    levels: Sequence[Any] | None = None,
    weights: Weights = "none",
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> CategoryAgreement:
    """Cohen's kappa of two readings (n,), plain or weighted by the distance of the levels.

    ``levels`` gives the levels in order (None: those met, sorted); ``cluster`` the patient of each case. A
    case with a missing reading is left out. The standard error is the linearised one (for one case a patient
    Fleiss, Cohen and Everitt's, doi:10.1037/h0028106, times sqrt(n / (n - 1))). Raises EstimationError where
    chance alone would agree always: all readings alike.

    >>> cohen_kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"]).estimate
    0.5
    """
    codes, categories, who = _coded(np.column_stack([_objects(first), _objects(second)]), levels, cluster)
    weight = _weight_matrix(len(categories), weights)
    a, b = codes[:, 0], codes[:, 1]
    share = np.eye(len(categories))
    first_share, second_share = share[a].mean(axis=0), share[b].mean(axis=0)
    chance = float(first_share @ weight @ second_share)
    chance_of_case = weight[a] @ second_share + first_share @ weight[:, b]
    name = "Cohen's kappa" if weights == "none" else f"Cohen's kappa, {weights} weights"
    return _corrected(name, weight[a, b], chance, chance_of_case - 2.0 * chance, who, 2, confidence)


def fleiss_kappa(
    readings: ArrayLike,
    *,
    levels: Sequence[Any] | None = None,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> CategoryAgreement:
    """Fleiss' kappa of ``readings`` (n cases, r raters), doi:10.1037/h0031619, with Gwet's standard error.

    Cases with a missing reading are left out. Raises EstimationError where all readings are alike.

    >>> round(fleiss_kappa([["a", "a", "a"], ["b", "b", "a"], ["b", "b", "b"]]).estimate, 4)
    0.55
    """
    shares, agreed, who, raters = _shares(readings, levels, "none", cluster)
    mean = shares.mean(axis=0)
    chance = float(mean @ mean)
    return _corrected(
        "Fleiss' kappa", agreed, chance, 2.0 * (shares @ mean - chance), who, raters, confidence
    )


def gwet_ac(
    readings: ArrayLike,
    *,
    levels: Sequence[Any] | None = None,
    weights: Weights = "none",
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> CategoryAgreement:
    """Gwet's AC1 (``weights="none"``) or AC2 of ``readings`` (n cases, r raters), doi:10.1348/000711006X126600.

    It stays defined where nearly all readings are alike, as long as ``levels`` says what else they could
    have been. Raises EstimationError where there is only one level.

    >>> round(gwet_ac([["a", "a"], ["a", "a"], ["a", "b"], ["a", "a"]]).estimate, 4)
    0.68
    """
    shares, agreed, who, raters = _shares(readings, levels, weights, cluster)
    mean = shares.mean(axis=0)
    count = len(mean)
    if count < 2:
        raise EstimationError("one level only: chance-corrected agreement does not exist")
    scale = float(_weight_matrix(count, weights).sum()) / (count * (count - 1))
    chance = scale * float(mean @ (1.0 - mean))
    chance_of_case = scale * ((shares - mean) @ (1.0 - 2.0 * mean))
    name = "Gwet's AC1" if weights == "none" else f"Gwet's AC2, {weights} weights"
    return _corrected(name, agreed, chance, chance_of_case, who, raters, confidence)


def _corrected(
    name: str,
    agreed: Floats,
    chance: float,
    chance_of_case: Floats,
    who: Ints,
    raters: int,
    confidence: float,
) -> CategoryAgreement:
    """(observed - chance) / (1 - chance) with an interval from what each patient contributes to it."""
    from scipy.stats import t

    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    room = 1.0 - chance
    if room < _NO_ROOM:
        raise EstimationError(f"all readings are alike: {name} does not exist")
    observed = float(agreed.mean())
    estimate = (observed - chance) / room
    n, clusters = len(agreed), int(who.max()) + 1
    influence = ((agreed - observed) * room - (1.0 - observed) * chance_of_case) / room**2
    if clusters < 2:
        return CategoryAgreement(name, estimate, np.nan, np.nan, np.nan, observed, n, raters)
    summed = np.bincount(who, weights=influence)
    error = float(np.sqrt(np.sum(summed**2) * clusters / (clusters - 1.0))) / n
    half = float(t.ppf(0.5 + confidence / 2.0, clusters - 1)) * error
    low, high = max(estimate - half, -1.0), min(estimate + half, 1.0)
    return CategoryAgreement(name, estimate, error, low, high, observed, n, raters)


def _shares(
    readings: ArrayLike, levels: Sequence[Any] | None, weights: Weights, cluster: ArrayLike | None
) -> tuple[Floats, Floats, Ints, int]:
    """Share of each level in each case, share of agreeing pairs of raters, patient, number of raters."""
    codes, categories, who = _coded(_objects(readings), levels, cluster)
    n, raters = codes.shape
    counts = np.zeros((n, len(categories)))
    np.add.at(counts, (np.arange(n)[:, None], codes), 1.0)
    weight = _weight_matrix(len(categories), weights)
    agreed = np.sum(counts * (counts @ weight - 1.0), axis=1) / (raters * (raters - 1.0))
    return counts / raters, agreed, who, raters


def _coded(
    readings: NDArray[np.object_], levels: Sequence[Any] | None, cluster: ArrayLike | None
) -> tuple[Ints, list[Any], Ints]:
    if readings.ndim != 2 or readings.shape[1] < 2:
        raise ValueError(f"readings must have shape (cases, 2 raters or more), got {readings.shape}")
    complete = np.array([not any(value is None or value != value for value in row) for row in readings])
    if not complete.any():
        raise EstimationError("no case was read by every rater")
    readings = readings[complete]
    categories = sorted(set(readings.ravel().tolist())) if levels is None else list(levels)
    place = {level: index for index, level in enumerate(categories)}
    unknown = set(readings.ravel().tolist()) - set(place)
    if unknown:
        raise ValueError(f"not among the levels: {', '.join(sorted(map(str, unknown)))}")
    codes = np.array([[place[value] for value in row] for row in readings], dtype=np.intp)
    names = np.arange(len(complete)) if cluster is None else np.asarray(cluster)
    return codes, categories, np.unique(names[complete], return_inverse=True)[1].astype(np.intp)


def _objects(values: ArrayLike) -> NDArray[np.object_]:
    return np.asarray(values, dtype=object)


def _weight_matrix(count: int, weights: Weights) -> Floats:
    """Weight of each pair of levels: 1 on the diagonal, falling with the distance in rank."""
    if weights == "none" or count < 2:
        return np.eye(count)
    places = np.arange(count, dtype=float)
    distance = np.abs(places[:, None] - places) / (count - 1)
    return np.asarray(1.0 - (distance if weights == "linear" else distance**2))
