"""What a study found: every part an object of its own room, and all of it as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.eligibility import Flow
from her2mri.evaluation.evaluation import Evaluation
from her2mri.evaluation.prediction import Prediction
from her2mri.explanation.nomogram import Nomogram
from her2mri.explanation.shapley_explanation import ShapleyValues
from her2mri.models.fit import Fit
from her2mri.selection.paper_selection import Selection
from her2mri.statistics.table_one import TableOne
from her2mri.study.recommended.result import Recommended
from her2mri.study.study_file import StudyFile
from her2mri.study.task_data import TaskData


@dataclass(frozen=True)
class TaskResult:
    """One task: its lesions, what was chosen, the models, how they do and why."""

    data: TaskData
    table_one: tuple[TableOne, ...]
    selection: Selection
    fits: dict[str, Fit]
    predictions: tuple[Prediction, ...]
    evaluation: Evaluation
    nomogram: Nomogram
    shapley: dict[str, ShapleyValues]
    caveats: tuple[Caveat, ...]
    n_bootstrap: int

    @property
    def name(self) -> str:
        """The task's name."""
        return self.data.task.name

    def table_one_frame(self) -> pd.DataFrame:
        """Table one of every sample, one below the other."""
        return pd.concat([table.frame() for table in self.table_one], ignore_index=True)

    def tuning_frame(self) -> pd.DataFrame:
        """Each model's settings as tried in cross-validation."""
        frames = [fit.tuning.assign(task=self.name, model=name) for name, fit in self.fits.items()]
        frame = pd.concat(frames, ignore_index=True)
        leading = ["task", "model", "cross_validated_auc", "folds_used", "chosen"]
        return frame[leading + [column for column in frame.columns if column not in leading]]

    def shapley_frame(self) -> pd.DataFrame:
        """The Shapley values of every model, long."""
        return pd.concat([values.frame() for values in self.shapley.values()], ignore_index=True)


@dataclass(frozen=True)
class StudyResult:
    """A finished study. ``cohort`` holds the lesions left after the exclusions of ``flow``.

    ``tasks`` are by the published protocol, none where the lesions do not carry it and a caveat says so;
    ``recommended`` is None where only the published one was asked for.
    """

    study: StudyFile
    cohort: Cohort
    flow: Flow
    tasks: dict[str, TaskResult]
    caveats: tuple[Caveat, ...]
    recommended: Recommended | None = None

    @property
    def task_data(self) -> tuple[TaskData, ...]:
        """The lesions of every task as the first protocol done divides them."""
        if not self.tasks and self.recommended is not None:
            return tuple(task.plan.data for task in self.recommended.tasks.values())
        return tuple(task.data for task in self.tasks.values())

    @property
    def left_out(self) -> str:
        """Why the published protocol was left out, in a sentence; empty where it was done."""
        return next((c.message for c in self.caveats if c.code == "published_left_out"), "")

    def sets(self) -> pd.DataFrame:
        """Lesions, patients and events of every task and sample, with the task's label."""
        counts = [data.counts().assign(label=data.task.label) for data in self.task_data]
        return pd.concat(counts, ignore_index=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every result as a tidy table, by the name of its file."""
        found = {"flow": self.flow.frame(), "missing": self.flow.missing_frame(), "sets": self.sets()}
        for name, task in self.tasks.items():
            found[f"table_one_{name}"] = task.table_one_frame()
            found[f"selection_{name}"] = task.selection.frame()
            found[f"nomogram_{name}"] = task.nomogram.frame()
            found[f"shapley_{name}"] = task.shapley_frame()
        for name, frame_of in _STACKED.items() if self.tasks else ():
            found[name] = pd.concat([frame_of(task) for task in self.tasks.values()], ignore_index=True)
        if self.recommended is not None:
            found |= self.recommended.tables()
        found["caveats"] = self.caveat_frame()
        return found

    def lesions(self) -> pd.DataFrame:
        """The cleaned input, with each task's set and outcome and every model's probability.

        ``probability_`` columns are of the published protocol; ``held_out_`` columns of the recommended one, by
        models that did not see the lesion.
        """
        cohort = self.cohort if self.recommended is None else self.recommended.cohort
        lesions = cohort.frame.copy()
        for name, task in self.tasks.items():
            columns = pd.DataFrame({"lesion_id": task.data.frame["lesion_id"]})
            columns[task.data.task.set_column] = task.data.sample
            columns[f"outcome_{name}"] = task.data.y
            columns = _with_probabilities(columns, f"probability_{name}", task.predictions)
            lesions = lesions.drop(columns=task.data.task.set_column, errors="ignore")
            lesions = lesions.merge(columns, on="lesion_id", how="left", validate="one_to_one")
        if self.recommended is None:
            return lesions
        for name, advised in self.recommended.tasks.items():
            lesions = _with_probabilities(lesions, f"held_out_{name}", advised.predictions)
        return lesions

    def caveat_frame(self) -> pd.DataFrame:
        """Everything a reader must know of the data and the fits, a row each."""
        caveats = [*self.caveats, *(caveat for task in self.tasks.values() for caveat in task.caveats)]
        if self.recommended is not None:
            caveats += [c for task in self.recommended.tasks.values() for c in task.caveats]
            caveats = list(dict.fromkeys(caveats))
        return pd.DataFrame(
            [asdict(caveat) for caveat in caveats], columns=[field.name for field in fields(Caveat)]
        )


def _with_probabilities(table: pd.DataFrame, name: str, predictions: Sequence[Prediction]) -> pd.DataFrame:
    """The table with a column ``<name>_<model>`` for each model, filled from all its samples."""
    by_model: dict[str, list[pd.Series]] = {}
    for prediction in predictions:
        values = pd.Series(prediction.probability, index=prediction.lesion)
        by_model.setdefault(prediction.model, []).append(values)
    found = {
        f"{name}_{model}": table["lesion_id"].map(pd.concat(samples)) for model, samples in by_model.items()
    }
    return table.assign(**found)


_STACKED: Final[dict[str, Callable[[TaskResult], pd.DataFrame]]] = {
    "tuning": TaskResult.tuning_frame,
    "performance": lambda task: task.evaluation.frame(),
    "comparison": lambda task: task.evaluation.comparison_frame(),
    "roc": lambda task: task.evaluation.roc_frame(),
    "calibration": lambda task: task.evaluation.calibration_frame(),
    "decision_curve": lambda task: task.evaluation.decision_curve_frame(),
    "rule_out": lambda task: task.evaluation.rule_out_frame(),
}
"""The tables that hold all tasks, by the name of their file."""
