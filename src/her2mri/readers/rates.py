"""Shares of right calls with intervals that follow the patient, and their paired change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.statistics.hypothesis_test import NOT_APPLICABLE
from her2mri.statistics.intervals import wilson

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RATE_METRICS: Final = ("sensitivity", "specificity", "accuracy", "npv", "ppv")


@dataclass(frozen=True, eq=False)
class Rate:
    """A share with its interval; ``influence`` (n,) is what each case contributes to its deviation."""

    estimate: float
    conf_low: float
    conf_high: float
    std_error: float
    n: int
    n_successes: int
    method: str
    influence: Floats


@dataclass(frozen=True)
class RateChange:
    """Difference of two shares over the same cases with its interval and test."""

    estimate: float
    conf_low: float
    conf_high: float
    std_error: float
    test: str
    statistic: float
    p_value: float


def counted_and_right(metric: str, y: ArrayLike, called: ArrayLike) -> tuple[Bools, Bools]:
    """Which cases (n,) enter a metric, and which of them count as successes.

    ``called`` is 1 or 0, or NaN for a call that is neither class of the task: an error in sensitivity,
    specificity and accuracy, and outside the predictive values.
    """
    event, call = np.asarray(y) == 1, np.asarray(called, dtype=float)
    right = np.where(event, call == 1.0, call == 0.0)
    parts = {
        "sensitivity": event,
        "specificity": ~event,
        "accuracy": np.ones_like(event),
        "npv": call == 0.0,
        "ppv": call == 1.0,
    }
    if metric not in parts:
        raise ValueError(f"metric must be one of {', '.join(RATE_METRICS)}, got {metric!r}")
    return parts[metric], right


def clustered_rate(
    counted: ArrayLike, success: ArrayLike, patient: ArrayLike, *, confidence: float = 0.95
) -> Rate:
    """Share of ``success`` among the ``counted`` cases (n,) with Wilson's interval.

    Where a patient has several of the counted cases, Wilson's interval is that of the effective number of
    cases, n / design effect (Rao and Scott, doi:10.2307/2532311), the design effect at least 1 and, for
    shares of 0 and 1 that show no spread, cases per patient. NaN where no case is counted.

    >>> rate = clustered_rate([1] * 10, [1] * 8 + [0] * 2, range(10))
    >>> round(rate.conf_low, 4), round(rate.conf_high, 4)
    (0.4902, 0.9433)
    """
    inside, right = np.asarray(counted, dtype=bool), np.asarray(success, dtype=bool)
    who = np.unique(np.asarray(patient), return_inverse=True)[1]
    n, successes = int(inside.sum()), int((inside & right).sum())
    influence = np.zeros(len(inside))
    if n == 0:
        return Rate(np.nan, np.nan, np.nan, np.nan, 0, 0, NOT_APPLICABLE, influence)
    share = successes / n
    influence = np.where(inside, right - share, 0.0) / n
    clusters = len(np.unique(who[inside]))
    variance = clustered_covariance(influence, influence, who, inside)
    method, effective = "Wilson", float(n)
    if clusters < n:
        simple = share * (1.0 - share) / n
        effect = variance * (n - 1) / n / simple if simple > 0.0 and clusters > 1 else n / clusters
        method, effective = "Wilson, by patient (effective number of cases)", n / max(effect, 1.0)
    low, high = wilson(share * effective, effective, confidence=confidence)
    error = float(np.sqrt(variance)) if clusters > 1 else np.nan
    return Rate(share, float(low), float(high), error, n, successes, method, influence)


def clustered_covariance(
    first: Floats, second: Floats, who: NDArray[np.intp], inside: Bools | None = None
) -> float:
    """Covariance of two sums of case contributions (n,), patients as units; ``inside``: those that count."""
    clusters = len(np.unique(who if inside is None else who[inside]))
    a, b = np.bincount(who, weights=first), np.bincount(who, weights=second)
    return float(a @ b) * clusters / max(clusters - 1.0, 1.0)


def rate_change(
    metric: str,
    y: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    patient: ArrayLike,
    *,
    confidence: float = 0.95,
) -> RateChange:
    """Change of a metric from the calls ``before`` to the calls ``after`` of the same cases (n,).

    Interval: Newcombe's square-and-add of the two (clustered) Wilson intervals with the calls' correlation
    (doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C). Test: McNemar's exact test, with
    several cases of a patient Obuchowski's clustered one
    (doi:10.1002/(SICI)1097-0258(19980715)17:13<1495::AID-SIM863>3.0.CO;2-I); for predictive values, whose
    denominators are calls, the linearised z test (doi:10.1002/sim.5587).

    >>> change = rate_change("accuracy", [1] * 20, [0] * 8 + [1] * 12, [1] * 19 + [0], range(20))
    >>> round(change.estimate, 2), change.test, round(change.p_value, 4)
    (0.35, "McNemar's exact test", 0.0391)
    """
    who = np.unique(np.asarray(patient), return_inverse=True)[1]
    pair = []
    for called in (before, after):
        counted, right = counted_and_right(metric, y, called)
        pair.append((counted, right, clustered_rate(counted, right, who, confidence=confidence)))
    (inside, was_right, old), (_, is_right, new) = pair
    if old.n == 0 or new.n == 0:
        return RateChange(np.nan, np.nan, np.nan, np.nan, NOT_APPLICABLE, np.nan, np.nan)
    inside = inside | pair[1][0]
    shift = new.influence - old.influence
    error = float(np.sqrt(clustered_covariance(shift, shift, who, inside)))
    low, high = _square_and_add(old, new, who)
    change = new.estimate - old.estimate
    if metric in ("npv", "ppv"):
        return RateChange(change, low, high, error, *_z_test(change, error))
    lost, won = int((inside & was_right & ~is_right).sum()), int((inside & ~was_right & is_right).sum())
    if len(np.unique(who[inside])) == int(inside.sum()):
        return RateChange(change, low, high, error, *_mcnemar(lost, won))
    return RateChange(change, low, high, error, *_clustered_mcnemar(inside, was_right, is_right, who))


def _square_and_add(old: Rate, new: Rate, who: NDArray[np.intp]) -> tuple[float, float]:
    spread = old.std_error * new.std_error
    correlation = 0.0
    if spread > 0.0:
        shared = clustered_covariance(old.influence, new.influence, who)
        correlation = float(np.clip(shared / spread, -1.0, 1.0))
    change = new.estimate - old.estimate
    new_down, new_up = new.estimate - new.conf_low, new.conf_high - new.estimate
    old_down, old_up = old.estimate - old.conf_low, old.conf_high - old.estimate
    below = new_down**2 - 2.0 * correlation * new_down * old_up + old_up**2
    above = new_up**2 - 2.0 * correlation * new_up * old_down + old_down**2
    low, high = change - np.sqrt(max(below, 0.0)), change + np.sqrt(max(above, 0.0))
    return max(float(low), -1.0), min(float(high), 1.0)


def _z_test(change: float, error: float) -> tuple[str, float, float]:
    from scipy.special import ndtr

    if not error > 0.0:
        return NOT_APPLICABLE, np.nan, np.nan
    z = change / error
    return "linearised z test", z, float(2.0 * ndtr(-abs(z)))


def _mcnemar(lost: int, won: int) -> tuple[str, float, float]:
    from scipy.stats import binomtest

    name = "McNemar's exact test"
    return name, np.nan, float(binomtest(won, lost + won).pvalue) if lost + won else 1.0


def _clustered_mcnemar(
    inside: Bools, was_right: Bools, is_right: Bools, who: NDArray[np.intp]
) -> tuple[str, float, float]:
    """Obuchowski's test: the spread of patients' net changes under no change."""
    from scipy.special import ndtr

    net = np.bincount(who, weights=np.where(inside, is_right.astype(float) - was_right, 0.0))
    clusters = len(np.unique(who[inside]))
    spread = float(np.sum(net**2)) * clusters / max(clusters - 1.0, 1.0)
    name = "Obuchowski's clustered McNemar test"
    if spread == 0.0:
        return name, 0.0, 1.0
    z = float(net.sum()) / float(np.sqrt(spread))
    return name, z * z, float(2.0 * ndtr(-abs(z)))
