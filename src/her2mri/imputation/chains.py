"""Chained equations over the lesions that a model is developed on. Doi:10.1002/sim.4067."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.imputation.coding import BoolArray, Coding
from her2mri.imputation.conditional import conditional
from her2mri.imputation.determined import Determined, consistent_draw, determined_pairs, in_order

CHAINS, FROZEN = 1, 2
"""Streams of random numbers that never meet."""


def chains(
    coding: Coding,
    codes: FloatArray,
    y: IntArray | None,
    patient: IntArray,
    *,
    m: int,
    n_iterations: int,
    seed: int,
) -> list[FloatArray]:
    """``m`` completed copies of ``codes``, each the end of its own chain.

    Parameters
    ----------
    coding
        The coding that ``codes`` were made with.
    codes
        Lesions by variables, NaN where missing.
    y
        The outcome as one more predictor; None to impute without it.
    patient
        The patient of each lesion: a value of the patient is the same in all their lesions.
    m, n_iterations, seed
        Chains, rounds over the variables of each, and the seed. Chain i is the same whatever ``m``.

    """
    order = _canonical_order(codes, y, patient)
    back = np.argsort(order)
    sorted_codes, who = codes[order], patient[order]
    outcome = None if y is None else y[order]
    starts: dict[int, FloatArray] = {}
    pairs = determined_pairs(coding, sorted_codes)
    completed = []
    for chain in range(m):
        rng = np.random.default_rng(np.random.SeedSequence([seed, CHAINS, chain]))
        completed.append(_chain(coding, sorted_codes, outcome, who, pairs, n_iterations, rng, starts)[back])
    return completed


def _canonical_order(codes: FloatArray, y: IntArray | None, patient: IntArray) -> IntArray:
    """An order of the lesions that does not depend on how the table was sorted."""
    keys = [np.nan_to_num(column, nan=-np.inf) for column in codes.T]
    if y is not None:
        keys.append(y.astype(np.float64))
    return np.lexsort([*keys, patient.astype(np.float64)]).astype(np.int64)


def _chain(
    coding: Coding,
    codes: FloatArray,
    y: IntArray | None,
    patient: IntArray,
    pairs: Sequence[Determined],
    n_iterations: int,
    rng: np.random.Generator,
    starts: dict[int, FloatArray],
) -> FloatArray:
    """One chain; ``starts`` carries the last fit of each variable to the next, for fewer Newton steps."""
    codes = codes.copy()
    missing = np.isnan(codes)
    shared = _shared_lesions(coding, patient)
    for at, one in enumerate(coding.variables):
        gaps = np.flatnonzero(missing[:, at])
        codes[gaps, at] = rng.choice(one.observed, len(gaps))
    _share(codes, missing, shared)
    X = coding.design(codes, y)
    visited = in_order(_visited(coding, missing), pairs)
    gaps_of = {at: np.flatnonzero(missing[:, at]) for at in visited}
    there = {at: np.flatnonzero(~missing[:, at]) for at in visited}
    for _ in range(n_iterations):
        for at in visited:
            one, gaps = coding.variables[at], gaps_of[at]
            model, starts[at] = conditional(one, X[there[at]], codes[there[at], at], rng, starts.get(at))
            uniform = rng.random((len(gaps), max(len(one.levels) - 1, 1)))
            codes[gaps, at] = consistent_draw(at, model, X[gaps], uniform, codes[gaps], missing[gaps], pairs)
            if at in shared:
                _share(codes, missing, {at: shared[at]})
            X[gaps, one.columns] = one.design(codes[gaps, at])
    return codes


def _visited(coding: Coding, missing: BoolArray) -> list[int]:
    """The variables to impute, those with the fewest gaps first."""
    gaps = missing.sum(axis=0)
    varying = [at for at, one in enumerate(coding.variables) if gaps[at] and not one.is_constant]
    return sorted(varying, key=lambda at: int(gaps[at]))


def _shared_lesions(coding: Coding, patient: IntArray) -> dict[int, list[IntArray]]:
    """For each variable of the patient, the lesions of each patient who has several."""
    per_patient = [at for at, one in enumerate(coding.variables) if one.variable.per_patient]
    if not per_patient:
        return {}
    number = np.unique(patient, return_inverse=True)[1]
    several = np.flatnonzero(np.bincount(number) > 1)
    groups: list[IntArray] = [np.flatnonzero(number == who).astype(np.int64) for who in several]
    return dict.fromkeys(per_patient, groups)


def _share(codes: FloatArray, missing: BoolArray, shared: dict[int, list[IntArray]]) -> None:
    """Give a patient's gaps the value of another lesion of theirs: an observed one, else the first imputed."""
    for at, groups in shared.items():
        if missing[:, at].any():
            for rows in groups:
                gaps = missing[rows, at]
                codes[rows[gaps], at] = codes[rows[np.argmin(gaps)], at]
