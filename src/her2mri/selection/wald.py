"""The joint Wald test of several coefficients: a factor as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from her2mri.selection.logistic import LogisticFit
from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest


def wald_test(fit: LogisticFit, columns: Sequence[int]) -> HypothesisTest:
    """Whether the coefficients of these columns are all 0; of one column, the square of its z.

    Parameters
    ----------
    fit
        A fit whose maximum exists.
    columns
        Positions in the design matrix (the intercept is none); aliased ones do not count.

    Examples
    --------
    >>> from her2mri.selection.logistic import fit_logistic
    >>> fit = fit_logistic([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]], [1, 0, 0, 1, 1, 0])
    >>> bool(np.isclose(wald_test(fit, [0]).p_value, fit.p_values[1]))
    True

    """
    from scipy.special import chdtrc

    where = np.array([column + 1 for column in columns if column not in fit.aliased], dtype=np.int64)
    if where.size == 0:
        return NO_TEST
    coefficients = fit.coefficients[where]
    statistic = float(coefficients @ np.linalg.solve(fit.covariance[np.ix_(where, where)], coefficients))
    return HypothesisTest("Wald", statistic, float(chdtrc(len(where), statistic)))
