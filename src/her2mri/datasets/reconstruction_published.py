"""Dependence between the published predictors, until the logistic models discriminate as printed.

Exchanging a variable's values between lesions of one finest cell keeps every printed count and figure. The
exchanges are drawn at random and kept by simulated annealing (Kirkpatrick et al., doi:10.1126/science.220.4598.671).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import Encoding
from her2mri.datasets.published_tables import performance
from her2mri.datasets.reconstruction_blocks import BLOCKS
from her2mri.datasets.reconstruction_cells import cells
from her2mri.dictionary import Task, load_dictionary
from her2mri.vocabulary import EXTERNAL_VALIDATION, INTERNAL_VALIDATION, TRAINING

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SAMPLES: Final = (TRAINING, INTERNAL_VALIDATION, EXTERNAL_VALIDATION)
STEPS: Final = 12_000
_RIDGE: Final = 1e-3  # keeps N3, which no HER2-positive training lesion has, from running to infinity
_NEEDED: Final = {1: 10.8, 3: 16.3, 5: 20.5}
"""Wald statistic by degrees of freedom that a published predictor should have (p = 0.001)."""
_IDLE: Final = 0.5
"""Score statistic in standard errors up to which another variable is said to add nothing."""


@dataclass(frozen=True)
class Assessment:
    """How far one task's published model is from the printed one, and what is needed to see why."""

    penalty: float
    coefficients: FloatArray
    auc: tuple[float, ...]
    wald: tuple[float, ...]
    scores: FloatArray


class PublishedModel:
    """One task's logistic model on its published predictors, refitted after every exchange."""

    def __init__(self, task: Task, encoding: Encoding, cell: IntArray) -> None:
        columns = [task_column(task, index) for index in range(len(cells()))]
        positive = np.array([column is not None and column[1] == "positive" for column in columns])
        self.y = positive[cell].astype(np.float64)
        self.rows = [
            np.flatnonzero(np.array([c is not None and c[0] == sample for c in columns])[cell])
            for sample in SAMPLES
        ]
        chosen = [term.variable in task.published for term in encoding.terms]
        self.model = np.flatnonzero(chosen)
        self.others = np.flatnonzero(np.logical_not(chosen))
        names = [encoding.terms[index].variable for index in self.model]
        self.factors = [np.flatnonzero([name == found for found in names]) + 1 for name in task.published]
        self.targets = [_printed_auc(task, sample) for sample in SAMPLES]
        self.coefficients = np.zeros(len(self.model) + 1)

    def assess(self, matrix: FloatArray, *, steps: int = 2) -> Assessment:
        """Newton steps from the last coefficients kept, then the distance from what was printed."""
        rows = self.rows[0]
        y = self.y[rows]
        X = np.column_stack([np.ones(len(rows)), matrix[np.ix_(rows, self.model)]])
        beta, covariance, weighted = self.coefficients, np.empty((0, 0)), X
        ridge = np.full(len(beta), _RIDGE)
        for _ in range(steps):
            p = 1 / (1 + np.exp(-X @ beta))
            weighted = X * (p * (1 - p))[:, None]
            covariance = np.linalg.inv(X.T @ weighted + np.diag(ridge))
            beta = beta + covariance @ (X.T @ (y - p) - ridge * beta)
        p = 1 / (1 + np.exp(-X @ beta))
        scores = score_statistics(matrix[np.ix_(rows, self.others)], y - p, weighted, covariance, p * (1 - p))
        wald = tuple(
            float(beta[g] @ np.linalg.solve(covariance[np.ix_(g, g)], beta[g])) for g in self.factors
        )
        linear = matrix[:, self.model] @ beta[1:]
        auc = tuple(_auc(linear[rows], self.y[rows]) for rows in self.rows)
        penalty = sum(
            ((found - target) / 0.005) ** 2 for found, target in zip(auc, self.targets, strict=True)
        )
        for found, group in zip(wald, self.factors, strict=True):
            penalty += max(0.0, (_NEEDED[len(group)] - found) / 3) ** 2
        penalty += 2 * float(np.sum(np.maximum(0.0, np.abs(scores) - _IDLE) ** 2))
        return Assessment(penalty, beta, auc, wald, scores)


