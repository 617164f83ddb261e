"""What every fit of a binary outcome asks of its data."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import EstimationError

BoolArray = NDArray[np.bool_]


def checked_design(X: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The design matrix and the outcome (0 and 1) as floats.

    Raises ValueError where they do not fit together, hold missing values or another outcome than 0 and 1;
    EstimationError where all lesions are of one class.
    """
    design = np.asarray(X, dtype=np.float64)
    outcome = np.asarray(y, dtype=np.float64)
    if design.ndim != 2 or outcome.shape != (design.shape[0],):
        raise ValueError(
            f"X must be lesions by columns and y one a lesion, got {design.shape}, {outcome.shape}"
        )
    if not np.isfinite(design).all():
        raise ValueError("X must not hold missing or infinite values")
    if not ((outcome == 0.0) | (outcome == 1.0)).all():
        raise ValueError("y must hold 0 and 1 only")
    if outcome.size == 0 or outcome.min() == outcome.max():
        raise EstimationError("all lesions are of one class")
    return design, outcome


def independent_columns(X: FloatArray) -> IntArray:
    """The positions of the columns that are no linear combination of the intercept and earlier ones.

    A column is dependent where less than 1e-7 of its length is left after the earlier ones, as in R's ``lm``.

    >>> independent_columns(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])).tolist()
    [0, 1]
    """
    from her2mri.selection import kernels

    columns = np.ascontiguousarray(np.column_stack([np.ones(len(X)), X]).T)
    return np.flatnonzero(kernels.independent(columns)[1:]).astype(np.int64)


def distinct_lesions(raw: FloatArray, outcome: FloatArray, fold: IntArray) -> tuple[BoolArray, FloatArray]:
    """Which lesions are the first with their values, outcome and fold, and how many each of these stands for.

    ``raw`` has the columns as rows. A resample holds many copies, and a sum over lesions needs each once.
    """
    from her2mri.selection.fold_kernels import first_alike

    key = np.random.default_rng(0).random(len(raw)) @ raw
    times = first_alike(raw, outcome, fold, key)[1]
    first = times > 0
    return first, times[first].astype(np.float64)
