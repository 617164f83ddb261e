"""Whether some combination of columns tells the classes apart: see docs/decisions/0004."""

from __future__ import annotations

from typing import Final

import numpy as np

from her2mri.cohort.design_matrix import FloatArray

LEAST_MARGIN: Final = 1e-6


def is_separated(design: FloatArray, outcome: FloatArray) -> bool:
    """Whether the classes are separated completely or quasi-completely, so that no estimate exists.

    A linear programme looks for a direction that is on the right side of no lesion's wrong, and on the right
    side of at least one: it maximises the sum of the margins over directions with entries from -1 to 1.

    Parameters
    ----------
    design
        Lesions by columns, without an intercept; the columns must be linearly independent of it.
    outcome
        0 and 1.

    References
    ----------
    Konis (2007), Linear programming algorithms for detecting separated data in binary logistic regression
    models, thesis, University of Oxford; Albert and Anderson (1984), doi:10.1093/biomet/71.1.1.

    Examples
    --------
    >>> column = np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> is_separated(column, np.array([0.0, 1.0, 1.0, 1.0])), is_separated(column, np.array([0.0, 1, 0, 1]))
    (True, False)

    """
    if one_column_separates(design, outcome):
        return True
    from scipy.optimize import linprog

    columns = np.column_stack([np.ones(len(design)), (design - design.mean(axis=0)) / design.std(axis=0)])
    signed = np.unique(columns * np.where(outcome > 0.5, 1.0, -1.0)[:, None], axis=0)
    answer = linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1.0, 1.0), method="highs"
    )
    return bool(answer.status == 0 and -answer.fun > LEAST_MARGIN * len(signed))


def one_column_separates(design: FloatArray, outcome: FloatArray) -> bool:
    """Whether some column alone is nowhere higher in one class than in the other: the commonest separation.

    As in ``is_separated``, the columns must vary.
    """
    events, others = design[outcome > 0.5], design[outcome <= 0.5]
    above = events.min(axis=0) >= others.max(axis=0)
    below = events.max(axis=0) <= others.min(axis=0)
    return bool(np.any(above | below))
