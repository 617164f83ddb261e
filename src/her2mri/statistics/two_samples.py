"""Tests of a difference in location between two groups: see docs/decisions/0002."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest
from her2mri.statistics.normality import kolmogorov_smirnov, present

WELCH: Final = "t, Welch"
STUDENT: Final = "t, Student"
WILCOXON: Final = "Wilcoxon"
EXACT_BELOW: Final = 50


def t_test(first: ArrayLike, second: ArrayLike, *, equal_variances: bool = False) -> HypothesisTest:
    """Two-sample t-test, Welch's unless the variances are taken to be equal.

    Parameters
    ----------
    first, second
        The two samples; missing values are left out. Each needs two values, and one of them must vary.
    equal_variances
        Whether to pool the variances (Student's test).

    Examples
    --------
    >>> round(t_test([1.0, 2.0, 3.0], [3.0, 4.0, 8.0]).p_value, 4)
    0.1791

    """
    from scipy.special import stdtr

    x, y = present(first), present(second)
    if min(x.size, y.size) < 2:
        return NO_TEST
    parts = np.array([x.var(ddof=1) / x.size, y.var(ddof=1) / y.size])
    freedom = x.size + y.size - 2.0
    if equal_variances:
        pooled = ((x.size - 1) * x.var(ddof=1) + (y.size - 1) * y.var(ddof=1)) / freedom
        error = float(np.sqrt(pooled * (1 / x.size + 1 / y.size)))
    else:
        error = float(np.sqrt(parts.sum()))
    if error < 10 * np.finfo(float).eps * max(abs(x.mean()), abs(y.mean())) or error == 0.0:
        return NO_TEST
    if not equal_variances:
        freedom = parts.sum() ** 2 / np.sum(parts**2 / [x.size - 1, y.size - 1])
    statistic = float((x.mean() - y.mean()) / error)
    p_value = float(2.0 * stdtr(freedom, -abs(statistic)))
    return HypothesisTest(STUDENT if equal_variances else WELCH, statistic, p_value)


def rank_sum_test(first: ArrayLike, second: ArrayLike) -> HypothesisTest:
    """Wilcoxon's rank-sum test; the statistic is the number of pairs in which ``first`` is the larger.

    The p-value is exact where both samples have fewer than 50 values and none is tied, else from the normal
    distribution with the corrections for ties and continuity: the defaults of R's ``wilcox.test``.

    Parameters
    ----------
    first, second
        The two samples; missing values are left out.

    Examples
    --------
    >>> rank_sum_test([1.1, 2.2, 3.3], [4.4, 5.5, 6.6]).p_value
    0.1

    """
    from scipy.special import ndtr
    from scipy.stats import mannwhitneyu, rankdata

    x, y = present(first), present(second)
    both = np.concatenate([x, y])
    if min(x.size, y.size) < 1 or np.ptp(both) == 0.0:
        return NO_TEST
    statistic = float(rankdata(both)[: x.size].sum() - x.size * (x.size + 1) / 2)
    ties = np.unique(both, return_counts=True)[1].astype(np.float64)
    if max(x.size, y.size) < EXACT_BELOW and ties.max() == 1:
        return HypothesisTest(WILCOXON, statistic, float(mannwhitneyu(x, y, method="exact").pvalue))
    n, pairs = both.size, float(x.size) * float(y.size)
    spread = np.sqrt(pairs / 12 * (n + 1 - np.sum(ties**3 - ties) / (n * (n - 1))))
    distance = max(abs(statistic - pairs / 2) - 0.5, 0.0) if statistic != pairs / 2 else 0.0
    return HypothesisTest(WILCOXON, statistic, float(min(1.0, 2.0 * ndtr(-distance / spread))))


def location_test(first: ArrayLike, second: ArrayLike, *, significance: float = 0.05) -> HypothesisTest:
    """Welch's t-test, or Wilcoxon's where Kolmogorov-Smirnov calls either group not normal.

    Parameters
    ----------
    first, second
        The two samples; missing values are left out.
    significance
        A group is called not normal where its Kolmogorov-Smirnov p-value is below this.

    """
    if not 0 < significance < 1:
        raise ValueError(f"significance must fulfil 0 < significance < 1, got {significance}")
    normal = all(
        not kolmogorov_smirnov(sample).p_value < significance  # NaN, too few values: nothing speaks against
        for sample in (first, second)
    )
    return t_test(first, second) if normal else rank_sum_test(first, second)
