"""The imputation model of one variable given the others: draws of its parameters, and of values from them.

Measurements: predictive mean matching. Categories: a sequence of logistic regressions, each deciding one level
against those that are left (continuation ratios), with parameters drawn from their approximate posterior.
See docs/decisions/0150.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.imputation.coding import BoolArray, CodedVariable

DONORS: Final = 5
SLOPE_PRECISION: Final = 1 / 2.5**2
INTERCEPT_PRECISION: Final = 1 / 10.0**2
"""Weak normal priors, on measurements over twice their spread: Gelman and others 2008, doi:10.1214/08-AOAS191."""

NEWTON_STEPS: Final = 25
LONGEST_STEP: Final = 3.0
"""The largest change of a linear predictor in one step."""
SETTLED: Final = 0.01
"""Newton's method ends with the step whose length, squared, in posterior standard deviations is below this a
parameter; its error after that step is of second order."""


@dataclass(frozen=True)
class Matching:
    """Predictive mean matching: observed values with their predicted means, sorted; and drawn coefficients."""

    means: FloatArray
    values: FloatArray
    coefficients: FloatArray

    def draw(self, X: FloatArray, uniform: FloatArray) -> FloatArray:
        """A value of one of the nearest donors for each row of ``X``; ``uniform`` (rows, 1) picks among them."""
        means = X @ self.coefficients
        k = min(DONORS, len(self.means))
        first = np.searchsorted(self.means, means)[:, None] + np.arange(-k, k)
        inside = (first >= 0) & (first < len(self.means))
        places = np.clip(first, 0, len(self.means) - 1)
        distance = np.where(inside, np.abs(self.means[places] - means[:, None]), np.inf)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
        pick = np.take_along_axis(nearest, (uniform[:, :1] * k).astype(np.int64), axis=1)
        return np.asarray(self.values[np.take_along_axis(places, pick, axis=1)[:, 0]])


@dataclass(frozen=True)
class Stages:
    """Levels decided one after the other: coefficients, stages by columns, of each against those left."""

    levels: tuple[int, ...]
    coefficients: FloatArray

    def draw(self, X: FloatArray, uniform: FloatArray, allowed: BoolArray | None = None) -> FloatArray:
        """The code of a level for each row of ``X``.

        ``uniform`` has a column a stage; ``allowed`` (rows by codes) says which levels each row may have, one
        at least.
        """
        levels = np.array(self.levels, dtype=np.int64)
        decided = np.ones((len(X), len(levels)), dtype=bool)
        decided[:, :-1] = uniform < _expit(X @ self.coefficients.T)
        if allowed is not None:
            decided &= allowed[:, levels]
            # Where no stage decides, the last level that is allowed is what is left.
            left = ~decided.any(axis=1)
            decided[left, len(levels) - 1 - allowed[left][:, levels[::-1]].argmax(axis=1)] = True
        return np.asarray(levels[decided.argmax(axis=1)], dtype=np.float64)


Conditional = Matching | Stages


def conditional(
    variable: CodedVariable,
    X: FloatArray,
    codes: FloatArray,
    rng: np.random.Generator,
    start: FloatArray | None = None,
) -> tuple[Conditional, FloatArray]:
    """A draw of the model of ``variable``, and where the next fit of the same model may start from.

    Parameters
    ----------
    variable
        A variable of at least two values.
    X
        Design matrix of the lesions that have it, all columns; its own are left out here.
    codes
        Its value for each of these lesions.
    rng
        Where the parameters are drawn from.
    start
        The second answer of an earlier call, for fewer steps.

    """
    others = X.copy()
    others[:, variable.columns] = 0.0
    if not variable.levels:
        return _matching(others, codes, variable, rng), np.empty(0)
    stages = _stages_of(codes, variable.stages)
    n_stages = len(variable.stages) - 1
    found = np.zeros((n_stages, X.shape[1])) if start is None else start.copy()
    drawn = np.zeros_like(found)
    for at in range(n_stages):
        left = stages >= at
        design = others[left] if at else others
        events = (stages[left] == at).astype(np.float64)
        found[at], drawn[at] = draw_logistic(design, events, found[at], rng)
    drawn[:, variable.columns] = 0.0
    return Stages(variable.stages, drawn), found


def draw_logistic(
    X: FloatArray, y: FloatArray, start: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """The coefficients of a logistic regression under weak normal priors, and a draw from their posterior.

    The posterior is taken as normal about its mode. Column 0 is the intercept; ``start`` is where Newton's
    method starts.
    """
    from scipy.linalg.lapack import dpotrf, dpotrs, dtrtrs

    events = float(y.sum())
    precision = _precision(X.shape[1], min(events, len(y) - events))
    beta = start.copy()
    linear = X @ beta
    for _ in range(NEWTON_STEPS):
        probability = _expit(linear)
        scaled = X * np.sqrt(probability * (1.0 - probability))[:, None]
        information = scaled.T @ scaled
        information.ravel()[:: len(beta) + 1] += precision
        factor = dpotrf(information, lower=1)[0]
        gradient = X.T @ (y - probability) - precision * beta
        step = dpotrs(factor, gradient, lower=1)[0]
        change = X @ step
        longest = float(np.abs(change).max())
        shorter = min(1.0, LONGEST_STEP / longest) if longest else 1.0
        beta += shorter * step
        linear += shorter * change
        if float(gradient @ step) < SETTLED * len(beta):
            break
    noise = dtrtrs(factor, rng.standard_normal(len(beta)), lower=1, trans=1)[0]
    return beta, beta + noise


def _matching(
    X: FloatArray, values: FloatArray, variable: CodedVariable, rng: np.random.Generator
) -> Matching:
    """Type 1 matching: donors by the estimated coefficients, recipients by drawn ones (van Buuren 2018, 3.4)."""
    from scipy.linalg.lapack import dpotrf, dpotrs, dtrtrs

    n_columns = X.shape[1]
    target = (values - variable.mean) / variable.scale
    information = X.T @ X
    information.ravel()[:: n_columns + 1] += _precision(n_columns, len(values))
    factor = dpotrf(information, lower=1)[0]
    beta = dpotrs(factor, X.T @ target, lower=1)[0]
    means = X @ beta
    residual = float(np.sum((target - means) ** 2))
    sigma = np.sqrt(residual / rng.chisquare(max(len(values) - n_columns, 1)))
    drawn = beta + sigma * dtrtrs(factor, rng.standard_normal(n_columns), lower=1, trans=1)[0]
    drawn[variable.columns] = 0.0
    order = np.argsort(means, kind="stable")
    return Matching(means[order], values[order], drawn)


def _precision(n_columns: int, n_effective: float) -> FloatArray:
    """Prior precisions; slopes are held the closer to 0 the fewer lesions of the rarer side there are to a column.

    Without this a rare level would be drawn far too often: where the data say nothing of forty slopes, their
    prior alone pushes probabilities towards 0 and 1 alike.
    """
    precision = np.full(n_columns, max(SLOPE_PRECISION, n_columns / max(n_effective, 1.0)))
    precision[0] = INTERCEPT_PRECISION
    return precision


def _stages_of(codes: FloatArray, stages: Sequence[int]) -> IntArray:
    """The stage at which each code is decided; codes never met by the coding do not occur here."""
    place = np.empty(len(stages), dtype=np.int64)
    place[list(stages)] = np.arange(len(stages))
    return place[codes.astype(np.int64)]


def _expit(linear: FloatArray) -> FloatArray:
    from scipy.special import expit

    probability: FloatArray = expit(linear)
    return probability
