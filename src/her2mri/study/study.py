"""A study: a lesion table and a study file in, everything the paper reports out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.eligibility import Flow, apply_exclusions
from her2mri.cohort.lesion_table import cohort_from_frame, read_cohort
from her2mri.datasets.published_cohort import acknowledge, published_cohort
from her2mri.dictionary import Variable
from her2mri.errors import Fault, TableError
from her2mri.evaluation.prediction import Prediction
from her2mri.jobs import LocalWorkers, Progress, Runner, Silent, fingerprint
from her2mri.study.provenance import provenance
from her2mri.study.published import run_published
from her2mri.study.recommended import run_recommended
from her2mri.study.results import StudyResult, TaskResult
from her2mri.study.study_file import StudyFile, parse_study, read_study_file
from her2mri.study.task_data import candidates, nothing_left
from her2mri.vocabulary import EXTERNAL_VALIDATION

LEFT_OUT: Final = (
    "The published protocol, which takes complete lesions alone, cannot be done on these and is left out: "
    "{reason}."
)


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

    def run(
        self,
        *,
        workers: int = 1,
        progress: Progress | None = None,
        runner: Runner | None = None,
        resampling: Runner | None = None,
    ) -> StudyResult:
        """Everything the study asks for; the same whatever the number of workers.

        ``runner`` stands in place of workers and progress; ``resampling``, the runner of the resamples, may be
        a cluster's or go on from an interrupted run. Raises InputError where the lesions cannot carry the study;
        where they cannot carry the published protocol alone, the recommended one goes on without it (0108).
        """
        runner = runner or Runner(LocalWorkers(workers), progress or Silent())
        variables, caveats = candidates(self.cohort, self.file)
        try:
            published = self._published(variables, runner)
        except TableError as error:
            if self.file.protocol != "recommended":
                raise
            published, omitted = None, _in_a_sentence(error)
        if self.file.protocol != "recommended":
            assert published is not None  # else it was raised
            included, flow, tasks = published
            return StudyResult(self.file, included, flow, tasks, (*included.caveats, *caveats))
        tasks = {} if published is None else published[2]
        said = {name: found for name, task in tasks.items() if (found := _external(task)) is not None}
        recommended = run_recommended(self.file, self.cohort, variables, said, runner, resampling or runner)
        if published is None:
            left_out = Caveat("published_left_out", LEFT_OUT.format(reason=omitted))
            included, flow, caveats = recommended.cohort, recommended.flow, (*caveats, left_out)
        else:
            included, flow, _ = published
        return StudyResult(self.file, included, flow, tasks, (*included.caveats, *caveats), recommended)

    def _published(
        self, variables: tuple[Variable, ...], runner: Runner
    ) -> tuple[Cohort, Flow, dict[str, TaskResult]]:
        """The published protocol on complete lesions; raises TableError where these do not carry it."""
        if faults := list(_never_measured(self.cohort, variables, self.file.data.external_centers)):
            raise TableError(faults)
        included, flow = apply_exclusions(self.cohort, predictors=[variable.name for variable in variables])
        if included.frame.empty:
            raise TableError([nothing_left(included)])
        return included, flow, run_published(self.file, included, variables, runner)

    def fingerprint(self) -> str:
        """One line that stands for everything that the results depend on."""
        return fingerprint(provenance(self.file, self.cohort))


def _external(task: TaskResult) -> Prediction | None:
    """What the published protocol's logistic regression says of the external lesions."""
    for prediction in task.predictions:
        if (prediction.model, prediction.sample) == ("LR", EXTERNAL_VALIDATION):
            return prediction
    return None


def _never_measured(
    cohort: Cohort, variables: Sequence[Variable], external: Sequence[str]
) -> Iterator[Fault]:
    """External or other centers without any value of a predictor: all their lesions would be incomplete."""
    outside = cohort.frame["center"].isin(external)
    for where, side in (("the external centers", outside), ("the other centers", ~outside)):
        for variable in variables:
            if side.any() and cohort.frame.loc[side, variable.name].isna().all():
                yield Fault(
                    where,
                    f"no lesion has a value of {variable.label}, so all would be left out as incomplete",
                    remedy="fill it, or name the other predictors in selection.predictors",
                    column=variable.name,
                )


def _in_a_sentence(error: TableError) -> str:
    """Every problem once, with the set that it is in but without a row."""
    return "; ".join(dict.fromkeys(f"{fault.where}: {fault.problem}" for fault in error.faults))
