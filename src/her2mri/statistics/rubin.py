"""Rubin's rules: one estimate and its uncertainty from the estimates of several imputations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest

Floats = NDArray[np.float64]

_NORMAL: Final = 1e12
"""So many degrees of freedom stand for infinitely many, which the functions of t and F do not take."""


@dataclass(frozen=True)
class Pooled:
    """Estimates of k parameters pooled over m imputations.

    ``within`` and ``between`` are the k by k covariances inside and between imputations;
    ``complete_df`` the degrees of freedom that complete data would have (infinite for large samples).
    """

    estimates: Floats
    within: Floats
    between: Floats
    m: int
    complete_df: float

    @property
    def covariance(self) -> Floats:
        """The total covariance: within, and between with its correction for a finite number of imputations."""
        return np.asarray(self.within + (1 + 1 / self.m) * self.between)

    @property
    def std_errors(self) -> Floats:
        """Square roots of the total variances."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def share_of_variance(self) -> Floats:
        """The share of the total variance that is due to the missing values (lambda)."""
        return np.asarray((1 + 1 / self.m) * np.diag(self.between) / np.diag(self.covariance))

    @property
    def df(self) -> Floats:
        """Degrees of freedom of Barnard and Rubin (1999), doi:10.1093/biomet/86.4.948."""
        share = self.share_of_variance
        with np.errstate(divide="ignore"):
            old_inverse = share**2 / (self.m - 1)
            if np.isinf(self.complete_df):
                return np.asarray(1.0 / old_inverse)
            known = (self.complete_df + 1) / (self.complete_df + 3) * self.complete_df * (1 - share)
            return np.asarray(1.0 / (old_inverse + 1.0 / known))

    @property
    def missing_information(self) -> Floats:
        """The fraction of missing information of each parameter; 0 where the imputations all agree."""
        increase = (1 + 1 / self.m) * np.diag(self.between) / np.diag(self.within)
        known = (increase + 2 / (self.df + 3)) / (increase + 1)
        return np.asarray(np.where(increase == 0, 0.0, known))

    @property
    def p_values(self) -> Floats:
        """Two-sided p-values of each parameter being 0, by Student's t."""
        from scipy.special import stdtr

        return np.asarray(
            2.0 * stdtr(np.minimum(self.df, _NORMAL), -np.abs(self.estimates / self.std_errors))
        )

    def interval(self, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Lower and upper bounds by Student's t."""
        from scipy.special import stdtrit

        if not 0 < confidence < 1:
            raise ValueError(f"confidence must fulfil 0 < confidence < 1, got {confidence}")
        half = stdtrit(np.minimum(self.df, _NORMAL), 0.5 + confidence / 2) * self.std_errors
        return self.estimates - half, self.estimates + half

    def joint_wald(self, positions: Sequence[int]) -> HypothesisTest:
        """Whether these parameters are all 0: the D1 statistic, against F.

        Li, Raghunathan and Rubin (1991), doi:10.1080/01621459.1991.10475152: the increase of variance is taken
        as alike in every direction. Of one parameter it is the square of its t, with the degrees of freedom of
        large complete samples.
        """
        from scipy.special import fdtrc

        where = np.asarray(positions, dtype=np.int64)
        k = len(where)
        if k == 0:
            return NO_TEST
        block = np.ix_(where, where)
        estimates, within = self.estimates[where], self.within[block]
        increase = (1 + 1 / self.m) * float(np.trace(np.linalg.solve(within, self.between[block]))) / k
        statistic = float(estimates @ np.linalg.solve(within, estimates)) / (k * (1 + increase))
        return HypothesisTest("D1", statistic, float(fdtrc(k, _d1_df(k, self.m, increase), statistic)))

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """One row a parameter: term, estimate, std_error, conf_low, conf_high, p_value, df, missing_information."""
        low, high = self.interval()
        return pd.DataFrame(
            {
                "term": list(names),
                "estimate": self.estimates,
                "std_error": self.std_errors,
                "conf_low": low,
                "conf_high": high,
                "p_value": self.p_values,
                "df": self.df,
                "missing_information": self.missing_information,
            }
        )


def pool(estimates: ArrayLike, covariances: ArrayLike, *, complete_df: float = np.inf) -> Pooled:
    """Rubin's rules.

    Parameters
    ----------
    estimates
        m imputations by k parameters; or m numbers for one parameter.
    covariances
        The covariance of each imputation, m by k by k; or m by k variances; or m variances.
    complete_df
        Degrees of freedom had nothing been missing: lesions minus parameters.

    Examples
    --------
    >>> pooled = pool([1.0, 1.2, 1.1], [0.04, 0.05, 0.045])
    >>> round(float(pooled.estimates[0]), 3), round(float(pooled.std_errors[0]), 4)
    (1.1, 0.2415)

    """
    values = np.asarray(estimates, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    inside = np.asarray(covariances, dtype=np.float64)
    inside = inside[:, None] if inside.ndim == 1 else inside
    if inside.ndim == 2:
        inside = np.stack([np.diag(row) for row in inside])
    m, k = values.shape
    if m < 2:
        raise ValueError(f"Rubin's rules need m >= 2 imputations, got {m}")
    if inside.shape != (m, k, k):
        raise ValueError(f"covariances must be {m} by {k} by {k}, got {inside.shape}")
    if not complete_df > 0:
        raise ValueError(f"complete_df must fulfil complete_df > 0, got {complete_df}")
    # Differences from the first: imputations that agree have no variance between them, not one of rounding.
    differences = values - values[0]
    centred = differences - differences.mean(axis=0)
    return Pooled(
        values[0] + differences.mean(axis=0),
        inside.mean(axis=0),
        centred.T @ centred / (m - 1),
        m,
        complete_df,
    )


def _d1_df(k: int, m: int, increase: float) -> float:
    if increase == 0:
        return _NORMAL
    t = k * (m - 1)
    if t > 4:
        return 4 + (t - 4) * (1 + (1 - 2 / t) / increase) ** 2
    return t * (1 + 1 / k) * (1 + 1 / increase) ** 2 / 2
