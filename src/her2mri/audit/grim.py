"""Which means and standard deviations whole steps can have: GRIM and GRIMMER, exact, on closed intervals."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from her2mri.audit.printed import Printed, shown


def grim(mean: Printed, n: int, step: Fraction) -> range:
    """The sums, in steps, of n values whose mean prints so; none where no such values exist.

    Brown and Heathers (2017), doi:10.1177/1948550616673876.

    >>> from her2mri.audit.printed import parse_printed
    >>> list(grim(parse_printed("5.19"), 28, Fraction(1))), list(grim(parse_printed("5.18"), 28, Fraction(1)))
    ([], [145])
    """
    return range(ceil(mean.low * n / step), floor(mean.high * n / step) + 1)


def grimmer(mean: Printed, sd: Printed, n: int, step: Fraction) -> bool:
    """Whether n values in whole steps can have this mean and this standard deviation (n or n - 1).

    The sum of squares is a whole number, even or odd as the sum is, and never below that of n values as alike as
    the sum lets them be. All sums and sums of squares that the printed digits cover are tried.
    Allard (2018), https://aurelienallard.netlify.app/post/anaytic-grimmer-possibility-standard-deviations/

    >>> from her2mri.audit.printed import parse_printed
    >>> grimmer(parse_printed("3.44"), parse_printed("2.47"), 18, Fraction(1))
    False
    """
    return any(
        _squares_fit(total, sd, n, step, freedom)
        for total in grim(mean, n, step)
        for freedom in ({n - 1, n} - {0})
    )


def _squares_fit(total: int, sd: Printed, n: int, step: Fraction, freedom: int) -> bool:
    low, high = max(sd.low, Fraction(0)) / step, sd.high / step
    mean_square = Fraction(total * total, n)
    quotient, rest = divmod(total, n)
    least = (n - rest) * quotient**2 + rest * (quotient + 1) ** 2
    first = max(ceil(low * low * freedom + mean_square), least)
    last = floor(high * high * freedom + mean_square)
    first += (first - total) % 2
    return first <= last


def median_fits(median: Printed, n: int, step: Fraction) -> bool:
    """Whether n values in whole steps can have this median: a step, or for an even n half a step.

    >>> from her2mri.audit.printed import parse_printed
    >>> median_fits(parse_printed("2.45"), 41, Fraction(1, 10))
    False
    """
    unit = step if n % 2 else step / 2
    return ceil(median.low / unit) <= floor(median.high / unit)


def nearest_means(mean: Printed, n: int, step: Fraction) -> str:
    """The attainable means below and above a printed one."""
    below = floor(Fraction(mean.value).limit_denominator(10**9) * n / step)
    return " or ".join(shown(step * k / n, mean.decimals + 1) for k in (below, below + 1))
