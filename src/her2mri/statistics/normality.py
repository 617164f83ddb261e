"""The Kolmogorov-Smirnov test of normality: see docs/decisions/0002."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest

EXACT_BELOW: Final = 100


def kolmogorov_smirnov(values: ArrayLike) -> HypothesisTest:
    """Kolmogorov-Smirnov test against the normal distribution with the sample's own mean and SD.

    Because mean and SD come from the same sample, without Lilliefors' correction, the p-value is too large:
    the test calls too few samples not normal. The p-value is exact below 100 values without ties, else that
    of Kolmogorov's limit, as R's ``ks.test`` has it.

    Parameters
    ----------
    values
        The sample; missing values are left out.

    Examples
    --------
    >>> round(kolmogorov_smirnov([1.0, 2.0, 3.0, 4.0, 30.0]).p_value, 4)
    0.2427

    """
    from scipy.special import kolmogorov, ndtr

    sample = np.sort(present(values))
    if sample.size < 2 or sample[0] == sample[-1]:
        return NO_TEST
    n = sample.size
    below = ndtr((sample - sample.mean()) / sample.std(ddof=1))
    steps = np.arange(n + 1) / n
    statistic = float(max(np.max(below - steps[:-1]), np.max(steps[1:] - below)))
    if n < EXACT_BELOW and np.unique(sample).size == n:
        from scipy.stats import kstwo

        p_value = float(kstwo.sf(statistic, n))
    else:
        p_value = float(kolmogorov(np.sqrt(n) * statistic))
    return HypothesisTest("Kolmogorov-Smirnov", statistic, p_value)


def present(values: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The values that are not missing, as one flat array of floats."""
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[~np.isnan(array)]
