"""Resampling of patients, and intervals that say how many resamples gave no estimate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.evaluation.prediction import Prediction

Floats = NDArray[np.float64]

AT_ONCE: Final = 65536
"""Patients drawn before they are counted: few enough to stay in the cache."""
MOST_FAILED: Final = 0.5
"""With more than this share of resamples failed there is no interval: what is left is a selection."""


@dataclass(frozen=True)
class BootstrapInterval:
    """Bounds of an estimate, with how many of the resamples gave none."""

    conf_low: float
    conf_high: float
    n_failed: int
    n_resamples: int


def seed_of(seed: int, *names: str) -> np.random.SeedSequence:
    """A seed of its own for each combination of names, whatever the order in which they are asked for.

    >>> seed_of(1, "her2", "LR").entropy == seed_of(1, "her2", "DT").entropy
    False
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, dtype="<u4").tolist()])


def patient_weights(patient: ArrayLike, n_resamples: int, seed: np.random.SeedSequence) -> Floats:
    """How often each lesion stands in each resample of patients, shape (n_resamples, n).

    As many patients as there are get drawn with replacement, each with all their lesions. Classes are not
    held fixed, so that the prevalence varies as it does from cohort to cohort.

    >>> weights = patient_weights(["a", "a", "b"], 5, np.random.SeedSequence(1))
    >>> bool((weights[:, 0] == weights[:, 1]).all()), set((weights[:, 0] + weights[:, 2]).tolist())
    (True, {2.0})
    """
    from her2mri.evaluation import resample_kernels

    if n_resamples < 1:
        raise ValueError(f"n_resamples must be 1 or more, got {n_resamples}")
    names, which = np.unique(np.asarray(patient), return_inverse=True)
    size = len(names)
    found = np.empty((n_resamples, len(which)))
    rng = np.random.default_rng(seed)
    rows = max(AT_ONCE // size, 1)
    for first in range(0, n_resamples, rows):
        part = found[first : first + rows]
        resample_kernels.count_drawn(rng.integers(0, size, size=(len(part), size)), which, part)
    return found


def prediction_weights(prediction: Prediction, n_resamples: int, seed: int) -> Floats:
    """``patient_weights`` of a prediction, with a seed of its own from its task, model and sample.

    Of fewer than two patients: empty resamples, which make every interval NaN.
    """
    if prediction.n_patients < 2:
        return np.zeros((n_resamples, prediction.n))
    own = seed_of(seed, prediction.task, prediction.model, prediction.sample)
    return patient_weights(prediction.patient, n_resamples, own)


def percentile_interval(replicates: Floats, *, confidence: float = 0.95) -> BootstrapInterval:
    """Percentile interval of the finite ``replicates`` (r,); NaN bounds where more than half have failed.

    >>> percentile_interval(np.array([0.0, 1.0, 2.0, np.nan]), confidence=0.5)
    BootstrapInterval(conf_low=0.5, conf_high=1.5, n_failed=1, n_resamples=4)
    """
    tails = (1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0
    low, high, failed = _quantiles(replicates, tails, confidence)
    return BootstrapInterval(low, high, failed, len(replicates))


def symmetric_interval(estimate: float, replicates: Floats, *, confidence: float = 0.95) -> BootstrapInterval:
    """Basic interval of equal arms about the estimate, cut at 0.

    The arm is the quantile of the replicates' distance from the estimate (Hall 1988, J R Stat Soc B
    50:35-45). For a measure whose replicates are biased upward, as all of a distance from 0 are: a percentile
    interval then leaves the estimate out, and so does the basic one of unequal arms.

    >>> symmetric_interval(1.0, np.array([2.0, 3.0, 4.0]), confidence=0.5)
    BootstrapInterval(conf_low=0.0, conf_high=3.0, n_failed=0, n_resamples=3)
    """
    arm, _, failed = _quantiles(np.abs(replicates - estimate), (confidence, confidence), confidence)
    low = max(estimate - arm, 0.0) if np.isfinite(arm) else np.nan
    return BootstrapInterval(low, estimate + arm, failed, len(replicates))


def distance_interval(estimate: float, replicates: Floats, *, confidence: float = 0.95) -> BootstrapInterval:
    """``symmetric_interval`` of a distance from 0, whose lower arm reaches at least as far as its bias asks for.

    The estimate lies above the truth as the replicates lie above the estimate. The lower end is therefore no
    higher than the estimate less the bias and a normal arm of the replicates. See docs/decisions/0137.

    >>> distance_interval(3.0, np.array([3.0, 4.0, 5.0]), confidence=0.5).conf_low.__round__(2)
    1.45
    """
    from scipy.special import ndtri

    found = symmetric_interval(estimate, replicates, confidence=confidence)
    finite = replicates[np.isfinite(replicates)]
    if np.isnan(found.conf_low):
        return found
    bias = max(float(finite.mean()) - estimate, 0.0)
    reached = estimate - bias - float(ndtri(0.5 + confidence / 2.0)) * float(finite.std())
    return replace(found, conf_low=min(found.conf_low, max(reached, 0.0)))


def _quantiles(replicates: Floats, at: tuple[float, float], confidence: float) -> tuple[float, float, int]:
    """Two quantiles of the finite replicates, and how many were not finite."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    finite = replicates[np.isfinite(replicates)]
    failed = len(replicates) - len(finite)
    if not len(finite) or failed > MOST_FAILED * len(replicates):
        return np.nan, np.nan, failed
    low, high = np.quantile(finite, at)
    return float(low), float(high), failed
