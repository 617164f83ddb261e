"""Location and scale of one center's standardised measurements, shrunken toward a prior.

The empirical-Bayes equations of ComBat (Johnson, Li and Rabinovic 2007, doi:10.1093/biostatistics/kxj037):
normal prior for the location, inverse gamma for the variance, both posteriors at each other's mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import EstimationError
from her2mri.statistics.random_effects import random_effects

Floats = NDArray[np.float64]

_LARGEST_SHAPE: Final = 1e8
_MOST_STEPS: Final = 10_000
_CLOSE: Final = 1e-13

WEAK_LOCATION_VARIANCE: Final = 0.25
WEAK_LOG_VARIANCE: Final = 0.171
"""What is thought of centers before any is seen (docs/decisions/0143): their means differ by half a standard
deviation of a lesion, their standard deviations by a factor within 1.5 in 95 % of centers."""


@dataclass(frozen=True)
class Prior:
    """Of each measurement (p,): normal location and inverse-gamma variance with its shape and its mean."""

    location: Floats
    location_variance: Floats
    shape: Floats
    scale: Floats


@dataclass(frozen=True)
class LocationScale:
    """Posterior of one center: location and variance (p,) with the lesions ``n`` (p,) behind them."""

    location: Floats
    scale: Floats
    n: NDArray[np.int64]


def posterior(standardised: Floats, prior: Prior) -> LocationScale:
    """Shrunken location and variance of one center's lesions (n, p); missing values count for nothing.

    Raises EstimationError where the two equations do not settle.
    """
    there = np.isfinite(standardised)
    n = there.sum(axis=0)
    filled = np.where(there, standardised, 0.0)
    mean = np.divide(filled.sum(axis=0), n, out=prior.location.copy(), where=n > 0)
    location, scale = mean, prior.scale.copy()
    for _ in range(_MOST_STEPS):
        pulled = prior.location_variance * n
        moved = (pulled * mean + scale * prior.location) / (pulled + scale)
        squares = (np.where(there, standardised - moved, 0.0) ** 2).sum(axis=0)
        changed = (0.5 * squares + prior.scale * (prior.shape - 1.0)) / (0.5 * n + prior.shape - 1.0)
        still = np.abs(moved - location).max() + np.abs(changed - scale).max() <= _CLOSE * (
            1.0 + np.abs(moved).max() + changed.max()
        )
        location, scale = moved, changed
        if still:
            return LocationScale(location, scale, n.astype(np.int64))
    raise EstimationError("location and scale of a center do not settle")


def crude(standardised: Floats, name: str) -> LocationScale:
    """Mean and variance (n - 1) of one center's lesions; raises EstimationError with fewer than two."""
    n = np.isfinite(standardised).sum(axis=0)
    if (n < 2).any():
        raise EstimationError(f"center {name} has {int(n.min())} lesions with a measurement, it takes two")
    location, scale = np.nanmean(standardised, axis=0), np.nanvar(standardised, axis=0, ddof=1)
    if not (scale > 0).all():
        raise EstimationError(f"a measurement is the same for all lesions of center {name}")
    return LocationScale(location, scale, n.astype(np.int64))


def prior_across_measurements(of_center: LocationScale) -> Prior:
    """Johnson's prior of one center: moments over its measurements, of which it takes two or more."""
    p = len(of_center.location)
    if p < 2:
        raise EstimationError("a prior across measurements needs two measurements or more")
    location_variance = float(np.var(of_center.location, ddof=1))
    mean, variance = float(np.mean(of_center.scale)), float(np.var(of_center.scale, ddof=1))
    shape = min(2.0 + mean**2 / variance, _LARGEST_SHAPE) if variance > 0 else _LARGEST_SHAPE
    return Prior(
        np.full(p, float(np.mean(of_center.location))),
        np.full(p, location_variance),
        np.full(p, shape),
        np.full(p, mean),
    )


def prior_across_centers(centers: list[LocationScale], n_measurements: int) -> Prior:
    """What another center may be, for each measurement, from how much these centers differ.

    Location: mean 0, variance that of a new center's true mean (REML). Log variance: likewise, its sampling
    variance taken as 2 / (n - 1), turned into an inverse gamma of mean 1 by the trigamma function (Smyth 2004,
    doi:10.2202/1544-6115.1027). Each variance is averaged with the weak one, which has the weight of one degree
    of freedom against one less than there are centers.
    """
    k = len(centers)
    location = np.full(n_measurements, WEAK_LOCATION_VARIANCE)
    log_variance = np.full(n_measurements, WEAK_LOG_VARIANCE)
    for j in range(n_measurements if k > 1 else 0):
        n = np.array([center.n[j] for center in centers], dtype=float)
        means = np.array([center.location[j] for center in centers])
        variances = np.array([center.scale[j] for center in centers])
        of_means = random_effects(means, np.sqrt(variances / n))
        of_logs = random_effects(np.log(variances), np.sqrt(2.0 / (n - 1.0)))
        location[j] += (k - 1) * (of_means.tau_squared + of_means.std_error**2)
        log_variance[j] += (k - 1) * (of_logs.tau_squared + of_logs.std_error**2)
    location, log_variance = location / max(k, 1), log_variance / max(k, 1)
    shape = np.array([shape_of(value) for value in log_variance])
    return Prior(np.zeros(n_measurements), location, shape, np.ones(n_measurements))


def shape_of(log_variance: float) -> float:
    """The shape of the inverse gamma whose logarithm has this variance, above 1 so that it has a mean.

    >>> round(shape_of(0.171), 2)
    6.33
    """
    from scipy.optimize import brentq
    from scipy.special import polygamma

    low = 1.05
    if log_variance >= float(polygamma(1, low)):
        return low
    if log_variance <= float(polygamma(1, _LARGEST_SHAPE)):
        return _LARGEST_SHAPE
    return float(brentq(lambda shape: float(polygamma(1, shape)) - log_variance, low, _LARGEST_SHAPE))
