"""Lesions of one patient are alike: covariance and effective number of lesions that take it into account."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def patient_codes(patient: ArrayLike | None, n: int) -> NDArray[np.intp]:
    """A number from 0 for the patient of each of ``n`` lesions; None: each lesion is its own patient."""
    if patient is None:
        return np.arange(n, dtype=np.intp)
    return np.asarray(pd.factorize(np.asarray(patient))[0], dtype=np.intp)


def is_repeated(who: NDArray[np.intp]) -> bool:
    """Whether a patient has two lesions or more."""
    return len(who) > 0 and int(who.max()) + 1 < len(who)


def summed_by(who: NDArray[np.intp], values: Floats) -> Floats:
    """Sum of the rows of ``values`` (n, k) of each patient, shape (patients, k)."""
    return np.column_stack([np.bincount(who, weights=column) for column in values.T])


def robust_covariance(information: Floats, scores: Floats, who: NDArray[np.intp]) -> Floats:
    """Covariance of maximum-likelihood coefficients (k, k), by patient where patients repeat.

    With one lesion a patient the inverse of the ``information`` (k, k), nothing else. Where a patient has
    several: the sandwich of Liang and Zeger (doi:10.1093/biomet/73.1.13) over patients, each with the sum of
    the ``scores`` (n, k) of their lesions, times G / (G - 1) for G patients.
    """
    bread: Floats = np.asarray(np.linalg.inv(information), dtype=float)
    if not is_repeated(who):
        return bread
    summed = summed_by(who, scores)
    groups = len(summed)
    if groups < 2:
        return np.full_like(bread, np.nan)
    meat = summed.T @ summed * (groups / (groups - 1.0))
    return np.asarray(bread @ meat @ bread, dtype=float)


def effective_lesions(who: NDArray[np.intp], group: NDArray[np.intp] | None = None) -> Floats:
    """Lesions that those of each group are worth if a patient's lesions are always alike, shape (groups,).

    n / (1 + (m - 1)) with m = sum(m_i^2) / n, Kish's design effect at an intraclass correlation of 1: the
    least that they can be worth. With one lesion a patient it is n.

    >>> effective_lesions(np.array([0, 0, 1])).round(2).tolist()
    [1.8]
    """
    place = np.zeros(len(who), dtype=np.intp) if group is None else group
    n = np.bincount(place).astype(float)
    if not is_repeated(who):
        return n
    patients = int(who.max()) + 1
    pairs, sizes = np.unique(place * patients + who, return_counts=True)
    squares = np.bincount(pairs // patients, weights=sizes.astype(float) ** 2, minlength=len(n))
    return np.asarray(n**2 / np.maximum(squares, 1.0), dtype=float)
