"""Which center is a lesion from? A ridge logistic model of membership, and the weights that follow from it.

Debray and others 2015 (doi:10.1016/j.jclinepi.2014.06.018); weights as of de Jong and others 2023
(doi:10.1002/sim.9817). See docs/decisions/0142.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import Encoding
from her2mri.cohort.split import grouped_folds
from her2mri.dictionary import Variable
from her2mri.evaluation.delong import AucEstimate, delong_interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PENALTIES: Final = (300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
"""Ridge penalties tried (half their multiple of the squared norm is taken off the log-likelihood)."""
FOLDS: Final = 5

_MOST_STEPS: Final = 60
_CLOSE: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Membership:
    """The membership model: its honest AUC and what refitting it on a resample needs.

    ``X`` (n, k) are the standardised columns, ``member`` (n,) is 1 for the new center, ``penalty`` the one
    chosen on all lesions, ``cross_validated`` the membership probability of each lesion from models that
    neither were fitted to nor chose their penalty on its patient.
    """

    X: Floats
    member: Integers
    penalty: float
    cross_validated: Floats
    auc: AucEstimate

    def odds(self, weights: Floats | None = None) -> Floats:
        """Odds of the new center for each lesion, from the model fitted to all (or to a resample)."""
        beta = ridge_logistic(self.X, self.member, self.penalty, weights=weights)
        return np.asarray(np.exp(np.clip(beta[0] + self.X @ beta[1:], -30.0, 30.0)), dtype=float)


def fit_membership(
    frame: pd.DataFrame, variables: Sequence[Variable], member: Integers, patient: Integers, *, seed: int
) -> Membership:
    """Ridge logistic regression of ``member`` on the variables, cross-validated twice over by patient.

    Continuous variables enter with their squares, so that a different spread is seen too. A missing value
    counts as the mean and has a column of its own: a gap may tell the center as well as a value does.
    """
    X = _columns(frame, variables)
    folds = grouped_folds(member, patient, FOLDS, seed)
    probability = np.empty(len(member))
    for fold in range(FOLDS):
        inside, outside = folds == fold, folds != fold
        penalty = _chosen(X[outside], member[outside], patient[outside], seed + 1 + fold)
        beta = ridge_logistic(X[outside], member[outside], penalty)
        probability[inside] = _expit(beta[0] + X[inside] @ beta[1:])
    area = delong_interval(member, probability, patient=patient)
    return Membership(X, member, _chosen(X, member, patient, seed), probability, area)


def ridge_logistic(X: Floats, y: Integers, penalty: float, *, weights: Floats | None = None) -> Floats:
    """Intercept (unpenalised) and coefficients (1 + k,) by Newton's method with halved steps."""
    design = np.column_stack([np.ones(len(y)), X])
    counts = np.ones(len(y)) if weights is None else weights
    ridge = np.diag([1e-9, *[penalty] * X.shape[1]])
    beta = np.zeros(design.shape[1])
    value = _penalised(design, y, counts, ridge, beta)
    for _ in range(_MOST_STEPS):
        mu = _expit(design @ beta)
        gradient = design.T @ (counts * (y - mu)) - ridge @ beta
        information = (design * (counts * mu * (1.0 - mu))[:, None]).T @ design + ridge
        step = np.linalg.solve(information, gradient)
        length = 1.0
        while (moved := _penalised(design, y, counts, ridge, beta + length * step)) < value and length > 1e-6:
            length /= 2.0
        beta = beta + length * step
        if abs(moved - value) <= _CLOSE * (abs(value) + 1.0):
            break
        value = moved
    return np.asarray(beta, dtype=float)


def trimmed_weights(odds: Floats, *, at: float = 0.99) -> Floats:
    """Weights of mean 1 in proportion to ``odds``, none above their quantile ``at`` before that.

    >>> trimmed_weights(np.array([1.0, 1.0, 2.0])).round(2).tolist()
    [0.75, 0.75, 1.49]
    """
    cut = np.minimum(odds, np.quantile(odds, at))
    return np.asarray(cut / cut.mean(), dtype=float)


def effective_size(weights: Floats) -> float:
    """Kish's effective sample size: (sum of weights)^2 / sum of squares.

    >>> effective_size(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def _columns(frame: pd.DataFrame, variables: Sequence[Variable]) -> Floats:
    encoding = Encoding.learn(frame, variables)
    raw = encoding.matrix(frame)
    missing = np.isnan(raw)
    filled = np.where(missing, np.nanmean(raw, axis=0) if len(raw.T) else 0.0, raw)
    squares = [
        _standardised(filled[:, j]) ** 2
        for j, term in enumerate(encoding.terms)
        if term.level is None and len(np.unique(filled[:, j])) > 2
    ]
    gaps = [
        frame[variable.name].isna().to_numpy(dtype=float)
        for variable in variables
        if frame[variable.name].isna().any()
    ]
    columns = [_standardised(column) for column in (*filled.T, *squares, *gaps) if np.ptp(column) > 0]
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _standardised(column: Floats) -> Floats:
    return np.asarray((column - column.mean()) / column.std(), dtype=float)


def _chosen(X: Floats, member: Integers, patient: Integers, seed: int) -> float:
    """The penalty of lowest cross-validated deviance, the largest among equals."""
    folds = grouped_folds(member, patient, FOLDS, seed)
    losses = []
    for penalty in PENALTIES:
        loss = 0.0
        for fold in range(FOLDS):
            inside = folds == fold
            beta = ridge_logistic(X[~inside], member[~inside], penalty)
            linear = beta[0] + X[inside] @ beta[1:]
            loss += float(np.logaddexp(0.0, np.where(member[inside] == 1, -linear, linear)).sum())
        losses.append(loss)
    return PENALTIES[int(np.argmin(losses))]


def _penalised(design: Floats, y: Integers, counts: Floats, ridge: Floats, beta: Floats) -> float:
    linear = design @ beta
    fit = counts @ np.logaddexp(0.0, np.where(y == 1, -linear, linear))
    return float(-fit - 0.5 * beta @ ridge @ beta)


def _expit(linear: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(linear), dtype=float)
