"""The whole analysis of a reader study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.errors import EstimationError
from her2mri.evaluation.discrimination import roc_curve
from her2mri.readers.beside_model import against_model, reliance
from her2mri.readers.calls import accuracy_of_calls, agreement_of_readers, confusion_of_calls
from her2mri.readers.covariance import CovarianceMethod
from her2mri.readers.multireader import multireader_analysis
from her2mri.readers.performance import gains_of_readers, performance_of_readers
from her2mri.readers.predictions import ModelCalls, Predictions, overlap_caveats
from her2mri.readers.reading_time import reading_time
from her2mri.readers.reads import Reads
from her2mri.readers.score_agreement import agreement_of_scores
from her2mri.readers.task_reads import TaskReads, task_reads


@dataclass(frozen=True)
class ReaderStudySettings:
    """The choices of an analysis: covariance of the multi-reader test, resamples, seed and coverage."""

    covariance: CovarianceMethod = "delong"
    n_bootstrap: int = 2000
    seed: int = 1
    confidence: float = 0.95


@dataclass(frozen=True, eq=False)
class ReaderStudyResult:
    """Every table of a reader study, by name, with the reads it comes from.

    ``roc`` is the model's curve over the read cases, a task each (columns task, specificity, sensitivity).
    """

    reads: Reads
    tasks: tuple[TaskReads, ...]
    settings: ReaderStudySettings
    performance: pd.DataFrame
    gains: pd.DataFrame
    mrmc: pd.DataFrame
    components: pd.DataFrame
    experience: pd.DataFrame
    against_model: pd.DataFrame
    reliance: pd.DataFrame
    confusion: pd.DataFrame
    call_accuracy: pd.DataFrame
    agreement: pd.DataFrame
    score_agreement: pd.DataFrame
    time: pd.DataFrame
    time_model: pd.DataFrame
    roc: pd.DataFrame
    models: Mapping[str, ModelCalls] = field(default_factory=dict)
    caveats: tuple[Caveat, ...] = ()

    def frame(self) -> pd.DataFrame:
        """The figures of each reader and arm."""
        return self.performance.copy()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table, by the name of its file."""
        names = (
            "performance", "gains", "mrmc", "components", "experience", "against_model", "reliance", "confusion",
            "call_accuracy", "agreement", "score_agreement", "time", "time_model", "roc",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"caveats": self.caveat_frame()}

    def caveat_frame(self) -> pd.DataFrame:
        """One row a caveat: code, message."""
        return pd.DataFrame([(c.code, c.message) for c in self.caveats], columns=["code", "message"])


def analyse_reads(
    reads: Reads,
    predictions: Predictions | None = None,
    *,
    settings: ReaderStudySettings | None = None,
) -> ReaderStudyResult:
    """Analyse checked reads, beside a model where its ``predictions`` are given.

    Tasks without a read case are left out. What cannot be estimated is a row "not applicable".
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # sums in one order: the same bits on any number of threads
        return _analysed(reads, predictions, settings or ReaderStudySettings())


def _analysed(
    reads: Reads, predictions: Predictions | None, chosen: ReaderStudySettings
) -> ReaderStudyResult:
    confidence = chosen.confidence
    views = [task_reads(reads, task) for task in reads.dictionary.tasks]
    tasks = tuple(view for view in views if not view.frame.empty)
    models = dict(predictions.by_task) if predictions is not None else {}
    mrmc, components, experience = multireader_analysis(
        tasks,
        method=chosen.covariance,
        n_bootstrap=chosen.n_bootstrap,
        seed=chosen.seed,
        confidence=confidence,
    )
    time = reading_time(reads, confidence=confidence)
    return ReaderStudyResult(
        reads=reads,
        tasks=tasks,
        settings=chosen,
        performance=performance_of_readers(tasks, confidence=confidence),
        gains=gains_of_readers(tasks, confidence=confidence),
        mrmc=mrmc,
        components=components,
        experience=experience,
        against_model=against_model(tasks, models, confidence=confidence),
        reliance=reliance(tasks, models, confidence=confidence),
        confusion=confusion_of_calls(reads),
        call_accuracy=accuracy_of_calls(reads, confidence=confidence),
        agreement=agreement_of_readers(reads, confidence=confidence),
        score_agreement=agreement_of_scores(tasks, confidence=confidence),
        time=time.paired,
        time_model=time.model,
        roc=_roc(tasks, models),
        models=models,
        caveats=(*reads.caveats, *_caveats(tasks, predictions)),
    )


def _roc(tasks: tuple[TaskReads, ...], models: Mapping[str, ModelCalls]) -> pd.DataFrame:
    curves = []
    for view in tasks:
        model = models.get(view.task.name)
        if model is None:
            continue
        cases = view.frame.drop_duplicates("case")
        cases = cases[cases["case"].isin(model.probability.index)]
        try:
            curve = roc_curve(cases["y"].to_numpy(), model.probability.loc[list(cases["case"])].to_numpy())
        except EstimationError:
            continue
        curves.append(curve.frame().assign(task=view.task.name, model=model.model))
    columns = ["task", "model", "threshold", "sensitivity", "specificity"]
    return pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns)


def _caveats(tasks: tuple[TaskReads, ...], predictions: Predictions | None) -> list[Caveat]:
    found: list[Caveat] = []
    for view in tasks:
        if view.n_outside:
            found.append(
                Caveat(
                    "calls_outside_task",
                    f"{view.task.label}: {view.n_outside} of {len(view.frame)} calls name neither class; they "
                    "count as errors, and neither for nor against in the AUC",
                )
            )
        events = int(view.frame.drop_duplicates("case")["y"].sum())
        cases = view.frame["case"].nunique()
        if min(events, cases - events) < 10:
            message = (
                f"{view.task.label}: {events} events among {cases} cases, intervals may not cover as they say"
            )
            found.append(Caveat("few_events", message))
        if view.frame["confidence"].isna().all():
            message = f"{view.task.label}: without confidence the AUC rests on the calls alone, one cut-off a reader"
            found.append(Caveat("auc_of_calls", message))
    if predictions is not None:
        cases_of = {view.task.name: set(view.frame["case"]) for view in tasks}
        found += [*predictions.caveats, *overlap_caveats(predictions, cases_of)]
    return found
