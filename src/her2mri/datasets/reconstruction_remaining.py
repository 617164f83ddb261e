"""The variables that the published models leave out: sensible company, and nothing that those models lack.

Each variable is first ranked within every cell by a latent score made of the variables that it goes with in
the clinic. Then like lesions exchange values until the variable's score tests for entering the two published
models, in their training sets, are small: the full model's estimates are then nearly the published ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import Encoding
from her2mri.datasets.reconstruction_published import FloatArray, IntArray, PublishedModel, score_errors
from her2mri.dictionary import DataDictionary, load_dictionary

IDLE: Final = 0.6
"""Score statistic, in standard errors, below which a variable is left as it is."""
_LIKE: Final = 0.8
"""Largest difference of the latent score (SD 1) between lesions that exchange values."""
_TRIES: Final = 60_000


@dataclass(frozen=True)
class Company:
    """A variable with its weights on others (in SD of their codes), and those whose levels bind it.

    ``noise`` is the SD of what is its own. Bound variables have been laid down together: values are then
    only exchanged between lesions that agree in ``bound``, and never ranked anew.
    """

    name: str
    weights: Mapping[str, float] = field(default_factory=dict)
    noise: float = 1.0
    bound: tuple[str, ...] = ()


COMPANY: Final = (
    Company("lymphadenectasis", bound=("n_category",)),
    Company("location", bound=("quadrant",)),
    Company("margin", bound=("shape",)),
    Company("internal_enhancement", bound=("shape",)),
    Company("grade", {"ki67_status": 0.8, "er_status": -0.5}),
    Company("t_category", {"n_category": 0.5, "lesion_number": 0.4, "accompanying_signs": 0.4}),
    Company("diameter_cm", {"t_category": 4.0, "n_category": 0.4}, 0.5),
    Company("intratumoral_edema", {"diameter_cm": 0.6, "grade": 0.5}),
    Company("peritumoral_edema", {"intratumoral_edema": 0.8, "accompanying_signs": 0.6, "n_category": 0.3}),
    Company("enhancement_type", {"lesion_number": 0.9, "accompanying_signs": 0.3}),
    Company("histological_subtype"),
    Company("avs", {"diameter_cm": 0.6, "eer": 0.4, "lesion_number": 0.4}),
    Company("tic", {"eer": -0.5}),
    Company("t2_signal"),
    Company("age"),
    Company("menopausal_status", {"age": 4.0}),
    Company("fgt", {"age": -0.6}),
    Company("bpe", {"age": -0.4, "fgt": 0.4}),
    Company("birads", {"shape": 0.5, "diameter_cm": 0.5, "lymphadenectasis": 0.4, "accompanying_signs": 0.3}),
)


@dataclass(frozen=True)
class Residuals:
    """What one fitted model leaves unexplained in its training set, to test whether a variable would enter."""

    rows: IntArray
    residual: FloatArray
    weights: FloatArray
    weighted: FloatArray
    covariance: FloatArray
    used: frozenset[str]


def tune_remaining(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The table with every variable of ``COMPANY`` ranked and then exchanged, in that order."""
    dictionary = load_dictionary()
    residuals = _residuals(frame, dictionary)
    tuned = frame.copy()
    for company in COMPANY:
        if company.bound:
            latent = np.zeros(len(frame))
        else:
            latent = _latent(tuned, company, dictionary, rng)
            tuned[company.name] = _ranked(tuned, company.name, latent, dictionary)
        strata: IntArray = tuned.groupby(["cell", *company.bound]).ngroup().to_numpy().astype(np.int64)
        tuned[company.name] = _settle(tuned, company.name, latent, strata, residuals, rng)
    return tuned


def _residuals(frame: pd.DataFrame, dictionary: DataDictionary) -> list[Residuals]:
    found = []
    for task in dictionary.tasks:
        encoding = Encoding.learn(frame, [dictionary[name] for name in task.published])
        matrix = encoding.matrix(frame)
        matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
        model = PublishedModel(task, encoding, frame["cell"].to_numpy(dtype=np.int64))
        beta = model.assess(matrix, steps=15).coefficients
        rows = model.rows[0]
        X = np.column_stack([np.ones(len(rows)), matrix[rows]])
        p = 1 / (1 + np.exp(-X @ beta))
        weighted = X * (p * (1 - p))[:, None]
        covariance = np.asarray(np.linalg.inv(X.T @ weighted + 1e-3 * np.eye(len(beta))), dtype=np.float64)
        residual = model.y[rows] - p
        found.append(Residuals(rows, residual, p * (1 - p), weighted, covariance, frozenset(task.published)))
    return found


def _codes(values: pd.Series, dictionary: DataDictionary) -> FloatArray:
    """A variable as numbers: its own, or the positions of its levels."""
    variable = dictionary[str(values.name)]
    if not variable.is_categorical:
        return values.to_numpy(dtype=np.float64)
    position = {level: float(index) for index, level in enumerate(variable.values)}
    return np.array([position[level] for level in values])


def _latent(
    frame: pd.DataFrame, company: Company, dictionary: DataDictionary, rng: np.random.Generator
) -> FloatArray:
    latent = company.noise * rng.standard_normal(len(frame))
    for name, weight in company.weights.items():
        codes = _codes(frame[name], dictionary)
        latent += weight * (codes - codes.mean()) / codes.std()
    return np.asarray(latent / latent.std())


def _ranked(
    frame: pd.DataFrame, name: str, latent: FloatArray, dictionary: DataDictionary
) -> NDArray[np.object_]:
    """The values of every cell handed out in the order of the latent score."""
    values = frame[name].to_numpy(dtype=object)
    codes = _codes(frame[name], dictionary)
    cell = frame["cell"].to_numpy()
    found = values.copy()
    for index in np.unique(cell):
        rows = np.flatnonzero(cell == index)
        found[rows[np.argsort(latent[rows], kind="stable")]] = values[rows][
            np.argsort(codes[rows], kind="stable")
        ]
    return found


def _settle(
    frame: pd.DataFrame,
    name: str,
    latent: FloatArray,
    strata: IntArray,
    residuals: list[Residuals],
    rng: np.random.Generator,
) -> NDArray[np.object_]:
    """Exchanges between like lesions of one stratum until the variable would not enter the models."""
    values = frame[name].to_numpy(dtype=object, copy=True)
    encoding = Encoding.learn(frame, [load_dictionary()[name]])
    Z = encoding.matrix(frame)
    tests = [one for one in residuals if name not in one.used]
    pull = np.zeros((len(tests), len(frame)))
    for row, one in enumerate(tests):
        pull[row, one.rows] = one.residual
    errors = np.array([score_errors(Z[t.rows], t.weighted, t.covariance, t.weights) for t in tests])
    scores = pull @ Z
    in_training = np.flatnonzero(np.any(pull != 0, axis=0))
    for i, j in rng.choice(in_training, (_TRIES, 2)):
        if np.all(np.abs(scores / errors) <= IDLE):
            break
        if strata[i] != strata[j] or values[i] == values[j] or abs(latent[i] - latent[j]) > _LIKE:
            continue
        change = np.outer(pull[:, i] - pull[:, j], Z[j] - Z[i])
        if _distance((scores + change) / errors) < _distance(scores / errors):
            scores = scores + change
            values[[i, j]], Z[[i, j]] = values[[j, i]], Z[[j, i]]
    return values


def _distance(scores: FloatArray) -> float:
    return float(np.sum(np.maximum(0.0, np.abs(scores) - 0.8 * IDLE) ** 2))
