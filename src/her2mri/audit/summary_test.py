"""A t-test from printed means and standard deviations: the range of p-values that the digits leave."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import sqrt

from her2mri.audit.tables import Cell


def mean_test(cells: Sequence[Cell | None]) -> tuple[float, float]:
    """The smallest and the largest p-value of a t-test, pooled or Welch's, of two groups; NaN where not printed.

    A larger difference and smaller standard deviations give a smaller p-value, so the ends of the intervals
    that the digits cover are enough.
    """
    nothing = float("nan"), float("nan")
    if len(cells) != 2 or any(cell is None or not cell.mean or not cell.sd or not cell.n for cell in cells):
        return nothing
    (mean1, sd1, n1), (mean2, sd2, n2) = (
        (cell.mean, cell.sd, cell.n) for cell in cells if cell and cell.mean and cell.sd and cell.n
    )
    if min(n1, n2) < 2:
        return nothing
    differences = [float(mean1.low - mean2.high), float(mean1.high - mean2.low)]
    largest = max(map(abs, differences))
    smallest = 0.0 if differences[0] <= 0 <= differences[1] else min(map(abs, differences))
    values = []
    for pooled, (difference, one, two) in product(
        (True, False),
        ((smallest, sd1.high, sd2.high), (largest, sd1.low, sd2.low)),
    ):
        values.append(_p_value(difference, max(float(one), 0.0), max(float(two), 0.0), n1, n2, pooled=pooled))
    return min(values), max(values)


def _p_value(difference: float, sd1: float, sd2: float, n1: int, n2: int, *, pooled: bool) -> float:
    from scipy.special import stdtr

    first, second = sd1**2 / n1, sd2**2 / n2
    if pooled:
        freedom = float(n1 + n2 - 2)
        variance = ((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / freedom * (1 / n1 + 1 / n2)
    else:
        variance = first + second
        spread = first**2 / (n1 - 1) + second**2 / (n2 - 1)
        freedom = variance**2 / spread if spread > 0 else float(n1 + n2 - 2)
    if variance <= 0:
        return 1.0 if difference == 0 else 0.0
    return 2 * float(stdtr(freedom, -difference / sqrt(variance)))
