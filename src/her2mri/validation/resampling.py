"""The whole development on resamples of patients: jobs that give plain data, whatever process runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.errors import EstimationError, TableError
from her2mri.evaluation.bootstrap import seed_of
from her2mri.models.development import Developed, Development, parted, problem_of
from her2mri.validation.scores import as_json, is_label, scores

T = TypeVar("T")

OUT_OF_BAG_SCORES: Final = ("auc", "brier")
RESAMPLES_A_JOB: Final = 20
"""Few enough for progress to be smooth, enough that sending the lesions costs nothing beside the work."""

Outcome = Mapping[str, Any]
"""What one development came to, as JSON can hold it.

``models`` by name and ``failed``, the reasons by name of those that are not there, or ``failure``, the reason why there
is none at all.
"""


class Run(Protocol):
    """Does jobs and gives their results in order, like ``her2mri.jobs.run_jobs``."""

    def __call__(self, name: str, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """The result of each job."""
        ...


@dataclass(frozen=True)
class Lesions:
    """The lesions that a development is given: variables, outcome (0 or 1) and patient number of each."""

    frame: pd.DataFrame
    y: IntArray
    patient: IntArray

    @classmethod
    def of(cls, frame: pd.DataFrame, y: IntArray, patient: IntArray) -> Lesions:
        """The lesions numbered anew, with text as categories: levels are looked up once, not in every resample."""
        coded = frame.reset_index(drop=True)
        for name in frame:
            if isinstance(frame[name].dtype, pd.StringDtype):
                which, known = pd.factorize(coded[name])
                coded[name] = pd.Categorical.from_codes(which, pd.Index(known, dtype=object))
        return cls(coded, np.asarray(y), np.asarray(patient))

    def names(self, column: str) -> NDArray[np.str_]:
        """The identifiers in a column of the frame; numbers from 1 where it has none."""
        if column in self.frame:
            return self.frame[column].to_numpy(dtype=str)
        return np.arange(1, len(self.y) + 1).astype(str)

    def at(self, rows: IntArray) -> Lesions:
        """Some of the lesions, possibly several times; copies keep their patient's number."""
        taken = self.frame.take(rows)
        taken.index = pd.RangeIndex(len(rows))
        return Lesions(taken, self.y[rows], self.patient[rows])


def drawn_lesions(patient: IntArray, seed: np.random.SeedSequence) -> IntArray:
    """Row numbers of a resample: as many patients as there are, with replacement, each with all their lesions.

    >>> drawn_lesions(np.array([4, 4, 9]), np.random.SeedSequence(3)).tolist()
    [2, 0, 1]
    """
    names, which = np.unique(patient, return_inverse=True)
    rows = np.argsort(which, kind="stable")
    first = np.searchsorted(which[rows], np.arange(len(names) + 1))
    drawn = np.random.default_rng(seed).integers(0, len(names), size=len(names))
    size = first[drawn + 1] - first[drawn]
    ends = np.cumsum(size)
    within = np.arange(ends[-1]) - np.repeat(ends - size, size)
    chosen: IntArray = rows[np.repeat(first[drawn], size) + within].astype(np.int64)
    return chosen


def resample_rows(patient: IntArray, seed: int, task: str, index: int) -> IntArray:
    """The lesions of resample ``index``: its own stream, so that neither order nor workers matter."""
    return drawn_lesions(patient, seed_of(seed, task, "bootstrap of the development", str(index)))


def bootstrap_jobs(
    development: Development, lesions: Lesions, *, task: str, seed: int, n_bootstrap: int
) -> list[Callable[[], dict[str, Any]]]:
    """Jobs of a few resamples each; the result of a job is ``{"resamples": [outcome, ...]}``."""
    starts = range(0, n_bootstrap, RESAMPLES_A_JOB)
    return [
        partial(
            _bootstrap_batch,
            development,
            lesions,
            task,
            seed,
            start,
            min(RESAMPLES_A_JOB, n_bootstrap - start),
        )
        for start in starts
    ]


def developed_once(development: Development, lesions: Lesions) -> dict[str, Any]:
    """The outcome of the development on all lesions: probability, scores and selected variables of each model."""
    return _attempt(development, lesions, lambda model: _apparent(model, lesions))


def on_rows(development: Development, lesions: Lesions, rows: IntArray) -> dict[str, Any]:
    """The outcome of the development on a resample, its models judged there, on all lesions and on those left out.

    The lesions left out are those of patients who were not drawn.
    """
    left_out = np.ones(len(lesions.y), dtype=bool)
    left_out[rows] = False
    return _attempt(development, lesions.at(rows), lambda model: _judged(model, lesions, rows, left_out))


def held_out(development: Development, lesions: Lesions, inside: NDArray[np.bool_]) -> dict[str, Any]:
    """The outcome of the development without the lesions ``inside`` a fold: their probability by each model."""
    others = lesions.at(np.flatnonzero(~inside))
    fold = lesions.frame[inside].reset_index(drop=True)

    def predicted(model: Developed) -> dict[str, Any]:
        return {"probability": model.probability(fold).tolist(), "selected": list(model.selected)}

    return _attempt(development, others, predicted)


def _bootstrap_batch(
    development: Development, lesions: Lesions, task: str, seed: int, start: int, size: int
) -> dict[str, Any]:
    found = []
    for index in range(start, start + size):
        rows = resample_rows(lesions.patient, seed, task, index)
        found.append(on_rows(development, lesions, rows))
    return {"resamples": found}


def _attempt(
    development: Development, lesions: Lesions, describe: Callable[[Developed], dict[str, Any]]
) -> dict[str, Any]:
    try:
        models, failed = parted(development(lesions.frame, lesions.y, lesions.patient))
    except (EstimationError, TableError) as error:
        return {"failure": problem_of(error)}
    described = {}
    for name, model in models.items():
        try:
            described[name] = describe(model)
        except (EstimationError, TableError) as error:
            failed[name] = problem_of(error)
    return {"models": described, "failed": failed}


def _apparent(model: Developed, lesions: Lesions) -> dict[str, Any]:
    probability = model.probability(lesions.frame)
    return {
        "selected": list(model.selected),
        "probability": probability.tolist(),
        "scores": as_json(scores(lesions.y, probability)),
    }


def _judged(
    model: Developed, lesions: Lesions, rows: IntArray, left_out: NDArray[np.bool_]
) -> dict[str, Any]:
    probability = model.probability(lesions.frame)
    return {
        "selected": list(model.selected),
        "probability": probability.tolist(),
        "resample": as_json(scores(lesions.y[rows], probability[rows])),
        "original": as_json(scores(lesions.y, probability)),
        "out_of_bag": as_json(_out_of_bag(lesions.y[left_out], probability[left_out])),
    }


def _out_of_bag(y: IntArray, probability: FloatArray) -> dict[str, float]:
    from her2mri.evaluation.calibration import brier
    from her2mri.evaluation.discrimination import auc

    both = 0 < int(y.sum()) < len(y)
    no_brier = not len(y) or is_label(probability)
    return {
        "auc": auc(y, probability) if both else np.nan,
        "brier": np.nan if no_brier else brier(y, probability),
    }
