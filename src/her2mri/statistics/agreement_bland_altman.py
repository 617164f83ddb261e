"""Bland and Altman's limits of agreement of two readings of one measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BlandAltman:
    """Mean difference (first less second) and the limits that hold 95 % of differences, with intervals.

    ``limits`` has rows bias, lower_limit, upper_limit; ``points`` the mean and difference of each case.
    """

    limits: pd.DataFrame
    points: pd.DataFrame
    label: str = ""

    def frame(self) -> pd.DataFrame:
        """Columns quantity, estimate, conf_low, conf_high, n."""
        return self.limits.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Differences against means, with the limits."""
        from her2mri.statistics.agreement_drawing import draw_bland_altman

        return draw_bland_altman(self.limits, self.points, self.label, ax=ax)


def bland_altman(
    first: ArrayLike, second: ArrayLike, *, label: str = "", coverage: float = 0.95, confidence: float = 0.95
) -> BlandAltman:
    """Limits of agreement of two readings (n,); cases with a missing reading are left out.

    ``coverage`` is the share of differences between the limits. Intervals: t for the bias, Bland and Altman's
    approximation (doi:10.1177/096228029900800204) for the limits. Raises EstimationError with fewer than 2
    complete cases.

    >>> bland_altman([1.0, 2.0, 3.5, 4.0], [1.2, 1.8, 3.0, 4.1]).limits["estimate"].round(3).tolist()
    [0.1, -0.52, 0.72]
    """
    from scipy.special import ndtri
    from scipy.stats import t

    for name, value in (("coverage", coverage), ("confidence", confidence)):
        if not 0.0 < value < 1.0:
            raise ValueError(f"{name} must fulfil 0 < {name} < 1, got {value}")
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    complete = ~(np.isnan(a) | np.isnan(b))
    a, b = a[complete], b[complete]
    n = len(a)
    if n < 2:
        raise EstimationError(f"limits of agreement need 2 cases or more, got {n}")
    difference = a - b
    bias, spread = float(difference.mean()), float(difference.std(ddof=1))
    z = float(ndtri(0.5 + coverage / 2.0))
    reach = float(t.ppf(0.5 + confidence / 2.0, n - 1)) * spread
    bias_half = reach / np.sqrt(n)
    limit_half = reach * np.sqrt(1.0 / n + z * z / (2.0 * (n - 1)))
    rows = [
        (name, value, value - half, value + half, n)
        for name, value, half in (
            ("bias", bias, bias_half),
            ("lower_limit", bias - z * spread, limit_half),
            ("upper_limit", bias + z * spread, limit_half),
        )
    ]
    limits = pd.DataFrame(rows, columns=["quantity", "estimate", "conf_low", "conf_high", "n"])
    return BlandAltman(limits, pd.DataFrame({"mean": (a + b) / 2.0, "difference": difference}), label)
