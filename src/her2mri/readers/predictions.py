"""What the model said of the cases: probabilities and cut-offs from the ``lesions.csv`` of a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.cohort.read import RawTable, read_table
from her2mri.dictionary import DataDictionary, Task
from her2mri.errors import EstimationError, Fault, TableError
from her2mri.evaluation.classification import youden_threshold
from her2mri.readers.cells import Cells
from her2mri.vocabulary import TRAINING


@dataclass(frozen=True, eq=False)
class ModelCalls:
    """One model's probabilities for one task by case, with the cut-off that makes calls of them.

    ``trained_on`` are the cases the model was developed with.
    """

    task: str
    model: str
    probability: pd.Series[float]
    threshold: float
    threshold_rule: str
    trained_on: frozenset[str]

    def called(self, cases: pd.Series[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """1 where the model calls the positive class, else 0, for cases it has a probability for."""
        return (self.probability.loc[list(cases)].to_numpy() >= self.threshold).astype(float)


@dataclass(frozen=True, eq=False)
class Predictions:
    """The model's calls of each task, with the caveats about them."""

    by_task: Mapping[str, ModelCalls]
    name: str
    sha256: str
    caveats: tuple[Caveat, ...] = ()


def read_predictions(
    path: Path, dictionary: DataDictionary, *, model: str = "LR", threshold: float | None = None
) -> Predictions:
    """Probabilities of ``model`` from the columns ``probability_<task>_<model>`` of a study's lesions.csv.

    The cut-off is ``threshold`` where given, else Youden's on the training rows of the same file, else 0.5
    with a caveat. Raises TableError with every fault.
    """
    return predictions_of(read_table(path), dictionary, model=model, threshold=threshold)


def predictions_of(
    table: RawTable, dictionary: DataDictionary, *, model: str = "LR", threshold: float | None = None
) -> Predictions:
    """Probabilities from a raw table; see ``read_predictions``."""
    if threshold is not None and not 0.0 < threshold < 1.0:
        raise ValueError(f"threshold must fulfil 0 < threshold < 1, got {threshold}")
    cells = Cells(table)
    cells.require(["lesion_id"], remedy="give the lesions.csv that a study wrote")
    case = cells.text("lesion_id", required=True)
    for row in case.index[case.duplicated() & (case != "")]:
        cells.fault(row, "lesion_id", "the lesion stands twice", case[row])
    tasks = [task for task in dictionary.tasks if _column(task, model) in cells.frame.columns]
    if not tasks:
        there = [name for name in cells.frame.columns if name.startswith("probability_")]
        problem = f"holds no probabilities of the model {model!r}"
        raise TableError([Fault(table.name, problem, allowed=", ".join(there) or "none are there")])
    found: dict[str, ModelCalls] = {}
    caveats: list[Caveat] = []
    for task in tasks:
        calls, said = _calls(cells, case, task, model, threshold)
        found[task.name] = calls
        caveats += said
    cells.raise_faults()
    return Predictions(found, table.name, table.sha256, tuple(caveats))


def _column(task: Task, model: str) -> str:
    return f"probability_{task.name}_{model}".casefold()


def _calls(
    cells: Cells, case: pd.Series[str], task: Task, model: str, threshold: float | None
) -> tuple[ModelCalls, list[Caveat]]:
    probability = cells.number(_column(task, model), "a number from 0 to 1", low=0.0, high=1.0)
    sample = cells.text(task.set_column.casefold(), required=False)
    outcome = cells.number(f"outcome_{task.name}".casefold(), "0 or 1", low=0, high=1, whole=True)
    training = (sample == TRAINING) & probability.notna() & outcome.notna()
    caveats: list[Caveat] = []
    rule, cutoff = "given", threshold
    if cutoff is None and training.any():
        try:
            cutoff = youden_threshold(outcome[training].to_numpy(), probability[training].to_numpy())
            rule = "Youden's on the training lesions"
        except EstimationError:
            cutoff = None
    if cutoff is None:
        rule, cutoff = "0.5, for want of training lesions", 0.5
        caveats.append(
            Caveat(
                "threshold_by_default",
                f"{task.label}: the model's cut-off is 0.5, as the file has no training lesions to choose it on",
            )
        )
    there = probability.notna()
    series = pd.Series(probability[there].to_numpy(), index=pd.Index(case[there]), name="probability")
    trained_on = frozenset(case[sample == TRAINING])
    return ModelCalls(task.name, model, series, float(cutoff), rule, trained_on), caveats


def overlap_caveats(predictions: Predictions, cases: Mapping[str, set[str]]) -> Iterator[Caveat]:
    """Caveats on read cases (by task) that the model does not know, or was developed with."""
    for task, calls in predictions.by_task.items():
        read = cases.get(task, set())
        unknown = sorted(read - set(calls.probability.index))
        if unknown:
            message = f"{len(unknown)} read cases have no probability for the task {task}: left out beside the model"
            yield Caveat("no_probability", message)
        seen = read & calls.trained_on
        if seen:
            yield Caveat(
                "read_cases_trained_on",
                f"{len(seen)} read cases were used to develop the model of the task {task}: it looks better "
                "on them than on new ones, and so may those whom it aids",
            )
