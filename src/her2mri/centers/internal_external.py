"""Internal-external cross-validation: every center left out in turn, everything repeated on the others.

Steyerberg and Harrell 2016 (doi:10.1016/j.jclinepi.2015.04.005); pooling as in docs/decisions/0140 and 0141.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from her2mri.centers.center_rows import (
    CENTER,
    CENTER_COLUMNS,
    POOL_COLUMNS,
    center_rows,
    failed_rows,
    pooled_rows,
    table,
)
from her2mri.errors import EstimationError, Fault, TableError
from her2mri.evaluation.notes import FEW_EVENTS, EvaluationNote
from her2mri.evaluation.prediction import Prediction
from her2mri.jobs import run_jobs
from her2mri.models.development import Development, parted, problem_of
from her2mri.output.display_table import DisplayTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

T = TypeVar("T")

FEWEST_POOLED: Final = 5
"""Lesions of the rarer class below which a center is shown but not pooled (docs/decisions/0141)."""

Outcome = Mapping[str, Any]
"""Of one left-out center, as JSON can hold it: ``models`` and ``failed`` by name, or ``failure`` of all.

``models`` have probabilities, ``failed`` the reason why there is no model of that name.
"""


class Run(Protocol):
    """Does jobs and gives their results in order, like ``her2mri.jobs.run_jobs``."""

    def __call__(self, name: str, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """The result of each job."""
        ...


@dataclass(frozen=True, eq=False)
class InternalExternal:
    """Performance in every center by models developed without it, pooled over centers.

    ``rows`` has CENTER_COLUMNS, ``pools`` POOL_COLUMNS, ``selected`` one row a center left out, model and
    variable chosen; ``predictions`` are of one model in one center each, whose name is their sample.
    """

    rows: pd.DataFrame
    pools: pd.DataFrame
    selected: pd.DataFrame
    predictions: tuple[Prediction, ...]
    notes: tuple[EvaluationNote, ...]

    def frame(self) -> pd.DataFrame:
        """One row a model, metric and center, then its pooled row and its prediction interval."""
        return self.rows.copy()

    def display(self) -> DisplayTable:
        """The pooled figures of each model as people read them."""
        from her2mri.centers.display import pools_display

        return pools_display(self.rows, self.pools)

    def pools_frame(self) -> pd.DataFrame:
        """One row a model and metric: how many centers were pooled and how much they differ."""
        return self.pools.copy()

    def plot(self, ax: Axes | None = None, *, model: str | None = None, metric: str = "auc") -> Axes:
        """Forest plot of one metric of one model (the first where none is named)."""
        from her2mri.centers.drawing_internal_external import draw_internal_external

        return draw_internal_external(self.frame(), self.pools_frame(), ax=ax, model=model, metric=metric)


def internal_external(
    development: Development,
    frame: pd.DataFrame,
    y: ArrayLike,
    patient: ArrayLike,
    center: ArrayLike,
    *,
    task: str = "",
    positive: str = "",
    fewest: int = FEWEST_POOLED,
    confidence: float = 0.95,
    run: Run = run_jobs,
) -> InternalExternal:
    """Leave out each center, develop on the others from the start, and judge the models on the one left out.

    ``frame`` holds the lesions (n rows) with ``lesion_id`` where there is one, ``y`` (n,) is 1 for an event,
    ``patient`` and ``center`` (n,) name where each lesion belongs. A patient with lesions in two centers is in
    no development that is judged on one of them. Nothing is random but what the development itself draws.

    Raises TableError where there are fewer than two centers, where a lesion has none, or where no development
    succeeds at all.
    """
    lesions = frame.reset_index(drop=True)
    outcome = np.asarray(y, dtype=np.int64)
    named = np.asarray(patient).astype(str)
    who = np.unique(named, return_inverse=True)[1].astype(np.int64)
    where = pd.Series(np.asarray(center)).reset_index(drop=True)
    _check(lesions, outcome, who, where)
    names = sorted(where.astype(str).unique())
    at = where.astype(str).to_numpy(dtype=str)
    jobs = [partial(_without, development, lesions, outcome, who, at == name) for name in names]
    outcomes: list[Outcome] = run("Leaving each center out", jobs)
    _require_one_success(outcomes)
    lesion = lesions.get("lesion_id", lesions.index.to_series()).to_numpy().astype(str)
    rows: list[dict[str, Any]] = []
    predictions: list[Prediction] = []
    notes: list[EvaluationNote] = []
    for name, one in zip(names, outcomes, strict=True):
        inside = at == name
        notes += _notes(task, name, outcome[inside], one, fewest)
        if "failure" in one:
            rows += failed_rows(task, name, outcome[inside], who[inside], str(one["failure"]))
        for model, said in one.get("models", {}).items():
            prediction = Prediction(
                task, model, name, lesion[inside], named[inside], outcome[inside],
                np.array(said["probability"]), positive,
            )  # fmt: skip
            predictions.append(prediction)
            rows += center_rows(prediction, fewest=fewest, confidence=confidence)
    return _assembled(rows, _chosen(task, names, outcomes), predictions, notes, confidence)


def _without(
    development: Development, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray, left_out: np.ndarray
) -> dict[str, Any]:
    """The models developed without a center, and without its patients, on the center's lesions."""
    shared = ~left_out & np.isin(patient, patient[left_out])
    kept = ~left_out & ~shared
    inside = frame[left_out].reset_index(drop=True)
    try:
        developed = development(frame[kept].reset_index(drop=True), y[kept], patient[kept])
    except (EstimationError, TableError) as error:
        return {"failure": problem_of(error), "n_shared": int(shared.sum())}
    models, failed = parted(developed)
    found = {}
    for name, model in models.items():
        probability = model.probability(inside)
        if np.isfinite(probability).all():
            found[name] = {"probability": probability.tolist(), "selected": list(model.selected)}
        else:
            failed[name] = "a probability is no finite number"
    if not found:
        return {"failure": "; ".join(sorted(set(failed.values()))), "n_shared": int(shared.sum())}
    return {"models": found, "failed": failed, "n_shared": int(shared.sum())}


