"""How the figures of several readers and arms vary together over the cases: DeLong, jackknife, bootstrap.

A column of ratings is one reader in one arm. A reader who has not read a case has NaN there; each figure is
made of the column's own cases, and two figures vary together through the patients that both contain.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.bootstrap import patient_weights
from her2mri.evaluation.delong import delong_covariance
from her2mri.evaluation.discrimination import placements

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
CovarianceMethod = Literal["delong", "jackknife", "bootstrap"]

READER_METRICS: Final = ("auc", "sensitivity", "specificity", "accuracy")
"""Figures of merit whose denominators are given by the cases, not by the calls."""

_ROWS: Final = 500


def figures_of_merit(metric: str, y: ArrayLike, ratings: ArrayLike, weights: Floats | None = None) -> Floats:
    """The figure of each column of ``ratings`` (n, k), for each row of ``weights`` (r, n): shape (r, k).

    For ``auc`` the ratings are scores; for the other metrics 1 where the case was called rightly, else 0.
    ``weights`` says how often each case stands in each resample (None: once). NaN where a class has no
    weight.

    >>> figures_of_merit("auc", [0, 0, 1, 1], [[1.0], [3.0], [2.0], [4.0]]).tolist()
    [[0.75]]
    """
    event, columns = np.asarray(y) == 1, np.asarray(ratings, dtype=float)
    weight = np.ones((1, len(event))) if weights is None else weights
    counted = _counted(metric, event)
    result = np.empty((len(weight), columns.shape[1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        for index, column in enumerate(columns.T):
            there = ~np.isnan(column)
            if metric == "auc":
                result[:, index] = _areas(event[there], column[there], weight[:, there])
            else:
                part = there & counted
                inside = weight[:, part]
                result[:, index] = inside @ column[part] / inside.sum(axis=1)
    return result


def error_covariance(
    metric: str,
    y: ArrayLike,
    ratings: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    method: CovarianceMethod = "delong",
    n_bootstrap: int = 2000,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Figures (k,) of the columns of ``ratings`` (n, k) and their covariance over cases (k, k).

    Cases of one patient move together in all three methods. ``delong`` is DeLong's structural components for
    the AUC and its counterpart, the linearised covariance of means, for the shares; the jackknife leaves out
    the patients that the figure is about. Raises EstimationError where a class is missing or comes from one
    patient.
    """
    event, columns = np.asarray(y) == 1, np.asarray(ratings, dtype=float)
    who = np.arange(len(event)) if patient is None else np.unique(np.asarray(patient), return_inverse=True)[1]
    estimates = figures_of_merit(metric, event, columns)[0]
    if np.isnan(estimates).any():
        raise EstimationError(f"the {metric} needs cases of both classes from every reader")
    if method == "delong":
        if metric == "auc" and not np.isnan(columns).any():
            return delong_covariance(event, columns, patient=who)
        return estimates, _linearised(metric, event, columns, who)
    if method == "jackknife":
        return estimates, _jackknife(metric, event, columns, who)
    if method != "bootstrap":
        raise ValueError(f"method must be delong, jackknife or bootstrap, got {method!r}")
    weights = patient_weights(who, n_bootstrap, np.random.SeedSequence(seed))
    replicates = figures_of_merit(metric, event, columns, weights)
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    if len(replicates) < n_bootstrap / 2.0:
        raise EstimationError("more than half of the bootstrap resamples lack a class")
    return estimates, np.atleast_2d(np.cov(replicates, rowvar=False))


def _counted(metric: str, event: Bools) -> Bools:
    """Which cases (n,) a figure is about."""
    if metric not in READER_METRICS:
        raise ValueError(f"metric must be one of {', '.join(READER_METRICS)}, got {metric!r}")
    return {"sensitivity": event, "specificity": ~event}.get(metric, np.ones_like(event))


def _areas(event: Bools, score: Floats, weight: Floats) -> Floats:
    positive, negative = weight[:, event], weight[:, ~event]
    above = np.sign(score[event][:, None] - score[~event]) / 2.0 + 0.5
    beaten = np.empty(len(weight))
    for start in range(0, len(weight), _ROWS):
        rows = slice(start, start + _ROWS)
        beaten[rows] = np.einsum("rn,rn->r", positive[rows] @ above, negative[rows])
    return np.asarray(beaten / (positive.sum(axis=1) * negative.sum(axis=1)))


def _jackknife(metric: str, event: Bools, columns: Floats, who: Ints) -> Floats:
    counted = _counted(metric, event)
    concerned = np.unique(who[counted])
    left_out = 1.0 - (who[None, :] == concerned[:, None]).astype(float)
    replicates = figures_of_merit(metric, event, columns, left_out)
    if np.isnan(replicates).any():
        raise EstimationError("the jackknife needs two patients or more of each class")
    belongs = _patients_of(columns, who, counted)[concerned]
    size = belongs.sum(axis=0)
    mean = np.sum(np.where(belongs, replicates, 0.0), axis=0) / size
    centred = np.where(belongs, replicates - mean, 0.0) * np.sqrt((size - 1.0) / size)
    return np.asarray(centred.T @ centred)


def _linearised(metric: str, event: Bools, columns: Floats, who: Ints) -> Floats:
    """Covariance of what each patient contributes to each column's figure, class by class for the AUC."""
    parts = (event, ~event) if metric == "auc" else (_counted(metric, event),)
    summed, scales = [], []
    for part in parts:
        contribution = np.zeros((int(who.max()) + 1, columns.shape[1]))
        for index, column in enumerate(columns.T):
            there = ~np.isnan(column)
            value = np.zeros(len(event))
            value[there] = placements(event[there], column[there]) if metric == "auc" else column[there]
            inside = there & part
            deviation = (value[inside] - value[inside].mean()) / inside.sum()
            contribution[:, index] = np.bincount(who[inside], deviation, minlength=len(contribution))
        clusters = _patients_of(columns, who, part).sum(axis=0)
        if clusters.min() < 2:
            raise EstimationError("the spread of a figure needs two patients or more of each class")
        summed.append(contribution)
        scales.append(np.sqrt(clusters / (clusters - 1.0)))
    total = np.zeros((columns.shape[1], columns.shape[1]))
    for contribution, scale in zip(summed, scales, strict=True):
        total += (contribution * scale).T @ (contribution * scale)
    if len(parts) == 2:
        clusters = _patients_of(columns, who, np.ones_like(event)).sum(axis=0)
        scale = np.sqrt(clusters / (clusters - 1.0))
        crossed = (summed[0] * scale).T @ (summed[1] * scale)
        total += crossed + crossed.T
    return total


def _patients_of(columns: Floats, who: Ints, part: Bools) -> Bools:
    """Whether each patient (rows) has a case of ``part`` in each column."""
    counts = np.zeros((int(who.max()) + 1, columns.shape[1]))
    np.add.at(counts, who[part], (~np.isnan(columns[part])).astype(float))
    return counts > 0