def task_column(task: Task, cell: int) -> tuple[str, str] | None:
    """The printed column of the task that counts this cell."""
    return cells()[cell].column_of(task.name)


def score_statistics(
    Z: FloatArray, residual: FloatArray, weighted: FloatArray, covariance: FloatArray, weights: FloatArray
) -> FloatArray:
    """Score statistic of every column of ``Z`` for entering the fitted model, in standard errors."""
    return np.asarray((Z.T @ residual) / score_errors(Z, weighted, covariance, weights))


def score_errors(
    Z: FloatArray, weighted: FloatArray, covariance: FloatArray, weights: FloatArray
) -> FloatArray:
    """Standard errors of the scores of the columns of ``Z`` given the model's own columns."""
    cross = Z.T @ weighted
    variance = ((Z * weights[:, None]) * Z).sum(axis=0) - ((cross @ covariance) * cross).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(variance, 1e-9)))


def _auc(score: FloatArray, y: FloatArray) -> float:
    events, others = score[y > 0], np.sort(score[y == 0])
    wins = np.searchsorted(others, events, "left") + np.searchsorted(others, events, "right")
    return float(wins.sum() / (2 * len(events) * len(others)))


def _printed_auc(task: Task, sample: str) -> float:
    rows = performance().query(
        "task == @task.name and sample == @sample and model == 'LR' and metric == 'auc'"
    )
    return float(rows["estimate"].iloc[0])


def tune_published(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The draft with its published predictors exchanged within cells, their blocks moving whole."""
    dictionary = load_dictionary()
    names = {name for task in dictionary.tasks for name in task.published}
    encoding = Encoding.learn(
        frame, [variable for variable in dictionary.variables if variable.name in names]
    )
    matrix = encoding.matrix(frame)
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    cell = frame["cell"].to_numpy(dtype=np.int64)
    models = [PublishedModel(task, encoding, cell) for task in dictionary.tasks]
    for model in models:
        model.coefficients = model.assess(matrix, steps=8).coefficients
    moving = [set(block.names) for block in BLOCKS if names & set(block.names)] + [{"eer"}, {"adc"}]
    columns = [np.flatnonzero([term.variable in group for term in encoding.terms]) for group in moving]
    orders = _anneal(matrix, columns, cell, models, rng)
    tuned = frame.copy()
    for group, order in zip(moving, orders, strict=True):
        for name in sorted(group):
            tuned[name] = frame[name].to_numpy()[order]
    return tuned


def _anneal(
    matrix: FloatArray,
    columns: list[IntArray],
    cell: IntArray,
    models: list[PublishedModel],
    rng: np.random.Generator,
) -> list[IntArray]:
    """For each group of columns which lesion's values every lesion ends up with; changes ``matrix``."""
    inside = [np.flatnonzero(cell == index) for index in range(len(cells()))]
    share = np.array([len(rows) for rows in inside]) / len(cell)
    orders = [np.arange(len(cell)) for _ in columns]
    current = sum(model.assess(matrix).penalty for model in models)
    for step in range(STEPS):
        temperature = 2 * (1 - step / STEPS) ** 2 + 1e-3
        group = int(rng.integers(len(columns)))
        rows = inside[rng.choice(len(inside), p=share)]
        size = min(len(rows), int(rng.integers(2, 8 if step < STEPS // 2 else 4)))
        into = rng.choice(rows, size, replace=False)
        place = np.ix_(into, columns[group])
        before, after = matrix[place].copy(), np.roll(matrix[place], 1, axis=0)
        if np.array_equal(before, after):
            continue
        matrix[place] = after
        found = [model.assess(matrix) for model in models]
        changed = sum(one.penalty for one in found)
        if changed < current or rng.random() < math.exp((current - changed) / temperature):
            current = changed
            orders[group][into] = np.roll(orders[group][into], 1)
            for model, one in zip(models, found, strict=True):
                model.coefficients = one.coefficients
        else:
            matrix[place] = before
    return orders