def _assembled(
    rows: list[dict[str, Any]],
    selected: pd.DataFrame,
    predictions: list[Prediction],
    notes: list[EvaluationNote],
    confidence: float,
) -> InternalExternal:
    pools, differ = pooled_rows(table(rows, CENTER_COLUMNS), confidence=confidence)
    everything = table([*rows, *pools], CENTER_COLUMNS)
    models = list(dict.fromkeys(prediction.model for prediction in predictions))
    order = {name: place for place, name in enumerate(models)}
    metric = {name: place for place, name in enumerate(everything["metric"].drop_duplicates())}
    everything = everything.iloc[
        np.lexsort(
            (
                np.arange(len(everything)),
                (everything["kind"] != CENTER).to_numpy(),
                everything["metric"].map(metric).to_numpy(),
                everything["model"].map(order).fillna(len(models)).to_numpy(),
            )
        )
    ].reset_index(drop=True)
    return InternalExternal(
        everything, table(differ, POOL_COLUMNS), selected, tuple(predictions), tuple(notes)
    )


def _chosen(task: str, names: Sequence[str], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    rows = [
        (task, name, model, variable)
        for name, one in zip(names, outcomes, strict=True)
        for model, said in one.get("models", {}).items()
        for variable in said["selected"]
    ]
    return pd.DataFrame(rows, columns=["task", "center", "model", "variable"])


def _notes(task: str, name: str, y: np.ndarray, one: Outcome, fewest: int) -> list[EvaluationNote]:
    events, others = int(y.sum()), int((1 - y).sum())
    said = f"{events} events and {others} non-events"
    notes = []
    if "failure" in one:
        message = f"no model could be developed without this center: {one['failure']}"
        notes.append(EvaluationNote("development_failed", message, task, name))
    for model, reason in one.get("failed", {}).items():
        message = f"it could not be developed without this center: {reason}"
        notes.append(EvaluationNote("development_failed", message, task, name, model))
    if min(events, others) == 0:
        notes.append(EvaluationNote("one_class", f"{said}: nothing can be estimated", task, name))
    elif min(events, others) < fewest:
        message = f"{said}: fewer than {fewest} of either class, shown but not pooled"
        notes.append(EvaluationNote("too_few_to_pool", message, task, name))
    elif min(events, others) < FEW_EVENTS:
        notes.append(EvaluationNote("few_events", f"{said}: intervals may not cover as they say", task, name))
    if one["n_shared"]:
        message = f"{one['n_shared']} lesions of other centers are of its patients and were not developed on"
        notes.append(EvaluationNote("patient_in_two_centers", message, task, name))
    return notes


def _require_one_success(outcomes: Sequence[Outcome]) -> None:
    if all("failure" in one for one in outcomes):
        problem = f"no development succeeds without one center: {outcomes[0]['failure']}"
        raise TableError([Fault("centers", problem)])


def _check(frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray, center: pd.Series[Any]) -> None:
    for name, size in (("y", len(y)), ("patient", len(patient)), ("center", len(center))):
        if size != len(frame):
            raise ValueError(f"{name} must have one value a lesion ({len(frame)}), got {size}")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("y must be 0 or 1 for every lesion")
    faults = []
    if missing := int(center.isna().sum()):
        faults.append(
            Fault("centers", f"{missing} lesions have no center", remedy="name it, or leave them out")
        )
    elif center.nunique() < 2:
        problem = "leaving centers out needs two or more"
        faults.append(Fault("centers", problem, value=", ".join(sorted(center.astype(str).unique()))))
    if faults:
        raise TableError(faults)
