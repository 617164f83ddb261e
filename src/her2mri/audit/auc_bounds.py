"""How precise an AUC from so many lesions can be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def hanley_mcneil(auc: ArrayLike, n_positive: ArrayLike, n_negative: ArrayLike) -> FloatArray:
    """The usual standard error of an AUC, from exponentially distributed scores (doi:10.1148/radiology.143.1.7063747).

    >>> round(float(hanley_mcneil(0.8, 50, 50)), 4)
    0.0445
    """
    a, n1, n0 = (np.asarray(value, dtype=np.float64) for value in (auc, n_positive, n_negative))
    q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
    variance = (a * (1 - a) + (n1 - 1) * (q1 - a**2) + (n0 - 1) * (q2 - a**2)) / (n1 * n0)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def largest_std_error(auc: ArrayLike, n_positive: ArrayLike, n_negative: ArrayLike) -> FloatArray:
    """The largest standard error that any scores can have: sqrt(A (1 - A) / the smaller class).

    Birnbaum and Klose (1957), doi:10.1214/aoms/1177706883.

    >>> round(float(largest_std_error(0.8, 50, 60)), 4)
    0.0566
    """
    a = np.asarray(auc, dtype=np.float64)
    smaller = np.minimum(np.asarray(n_positive), np.asarray(n_negative))
    return np.asarray(np.sqrt(a * (1 - a) / smaller))


def smallest_std_error(auc: ArrayLike, n_positive: ArrayLike, n_negative: ArrayLike) -> FloatArray:
    """The smallest standard error that scores without ties can have.

    With y(x) the ROC curve, the variance times n1 n0 is A (1 - A) + (n1 - 1) (int y^2 - A^2) +
    (n0 - 1) (2 int (1 - x) y - A^2). For a given area A the curve that makes it least is
    y = c + (n0 - 1) / (n1 - 1) x, held within 0 and 1, with c such that the area is A.

    >>> low, usual, high = (float(f(0.66, 29, 93)) for f in (smallest_std_error, hanley_mcneil, largest_std_error))
    >>> low < usual < high
    True
    """
    a, n1, n0 = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (auc, n_positive, n_negative)))
    b1, b0 = np.maximum(n1 - 1, 1e-9), np.maximum(n0 - 1, 1e-9)
    slope = b0 / b1
    low, high = -slope, np.ones_like(slope)
    for _ in range(60):
        middle = (low + high) / 2
        larger = _area(middle, slope) > a
        low, high = np.where(larger, low, middle), np.where(larger, middle, high)
    c = (low + high) / 2
    rising = np.clip(-c / slope, 0, 1), np.clip((1 - c) / slope, 0, 1)
    moment = (
        c * (rising[1] ** 2 - rising[0] ** 2) / 2
        + slope * (rising[1] ** 3 - rising[0] ** 3) / 3
        + (1 - rising[1] ** 2) / 2
    )
    square = (_square(c + slope) - _square(c)) / slope
    total = a * (1 - a) + b1 * (square - a**2) + b0 * (2 * (a - moment) - a**2)
    return np.asarray(np.sqrt(np.maximum(total, 0.0) / (n1 * n0)))


def _area(c: FloatArray, slope: FloatArray) -> FloatArray:
    def held(u: FloatArray) -> FloatArray:
        inside = np.clip(u, 0, 1)
        return np.asarray(inside**2 / 2 + np.maximum(u - 1, 0))

    return np.asarray((held(c + slope) - held(c)) / slope)


def _square(u: FloatArray) -> FloatArray:
    inside = np.clip(u, 0, 1)
    return np.asarray(inside**3 / 3 + np.maximum(u - 1, 0))
