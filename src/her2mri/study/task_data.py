"""One task's lesions: who is asked about, the outcome, the patient and the set of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.design_matrix import IntArray
from her2mri.cohort.split import assign_sets, given_sets, split_caveats
from her2mri.dictionary import Task, Variable
from her2mri.errors import Fault, StudyFileError, TableError
from her2mri.study.study_file import StudyFile
from her2mri.vocabulary import SAMPLES

StringArray = np.ndarray[tuple[int], np.dtype[np.str_]]


@dataclass(frozen=True)
class TaskData:
    """The lesions eligible for a task, as aligned arrays; ``patient`` numbers the patients.

    ``set_column`` is the column of the table that gave the sets; empty where they were drawn.
    """

    task: Task
    frame: pd.DataFrame
    y: IntArray
    patient: IntArray
    sample: StringArray
    set_column: str
    caveats: tuple[Caveat, ...]

    def in_sample(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which lesions are in that sample."""
        return np.asarray(self.sample == name)

    @property
    def samples(self) -> tuple[str, ...]:
        """The samples that have lesions, in the order of the vocabulary."""
        return tuple(name for name in SAMPLES if bool(np.any(self.sample == name)))

    def counts(self) -> pd.DataFrame:
        """Lesions, patients and events of each sample."""
        rows = []
        for name in self.samples:
            inside = self.in_sample(name)
            rows.append(
                {
                    "task": self.task.name,
                    "sample": name,
                    "lesions": int(inside.sum()),
                    "patients": len(np.unique(self.patient[inside])),
                    "positive": self.task.positive_label,
                    "n_events": int(self.y[inside].sum()),
                    "negative": self.task.negative_label,
                    "n_nonevents": int((1 - self.y[inside]).sum()),
                }
            )
        return pd.DataFrame(rows)


def task_data(cohort: Cohort, task: Task, study: StudyFile) -> TaskData:
    """The lesions of a cohort that the task asks about, each in its set.

    Raises TableError where no training set with both classes can be made.
    """
    sample = assign_sets(
        cohort,
        task,
        external=study.data.external_centers,
        train_fraction=study.data.train_fraction,
        seed=study.seed,
    )
    eligible = cohort.frame[task.outcome].isin(task.eligible) & sample.notna()
    frame = cohort.frame[eligible].reset_index(drop=True)
    return TaskData(
        task=task,
        frame=frame,
        y=frame[task.outcome].isin(task.positive).to_numpy().astype(np.int64),
        patient=np.unique(frame["patient_id"].to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64),
        sample=sample[eligible].to_numpy(dtype=str),
        set_column=given_sets(cohort, task),
        caveats=split_caveats(cohort, task, sample),
    )


def candidates(cohort: Cohort, study: StudyFile) -> tuple[tuple[Variable, ...], tuple[Caveat, ...]]:
    """The variables that predictors are chosen from, and what must be said of those left aside.

    Raises StudyFileError where the study asks for a column that the table does not have.
    """
    table = cohort.frame
    wanted = study.selection.predictors
    if study.selection.method == "published" and not wanted:
        names = {name for task in study.task_names for name in cohort.dictionary.task(task).published}
        wanted = tuple(variable.name for variable in cohort.dictionary.variables if variable.name in names)
    if absent := [name for name in wanted if name not in table or table[name].isna().all()]:
        raise StudyFileError(
            Fault("selection.predictors", f"the table has no values of {name}", remedy="add the column")
            for name in absent
        )
    if wanted:
        return tuple(cohort.dictionary[name] for name in wanted), ()
    found, caveats = [], []
    for variable in cohort.dictionary.with_role("predictor"):
        if variable.name not in table or table[variable.name].isna().all():
            caveats.append(Caveat("absent", f"{variable.label} is not in the table", column=variable.name))
        else:
            found.append(variable)
    if not found:
        raise TableError([Fault("table", "no predictor of the dictionary is in the table")])
    return tuple(found), tuple(caveats)


def nothing_left(cohort: Cohort) -> Fault:
    """Why no lesion can be studied: how many were left out for each reason."""
    reasons = cohort.exclusions["reason"].value_counts(sort=False)
    return Fault(
        "table",
        f"none of the {len(cohort.exclusions)} lesions is left after the exclusions",
        value=", ".join(f"{reason}: {n}" for reason, n in reasons.items()),
        remedy="see the flow of exclusions that `her2mri check` prints",
    )
