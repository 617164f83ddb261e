"""A study: a lesion table and a study file in, everything the paper reports out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import pandas as pd

from her2mri.cohort.cohort import Cohort
from her2mri.cohort.eligibility import apply_exclusions
from her2mri.cohort.lesion_table import cohort_from_frame, read_cohort
from her2mri.datasets.published_cohort import acknowledge, published_cohort
from her2mri.errors import Fault, TableError
from her2mri.jobs import Progress, run_jobs
from her2mri.study.results import StudyResult, TaskResult
from her2mri.study.study_file import StudyFile, parse_study, read_study_file
from her2mri.study.task_analysis import (
    TaskPlan,
    describe,
    evaluate_task,
    explain_model,
    fit_model,
    nomogram_of,
    predictable,
    said_of,
    select,
    separation_of,
)
from her2mri.study.task_data import candidates, task_data


@dataclass(frozen=True)
class Study:
    """What is to be done (``file``) and to which lesions (``cohort``, before exclusions).

    >>> study = Study.from_toml(None, tasks=("her2_low",))
    >>> len(study.cohort.frame)
    1030
    """

    file: StudyFile
    cohort: Cohort

    @classmethod
    def from_toml(cls, path: Path | None, *, tables: Sequence[Path] = (), **overrides: Any) -> Self:
        """The study of a file (None: all defaults), with other tables or settings where given.

        Raises InputError (StudyFileError, TableError) with every fault of the file or of the tables.
        """
        file = StudyFile() if path is None else read_study_file(path)
        if overrides:
            file = parse_study({**file.model_dump(), **overrides})
        if tables:
            file = file.model_copy(update={"data": file.data.model_copy(update={"tables": tuple(tables)})})
        if not file.data.tables:
            return cls(file, published_cohort())
        dictionary = file.load_dictionary()
        cohort = read_cohort(file.data.tables, dictionary, label_rule=file.label_rule)
        return cls(file, acknowledge(cohort))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, **settings: Any) -> Self:
        """A study of lesions already in memory; settings as in a study file."""
        file = parse_study(settings)
        cohort = cohort_from_frame(frame, file.load_dictionary(), label_rule=file.label_rule)
        return cls(file, acknowledge(cohort))

    def run(self, *, workers: int = 1, progress: Progress | None = None) -> StudyResult:
        """Everything the study asks for; the same whatever the number of workers.

        Raises InputError where the lesions cannot carry the study.
        """
        run = partial(run_jobs, workers=workers, progress=progress)
        variables, caveats = candidates(self.cohort, self.file)
        included, flow = apply_exclusions(self.cohort, predictors=[variable.name for variable in variables])
        if included.frame.empty:
            raise TableError([_nothing_left(included)])
        plans = []
        for name in self.file.task_names:
            data = task_data(included, included.dictionary.task(name), self.file)
            plans.append(TaskPlan.of(self.file, included, data, variables))
        tables = run("Describe the lesions", [partial(describe, plan) for plan in plans])
        selections = run("Select predictors", [partial(select, plan) for plan in plans])
        families = self.file.models.families
        chosen = list(zip(plans, selections, strict=True))
        jobs = [partial(fit_model, plan, selection, name) for plan, selection in chosen for name in families]
        fitted = _by_task(run("Tune and fit models", jobs), families)
        paired = list(zip(plans, fitted, strict=True))
        evaluated = run("Evaluate", [partial(evaluate_task, plan, fits) for plan, fits in paired])
        jobs_explain = [partial(explain_model, plan, fit) for plan, fits in paired for fit in fits.values()]
        explained = _by_task(run("Explain", jobs_explain), families)
        tasks = {}
        for i, (plan, fits) in enumerate(paired):
            predictions, evaluation = evaluated[i]
            tasks[plan.data.task.name] = TaskResult(
                data=plan.data,
                table_one=tables[i],
                selection=selections[i],
                fits=fits,
                predictions=predictions,
                evaluation=evaluation,
                nomogram=nomogram_of(plan, fits["LR"]),
                shapley=explained[i],
                caveats=(
                    *plan.caveats,
                    *separation_of(plan, selections[i]),
                    *predictable(plan, fits)[1],
                    *said_of(plan, evaluation),
                ),
                n_bootstrap=self.file.evaluation.n_bootstrap,
            )
        return StudyResult(self.file, included, flow, tasks, (*included.caveats, *caveats))


def _nothing_left(cohort: Cohort) -> Fault:
    """Why no lesion can be studied: how many were left out for each reason."""
    reasons = cohort.exclusions["reason"].value_counts(sort=False)
    return Fault(
        "table",
        f"none of the {len(cohort.exclusions)} lesions is left after the exclusions",
        value=", ".join(f"{reason}: {n}" for reason, n in reasons.items()),
        remedy="see the flow of exclusions that `her2mri check` prints",
    )


def _by_task(results: list[Any], families: Sequence[str]) -> list[dict[str, Any]]:
    """Results in the order of tasks and families, as one dictionary by family for each task."""
    width = len(families)
    return [
        dict(zip(families, results[start : start + width], strict=True))
        for start in range(0, len(results), width)
    ]
