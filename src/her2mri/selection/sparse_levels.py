"""Levels whose lesions are all of one class: no odds ratio of theirs has a maximum likelihood estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from her2mri.cohort.design_matrix import Encoding, FloatArray


@dataclass(frozen=True)
class SparseLevel:
    """A level of a variable with ``n`` lesions, of which none or all are events."""

    variable: str
    level: str
    n_events: int
    n: int


def sparse_levels(encoding: Encoding, X: FloatArray, y: ArrayLike) -> tuple[SparseLevel, ...]:
    """The levels, reference included, that hold no event or no other lesion, in the order of the encoding.

    Parameters
    ----------
    encoding
        The meaning of the columns of ``X``.
    X
        Design matrix, lesions by ``encoding.terms``, without missing values.
    y
        For each lesion 1 (event) or 0.

    """
    event = np.asarray(y) == 1
    found = []
    for variable, levels in zip(encoding.variables, encoding.levels, strict=True):
        columns = X[:, [term.variable == variable.name for term in encoding.terms]]
        for at, level in enumerate(levels):
            inside = columns[:, at - 1] == 1 if at else ~columns.any(axis=1)
            n, n_events = int(inside.sum()), int(event[inside].sum())
            if n_events in (0, n):
                found.append(SparseLevel(variable.name, level, n_events, n))
    return tuple(found)
