"""Harrell's restricted cubic spline: a curve of a measurement that is straight beyond its outer knots.

Only numpy is imported, so that a model can be applied where nothing else is installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

KNOT_SHARES: Final[dict[int, tuple[float, ...]]] = {
    3: (0.1, 0.5, 0.9),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
}
"""The quantiles at which so many knots stand (Harrell 2015, doi:10.1007/978-3-319-19425-7, table 2.3)."""

FEW_VALUES: Final = 100
"""With fewer values than this the outer knots are the fifth smallest and the fifth largest value."""


def restricted_cubic_spline(x: Sequence[float] | FloatArray, knots: Sequence[float]) -> FloatArray:
    """The basis (n, k - 1) of a restricted cubic spline with k knots: ``x`` itself, then its k - 2 bends.

    The bends are divided by the square of the distance between the outer knots, which gives them the unit of
    ``x``. Missing values stay NaN. Raises ValueError unless there are at least 3 knots, each above the last.

    Source: Stone and Koo (1985); Harrell (2015), doi:10.1007/978-3-319-19425-7, section 2.4.5.

    >>> restricted_cubic_spline([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0]).round(3).tolist()
    [[0.0, 0.0], [1.0, 0.25], [2.0, 1.5], [3.0, 3.0]]
    """
    at = np.asarray(knots, dtype=np.float64)
    if len(at) < 3 or not (np.diff(at) > 0).all():
        raise ValueError(f"a spline needs at least 3 rising knots, got {at.tolist()}")
    values = np.asarray(x, dtype=np.float64)
    scale = (at[-1] - at[0]) ** 2
    cubes = np.maximum(values[:, None] - at, 0.0) ** 3 / scale
    before_last, last = cubes[:, -2:-1], cubes[:, -1:]
    width, inner = at[-1] - at[-2], at[:-2]
    bends = cubes[:, :-2] - before_last * ((at[-1] - inner) / width) + last * ((at[-2] - inner) / width)
    return np.column_stack([values, bends])


def spline_knots(x: Sequence[float] | FloatArray, n_knots: int) -> tuple[float, ...]:
    """Where Harrell puts ``n_knots`` (3, 4 or 5) knots; fewer where knots coincide, none if even 3 do.

    Missing values do not count.

    >>> spline_knots([float(value) for value in range(201)], 4)
    (10.0, 70.0, 130.0, 190.0)
    >>> spline_knots([0.0] * 90 + [1.0] * 10, 4)
    ()
    """
    if n_knots not in KNOT_SHARES:
        raise ValueError(f"a spline must have 3, 4 or 5 knots, got {n_knots}")
    values = np.asarray(x, dtype=np.float64)
    values = np.sort(values[np.isfinite(values)])
    # As many coefficients as the knots, the intercept among them, need as many different values.
    for fewer in range(min(n_knots, len(np.unique(values))), 2, -1):
        knots = np.quantile(values, KNOT_SHARES[fewer])
        if 10 <= len(values) < FEW_VALUES:
            knots[0], knots[-1] = values[4], values[-5]
        if (np.diff(knots) > 0).all():
            return tuple(float(knot) for knot in knots)
    return ()
