"""The few figures of a task that a reader wants first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.output.wording import count, estimate, listing, model_name, number
from her2mri.report.performance_tables import metric_row
from her2mri.study.results import TaskResult
from her2mri.vocabulary import SAMPLES, TRAINING

USEFUL_AUC = 0.7
"""Below this the summary says that discrimination is modest: two lesions are often put in the wrong order."""


@dataclass(frozen=True)
class TaskSummary:
    """Sentences and figures of the card on the first page, and one sentence for the terminal."""

    size: str
    figures: tuple[tuple[str, str], ...]
    predictors: str
    verdict: str
    sentence: str


def summarise(task: TaskResult) -> TaskSummary:
    """The summary of one task."""
    performance, samples = task.evaluation.frame(), task.data.samples
    positive = task.data.task.positive_label
    areas = [
        (f"AUC of logistic regression, {SAMPLES[sample].lower()}", _auc(performance, "LR", sample))
        for sample in samples
    ]
    newest = samples[-1]
    slope = metric_row(performance, "LR", newest, "calibration_slope")
    if slope is not None:
        text = estimate(slope["estimate"], slope["conf_low"], slope["conf_high"])
        meaning = "predictions too extreme" if slope["conf_high"] < 1 else "ideal: 1"
        areas.append((f"Its calibration slope, {SAMPLES[newest].lower()} ({meaning})", text))
    labels = [v.label for v in task.fits["LR"].encoding.variables]
    return TaskSummary(
        size=(
            f"{count(len(task.data.y), 'lesion')}, {int(task.data.y.sum()):,} of them {positive}; "
            f"{int(task.data.in_sample(TRAINING).sum()):,} in training."
        ),
        figures=tuple(areas),
        predictors=f"Predictors: {listing(labels)}.",
        verdict=_verdict(task, performance, newest),
        sentence=(
            f"{task.data.task.label}: AUC of logistic regression in {SAMPLES[newest].lower()} "
            f"{_auc(performance, 'LR', newest)}, predictors {listing(labels)}."
        ),
    )


def _auc(performance: pd.DataFrame, model: str, sample: str) -> str:
    row = metric_row(performance, model, sample, "auc")
    return "n/a" if row is None else estimate(row["estimate"], row["conf_low"], row["conf_high"])


def _verdict(task: TaskResult, performance: pd.DataFrame, sample: str) -> str:
    """Which model orders the lesions of the newest sample best, and what that is worth."""
    rows = performance[(performance["metric"] == "auc") & (performance["sample"] == sample)].dropna(
        subset="estimate"
    )
    if rows.empty:
        return "No AUC can be given: the set holds one class."
    best = rows.iloc[int(np.argmax(rows["estimate"].to_numpy(dtype=float)))]
    model, where = model_name(str(best["model"])), SAMPLES[sample].lower()
    if (rows["conf_low"] <= 0.5).all():
        return f"In {where} the interval of every model's AUC reaches 0.5: none is shown to be better than chance."
    said = f"In {where} the {model} has the highest AUC, {number(best['estimate'])}"
    pairs = task.evaluation.comparison_frame()
    pairs = pairs[
        (pairs["sample"] == sample)
        & ((pairs["model"] == best["model"]) | (pairs["comparator"] == best["model"]))
    ]
    if len(pairs) and not (pairs["p_holm"] < 0.05).any():
        said += ", but cannot be told apart from the others (paired DeLong tests, Holm)"
    if best["estimate"] < USEFUL_AUC:
        wrong = 1 - best["estimate"]
        return f"{said}. That is modest: {wrong:.0%} of pairs of lesions of different status stand in the wrong order."
    return f"{said}."
