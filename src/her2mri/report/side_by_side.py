"""Both protocols beside each other: what each chose, what it claims inside, and what is left outside."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

import pandas as pd

from her2mri.evaluation.performance import YOUDEN_TRAINING
from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import count, estimate, listing, metric_label, model_name, number
from her2mri.report.performance_tables import metric_row
from her2mri.report.worth_using import beats_both, worth_using
from her2mri.study.recommended import RecommendedTask
from her2mri.study.results import TaskResult
from her2mri.vocabulary import (
    CROSS_VALIDATED,
    EXTERNAL_VALIDATION,
    INTERNAL_VALIDATION,
    MODEL_LABELS,
    OPTIMISM_CORRECTED,
    PERFORMANCE_COLUMNS,
    SAMPLES,
    TRAINING,
)

NOT_DONE: Final = "–"
NO_PERFORMANCE: Final = pd.DataFrame(columns=list(PERFORMANCE_COLUMNS))
_PUBLISHED_MODEL: Final = "LR"


@dataclass(frozen=True)
class SideBySide:
    """The card of a task: size first, then which model to take and why, whether it does good, the table."""

    large_enough: str
    size: str
    failures: str
    take: str
    reason: str
    worth: str
    outside: str
    table: DisplayTable
    sentence: str


@dataclass(frozen=True)
class _Claims:
    """One protocol's figures, each as text by (metric, sample); what was not done is not there."""

    performance: pd.DataFrame
    model: str

    def of(self, metric: str, sample: str) -> str:
        row = metric_row(self.performance, self.model, sample, metric)
        return NOT_DONE if row is None else _text(row)

    def at_cutoff(self, metric: str, sample: str) -> pd.Series | None:
        """The row at the cut-off locked on development."""
        rows = self.performance
        rows = rows[(rows["threshold_rule"] == YOUDEN_TRAINING) & (rows["metric"] == metric)]
        return metric_row(rows, self.model, sample, metric)


def side_by_side(task: TaskResult | None, recommended: RecommendedTask) -> SideBySide:
    """The card of one task from what both protocols found; ``task`` is None where the published was left out."""
    choice = recommended.choice
    model = model_name(choice.model)
    held_out = _Claims(recommended.evaluation.frame(), choice.model)
    inside = held_out.of("auc", CROSS_VALIDATED)
    chance = f", though its AUC in held-out lesions, {inside}, is not shown to be above 0.5"
    doubt = "" if choice.better_than_chance else chance
    take = f"The model to take: {model}{doubt}."
    curves = recommended.evaluation.decision_curve_frame()
    worth = worth_using(curves, choice.model, better_than_chance=choice.better_than_chance)
    of_external = (curves["model"] == choice.model) & (curves["sample"] == EXTERNAL_VALIDATION)
    external = held_out.of("auc", EXTERNAL_VALIDATION)
    beyond = "" if external == NOT_DONE else f", in the external set {external}"
    return SideBySide(
        large_enough="Large enough." if recommended.size.large_enough else "Too small by its own verdict.",
        size=recommended.size.sentence(),
        failures=failures_of(recommended),
        take=take,
        reason=choice.reason,
        worth=worth,
        outside=_outside(held_out, curves[of_external]),
        table=_table(task, recommended),
        sentence=(
            f"{recommended.plan.data.task.label}: {take} {worth} AUC of {model} in held-out lesions {inside}{beyond}. "
            f"{recommended.size.sentence()}"
        ),
    )


def _outside(claims: _Claims, curve: pd.DataFrame) -> str:
    """What the external set says of the chosen model, in words."""
    auc, slope, large = (
        metric_row(claims.performance, claims.model, EXTERNAL_VALIDATION, metric)
        for metric in ("auc", "calibration_slope", "calibration_in_the_large")
    )
    if auc is None or pd.isna(auc["estimate"]):
        return (
            "There is no external set to judge it by."
            if auc is None
            else "No AUC exists in the external set."
        )
    said = [f"In the external set its AUC is {_text(auc)}"]
    if auc["conf_low"] <= 0.5:
        said[0] += ", not shown to be above 0.5"
    if slope is not None and slope["conf_high"] < 1:
        said.append(f"its probabilities are too extreme there (slope {_text(slope)}): recalibrate before use")
    elif slope is not None and slope["conf_low"] > 1:
        said.append(f"its probabilities are too timid there (slope {_text(slope)})")
    elif slope is not None:
        said.append(
            f"its probabilities are not shown to be too extreme or too timid there (slope {_text(slope)})"
        )
    if large is not None and (large["conf_low"] > 0 or large["conf_high"] < 0):
        way = "low" if large["estimate"] > 0 else "high"
        said.append(f"its probabilities are too {way} there on the whole")
    return "; ".join([*said, *_at_locked_cutoff(curve)]) + "."


def _at_locked_cutoff(curve: pd.DataFrame) -> list[str]:
    """What the decision curve says at the threshold nearest to the cut-off; nothing where it does good there."""
    locked = float("nan") if curve.empty else float(curve["locked_threshold"].iloc[0])
    if math.isnan(locked):
        return []
    if not curve["threshold"].min() <= locked <= curve["threshold"].max():
        return ["its cut-off lies outside the thresholds set beforehand"]
    nearest = curve.loc[[(curve["threshold"] - locked).abs().idxmin()]]
    if beats_both(nearest).all():
        return []
    return ["acting on its cut-off is not shown to do more good than acting on all lesions or on none"]


