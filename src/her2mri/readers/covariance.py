"""How the figures of several readers and arms vary together over the cases: DeLong, jackknife, bootstrap."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import EstimationError
from her2mri.evaluation.bootstrap import patient_weights
from her2mri.evaluation.delong import delong_covariance

Floats = NDArray[np.float64]
CovarianceMethod = Literal["delong", "jackknife", "bootstrap"]

READER_METRICS: Final = ("auc", "sensitivity", "specificity", "accuracy")
"""Figures of merit that all readers of one set of cases share a denominator for."""

_BLOCK: Final = 4_000_000


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
    with np.errstate(invalid="ignore", divide="ignore"):
        if metric == "auc":
            return _areas(event, columns, weight)
        part = _counted(metric, event)
        inside = weight[:, part]
        return np.asarray(inside @ columns[part] / inside.sum(axis=1, keepdims=True))


def _counted(metric: str, event: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cases (n,) a figure is about."""
    if metric not in READER_METRICS:
        raise ValueError(f"metric must be one of {', '.join(READER_METRICS)}, got {metric!r}")
    return {"sensitivity": event, "specificity": ~event}.get(metric, np.ones_like(event))


def _areas(event: NDArray[np.bool_], columns: Floats, weight: Floats) -> Floats:
    positive, negative = weight[:, event], weight[:, ~event]
    total = positive.sum(axis=1) * negative.sum(axis=1)
    result = np.empty((len(weight), columns.shape[1]))
    step = max(1, _BLOCK // max(1, positive.shape[1] * negative.shape[1]))
    for index, column in enumerate(columns.T):
        above = np.sign(column[event][:, None] - column[~event]) / 2.0 + 0.5
        for start in range(0, len(weight), step * 50):
            rows = slice(start, start + step * 50)
            result[rows, index] = np.einsum("rn,rn->r", positive[rows] @ above, negative[rows])
    return np.asarray(result / total[:, None])


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
    the patients that the figure is about. Raises EstimationError
    where a class is missing or comes from one patient.
    """
    event, columns = np.asarray(y) == 1, np.asarray(ratings, dtype=float)
    who = np.arange(len(event)) if patient is None else np.unique(np.asarray(patient), return_inverse=True)[1]
    estimates = figures_of_merit(metric, event, columns)[0]
    if np.isnan(estimates).any():
        raise EstimationError(f"the {metric} needs cases of both classes")
    if method == "delong":
        if metric == "auc":
            return delong_covariance(event, columns, patient=who)
        return estimates, _covariance_of_shares(metric, event, columns, who)
    if method == "jackknife":
        concerned = np.unique(who[_counted(metric, event)])
        left_out = 1.0 - (who[None, :] == concerned[:, None]).astype(float)
        replicates = figures_of_merit(metric, event, columns, left_out)
        if np.isnan(replicates).any():
            raise EstimationError("the jackknife needs two patients or more of each class")
        count = len(replicates)
        centred = replicates - replicates.mean(axis=0)
        return estimates, centred.T @ centred * ((count - 1.0) / count)
    if method != "bootstrap":
        raise ValueError(f"method must be delong, jackknife or bootstrap, got {method!r}")
    weights = patient_weights(who, n_bootstrap, np.random.SeedSequence(seed))
    replicates = figures_of_merit(metric, event, columns, weights)
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    if len(replicates) < n_bootstrap / 2.0:
        raise EstimationError("more than half of the bootstrap resamples lack a class")
    return estimates, np.atleast_2d(np.cov(replicates, rowvar=False))


def _covariance_of_shares(
    metric: str, event: NDArray[np.bool_], columns: Floats, who: NDArray[np.intp]
) -> Floats:
    part = _counted(metric, event)
    inside = columns[part]
    patients = who[part]
    clusters = len(np.unique(patients))
    if clusters < 2:
        raise EstimationError("the spread of a share needs two patients or more")
    summed = np.zeros((int(who.max()) + 1, columns.shape[1]))
    np.add.at(summed, patients, inside - inside.mean(axis=0))
    return np.asarray(summed.T @ summed * (clusters / (clusters - 1.0)) / len(inside) ** 2)
