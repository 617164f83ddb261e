"""Random-effects pooling of estimates from several centers, and what to expect in the next one.

REML (Viechtbauer 2005, doi:10.3102/10769986030003261) with the interval of Hartung and Knapp
(doi:10.1002/sim.791) and of Sidik and Jonkman (doi:10.1002/sim.1262). See docs/decisions/0140.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError

Floats = NDArray[np.float64]

_GRID: Final = 400
_POWERS: Final = 12.0  # the grid of tau^2 spans this many powers of ten below its upper end


@dataclass(frozen=True)
class RandomEffects:
    """A pooled estimate: the mean over centers, how much centers differ, and where the next may lie.

    ``tau`` is the standard deviation of the true values between centers (REML), ``i_squared`` the share of
    the variability that is not sampling error, ``q`` Cochran's statistic with its ``q_p_value``.
    ``prediction_low`` and ``prediction_high`` bound the true value of a new center; NaN with two centers.
    """

    k: int
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    tau: float
    tau_squared: float
    i_squared: float
    q: float
    q_p_value: float
    prediction_low: float
    prediction_high: float
    weights: tuple[float, ...]


def random_effects(estimates: ArrayLike, std_errors: ArrayLike, *, confidence: float = 0.95) -> RandomEffects:
    """Pool ``estimates`` (k,) with their ``std_errors`` (k,), on a scale where they are near normal.

    Interval: t with k - 1 degrees of freedom on the Hartung-Knapp-Sidik-Jonkman standard error, which is never
    taken below the plain random-effects one (their factor is at least 1; doi:10.1186/s12874-015-0091-1).
    Prediction interval: t with k - 2 degrees of freedom on sqrt(tau^2 + std_error^2)
    (doi:10.1111/j.1467-985X.2008.00552.x), from three centers on.

    Raises EstimationError with fewer than two estimates, ValueError where a value is not finite or a standard
    error not above 0.

    >>> pooled = random_effects([0.1, 0.2, 0.5], [0.1, 0.1414, 0.1732])
    >>> round(pooled.estimate, 3), round(pooled.tau, 3), round(pooled.i_squared, 2)
    (0.233, 0.135, 0.5)
    """
    from scipy.stats import chi2, t

    y, v = _checked(estimates, std_errors, confidence)
    k = len(y)
    tau_squared = reml_tau_squared(y, v)
    w = 1.0 / (v + tau_squared)
    mean = float((w @ y) / w.sum())
    factor = max(1.0, float(w @ (y - mean) ** 2) / (k - 1))
    error = float(np.sqrt(factor / w.sum()))
    half = float(t.ppf(0.5 + confidence / 2.0, k - 1)) * error
    reach = np.nan
    if k > 2:
        reach = float(t.ppf(0.5 + confidence / 2.0, k - 2)) * float(np.hypot(np.sqrt(tau_squared), error))
    fixed = 1.0 / v
    q = float(fixed @ (y - fixed @ y / fixed.sum()) ** 2)
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    return RandomEffects(
        k=k,
        estimate=mean,
        std_error=error,
        conf_low=mean - half,
        conf_high=mean + half,
        tau=float(np.sqrt(tau_squared)),
        tau_squared=tau_squared,
        i_squared=float(tau_squared / (tau_squared + typical)),
        q=q,
        q_p_value=float(chi2.sf(q, k - 1)),
        prediction_low=mean - reach,
        prediction_high=mean + reach,
        weights=tuple((w / w.sum()).tolist()),
    )


def reml_tau_squared(y: Floats, v: Floats) -> float:
    """Variance between centers of highest restricted likelihood, 0 or more; ``v`` are sampling variances.

    The likelihood may have more than one maximum: it is looked at on a grid, and its derivative is then solved
    around the best place.
    """
    from scipy.optimize import brentq

    highest = len(y) * float(np.ptp(y)) ** 2
    if highest == 0.0:
        return 0.0
    grid = np.concatenate([[0.0], highest * np.logspace(-_POWERS, 0.0, _GRID)])
    best = int(np.argmax(_restricted_likelihood(grid, y, v)))
    if best == 0 and _score(0.0, y, v) <= 0.0:
        return 0.0
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    if _score(low, y, v) <= 0.0 or _score(high, y, v) >= 0.0:
        return float(grid[best])
    return float(brentq(_score, low, high, args=(y, v), xtol=1e-300, rtol=1e-14))


def _restricted_likelihood(tau_squared: Floats, y: Floats, v: Floats) -> Floats:
    w = 1.0 / (v + tau_squared[:, None])
    mean = (w * y).sum(axis=1) / w.sum(axis=1)
    squares = (w * (y - mean[:, None]) ** 2).sum(axis=1)
    return np.asarray(0.5 * (np.log(w).sum(axis=1) - np.log(w.sum(axis=1)) - squares), dtype=float)


def _score(tau_squared: float, y: Floats, v: Floats) -> float:
    w = 1.0 / (v + tau_squared)
    mean = (w @ y) / w.sum()
    return float(0.5 * ((w**2) @ (y - mean) ** 2 + (w**2).sum() / w.sum() - w.sum()))


def _checked(estimates: ArrayLike, std_errors: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
    y, error = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
    if y.ndim != 1 or y.shape != error.shape:
        raise ValueError(f"estimates and std_errors must be of one shape (k,), got {y.shape}, {error.shape}")
    if not np.isfinite(y).all():
        raise ValueError("estimates must be finite")
    if not ((error > 0) & np.isfinite(error)).all():
        raise ValueError("std_errors must be finite and above 0")
    if len(y) < 2:
        raise EstimationError(f"pooling needs 2 centers or more, got {len(y)}")
    return y, error**2
