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
from her2mri.cohort.from_frame import cohort_from_frame
from her2mri.cohort.read import read_cohort
from her2mri.datasets.published_cohort import published_cohort
from her2mri.study.jobs import Progress, run_jobs
from her2mri.study.results import StudyResult
from her2mri.study.study_file import StudyFile, parse_study, read_study_file
from her2mri.study.task_analysis import TaskPlan, describe, evaluate_task, explain, fit_model
from her2mri.study.task_data import candidates, task_data, varying


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
        return cls(file, read_cohort(file.data.tables, dictionary, label_rule=file.label_rule))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, **settings: Any) -> Self:
        """A study of lesions already in memory; settings as in a study file."""
        file = parse_study(settings)
        return cls(file, cohort_from_frame(frame, file.load_dictionary(), label_rule=file.label_rule))

    def run(self, *, workers: int = 1, progress: Progress | None = None) -> StudyResult:
        """Everything; the same whatever the number of workers.

        Raises InputError where the lesions cannot carry the study.
        """
        variables, caveats = candidates(self.cohort, self.file)
        included, flow = apply_exclusions(
            self.cohort, predictors=[variable.name for variable in variables], outcome=self._outcome()
        )
        plans = []
        for name in self.file.task_names:
            data = task_data(included, included.dictionary.task(name), self.file)
            plans.append(TaskPlan(self.file, included, data, *varying(data, variables)))
        share = partial(run_jobs, workers=workers, progress=progress)
        described = share("Describe and select", [partial(describe, plan) for plan in plans])
        pairs = [(plan, part) for plan, part in zip(plans, described, strict=True)]
        fits = share(
            "Tune and fit",
            [partial(fit_model, p, d.selection, m) for p, d in pairs for m in self.file.models.families],
        )
        n = len(self.file.models.families)
        by_task = [fits[i * n : (i + 1) * n] for i in range(len(plans))]
        evaluated = share(
            "Evaluate", [partial(evaluate_task, plan, f) for plan, f in zip(plans, by_task, strict=True)]
        )
        shapley = share(
            "Explain",
            [partial(explain, plan, fit) for plan, fs in zip(plans, by_task, strict=True) for fit in fs],
        )
        tasks = {}
        for i, plan in enumerate(plans):
            tasks[plan.data.task.name] = assemble(
                plan, described[i], by_task[i], evaluated[i], shapley[i * n : (i + 1) * n]
            )
        return StudyResult(self.file, included, flow, tasks, (*included.caveats, *caveats))