def _table(task: TaskResult | None, recommended: RecommendedTask) -> DisplayTable:
    published = _Claims(task.evaluation.frame() if task else NO_PERFORMANCE, _PUBLISHED_MODEL)
    held_out = _Claims(recommended.evaluation.frame(), recommended.choice.model)
    optimism = _Optimism(recommended)
    chosen = MODEL_LABELS[recommended.choice.model]
    n = len(recommended.plan.developing.y)
    training = f"{int(task.data.in_sample(TRAINING).sum()):,} lesions" if task else NOT_DONE
    rows: list[tuple[str, ...]] = [
        ("Model", MODEL_LABELS[_PUBLISHED_MODEL] if task else NOT_DONE, chosen),
        ("Developed on", training, f"{n:,} lesions"),
    ]
    for metric in ("auc", "calibration_slope"):
        rows += [
            (f"{metric_label(metric)}, as claimed inside", "", ""),
            ("Apparent", published.of(metric, TRAINING), optimism.of(metric, "apparent")),
            (SAMPLES[INTERNAL_VALIDATION], published.of(metric, INTERNAL_VALIDATION), NOT_DONE),
            (SAMPLES[OPTIMISM_CORRECTED], NOT_DONE, optimism.of(metric, "optimism_corrected")),
            (SAMPLES[CROSS_VALIDATED], NOT_DONE, held_out.of(metric, CROSS_VALIDATED)),
        ]
    if EXTERNAL_VALIDATION in (task.data if task else recommended.plan.data).samples:
        rows += _external_rows(published, held_out)
    rows += [
        ("What it uses", "", ""),
        ("Predictors", _published_predictors(task) if task else NOT_DONE, _chosen_predictors(recommended)),
    ]
    shown = tuple(row for row in rows if len(set(row[1:])) > 1 or row[1] != NOT_DONE)
    if task is None:
        alone = tuple((label, own) for label, _, own in shown)
        return DisplayTable("The recommended protocol", ("Protocol", "Recommended"), alone, label_columns=2)
    return DisplayTable("Both protocols", ("Protocol", "Published", "Recommended"), shown, label_columns=3)


def _external_rows(published: _Claims, held_out: _Claims) -> list[tuple[str, ...]]:
    both = (published, held_out)
    metrics = ("auc", "calibration_slope", "observed_expected", "ici")
    rows: list[tuple[str, ...]] = [("On the external set, as found", "", "")]
    rows += [
        (metric_label(name), *(claims.of(name, EXTERNAL_VALIDATION) for claims in both)) for name in metrics
    ]
    at = [claims.at_cutoff("net_benefit", EXTERNAL_VALIDATION) for claims in both]
    rows.append(("Net benefit at the cut-off", *(NOT_DONE if row is None else _text(row, 3) for row in at)))
    rows.append(("Locked cut-off", *(NOT_DONE if row is None else number(row["threshold"], 3) for row in at)))
    return rows


@dataclass(frozen=True)
class _Optimism:
    task: RecommendedTask

    def of(self, metric: str, column: str) -> str:
        """Of the chosen model; a family that was not developed in every resample has none."""
        table = self.task.validation.optimism_frame()
        found = table[(table["model"] == self.task.choice.model) & (table["metric"] == metric)]
        if found.empty:
            return NOT_DONE
        row = found.iloc[0]
        if column == "optimism_corrected":
            return estimate(row[column], row["conf_low"], row["conf_high"])
        return number(row[column])


def _published_predictors(task: TaskResult) -> str:
    return listing([variable.label for variable in task.fits[_PUBLISHED_MODEL].encoding.variables])


def _chosen_predictors(recommended: RecommendedTask) -> str:
    dictionary = recommended.plan.cohort.dictionary
    selected = recommended.developed[recommended.choice.model].selected
    return listing([dictionary[name].label for name in selected]) or "none"


def _text(row: pd.Series, digits: int = 2) -> str:
    return estimate(row["estimate"], row["conf_low"], row["conf_high"], digits)


def failures_of(recommended: RecommendedTask) -> str:
    """In how many developments a family, or every one, gave no model, in words; empty where none failed."""
    said: dict[str, list[str]] = {}
    for failures, label in (
        (recommended.validation.failures, "resample"),
        (recommended.cross_validation.failures, "fold"),
    ):
        failed = Counter(model for one in failures for model in one)
        for model, n in failed.items():
            said.setdefault(model, []).append(f"{n} of {count(len(failures), label)}")
    if not said:
        return ""
    parts = [
        f"{model_name(model) if model else 'any model'} in {listing(places)}"
        for model, places in said.items()
    ]
    return f"The same development did not give {listing(parts)}; the figures are of the others."


def samples_of(recommended: RecommendedTask) -> list[str]:
    """The held-out samples that the recommended protocol judged, in the order in which they are read."""
    present = {prediction.sample for prediction in recommended.predictions}
    first = [CROSS_VALIDATED] if CROSS_VALIDATED in present else []
    return first + [name for name in SAMPLES if name in present and name != CROSS_VALIDATED]
