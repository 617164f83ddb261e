"""Resampling of patients, and percentile intervals that say how many resamples gave no estimate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MOST_FAILED: Final = 0.5
"""With more than this share of resamples failed there is no interval: what is left is a selection."""


@dataclass(frozen=True)
class PercentileInterval:
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
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be 1 or more, got {n_resamples}")
    names, which = np.unique(np.asarray(patient), return_inverse=True)
    size = len(names)
    drawn = np.random.default_rng(seed).integers(0, size, size=(n_resamples, size))
    drawn += np.arange(n_resamples)[:, None] * size
    counts = np.bincount(drawn.ravel(), minlength=n_resamples * size).reshape(n_resamples, size)
    return counts[:, which].astype(float)


def percentile_interval(replicates: Floats, *, confidence: float = 0.95) -> PercentileInterval:
    """Percentile interval of the finite ``replicates`` (r,); NaN bounds where more than half have failed.

    >>> percentile_interval(np.array([0.0, 1.0, 2.0, np.nan]), confidence=0.5)
    PercentileInterval(conf_low=0.5, conf_high=1.5, n_failed=1, n_resamples=4)
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    finite = replicates[np.isfinite(replicates)]
    failed = len(replicates) - len(finite)
    if not len(finite) or failed > MOST_FAILED * len(replicates):
        return PercentileInterval(np.nan, np.nan, failed, len(replicates))
    low, high = np.quantile(finite, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return PercentileInterval(float(low), float(high), failed, len(replicates))
