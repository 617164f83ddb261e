"""The standardised mean difference: how far apart two groups are, whatever their size.

Never negative: the direction is read from the summaries. NaN where a group is empty or nothing varies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from her2mri.statistics.normality import present


def standardised_mean_difference(first: ArrayLike, second: ArrayLike) -> float:
    """Distance of the means in units of the root mean square of both standard deviations.

    Missing values are left out. Two equal constants are 0 apart, two unequal ones have no scale (NaN).

    >>> round(standardised_mean_difference([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]), 3)
    1.0
    """
    x, y = present(first), present(second)
    if min(x.size, y.size) < 2:
        return float("nan")
    distance = abs(float(x.mean() - y.mean()))
    scale = float(np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2))
    if scale == 0.0:
        return 0.0 if distance == 0.0 else float("nan")
    return distance / scale


def standardised_difference_of_levels(table: ArrayLike) -> float:
    """Mahalanobis distance of the two groups' proportions of all levels but one.

    Of two levels this is the difference of proportions over the root of their mean variance. Groups that
    share no level have no scale (NaN).

    Parameters
    ----------
    table
        Counts, levels by two groups.

    References
    ----------
    Yang and Dalton (2012), SAS Global Forum, paper 335.

    Examples
    --------
    >>> round(standardised_difference_of_levels([[30, 10], [70, 90]]), 4)
    0.5164

    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[1] != 2:
        raise ValueError(f"the table must have two columns, got the shape {counts.shape}")
    counts = counts[counts.sum(axis=1) > 0]
    if counts.shape[0] == 0 or np.any(counts.sum(axis=0) == 0):
        return float("nan")
    share = (counts / counts.sum(axis=0))[1:]
    distance = share[:, 0] - share[:, 1]
    if not distance.any():
        return 0.0
    if not np.any(counts.all(axis=1)):
        return float("nan")
    first, second = (np.diag(p) - np.outer(p, p) for p in share.T)
    return float(np.sqrt(distance @ np.linalg.solve((first + second) / 2, distance)))
