"""Which test of independence a table of counts gets: see docs/decisions/0001."""

from __future__ import annotations

from typing import Final

from numpy.typing import ArrayLike

from her2mri.errors import EstimationError
from her2mri.statistics.chi_square import chi_square, expected_counts, occupied
from her2mri.statistics.fisher import fisher_exact
from her2mri.statistics.hypothesis_test import NO_TEST, HypothesisTest

SMALLEST_EXPECTED: Final = 5.0


def independence_test(table: ArrayLike) -> HypothesisTest:
    """Chi-square (Yates on 2 x 2), or Fisher's exact test where the smallest expected count is below 5.

    A table with more fillings than can be listed keeps its chi-square test: the name in the answer says so.

    Parameters
    ----------
    table
        Counts, levels by two groups.

    Examples
    --------
    >>> independence_test([[30, 20], [25, 40]]).test
    'chi-square, Yates'
    >>> independence_test([[3, 2], [25, 40]]).test
    'Fisher exact'
    >>> independence_test([[3, 0], [25, 0]]).test
    'not applicable'

    """
    counts = occupied(table)
    if min(counts.shape) < 2:
        return NO_TEST
    if expected_counts(counts).min() < SMALLEST_EXPECTED:
        try:
            return fisher_exact(counts)
        except EstimationError:
            pass
    return chi_square(counts)
