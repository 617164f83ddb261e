"""One task's part of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import count, estimate, listing, number, p_value
from her2mri.report.performance_tables import (
    THRESHOLD_RULES,
    calibration_table,
    decision_threshold_table,
    performance_table,
)
from her2mri.report.section import FigureView
from her2mri.report.summary import TaskSummary
from her2mri.report.table_one_table import table_one_table
from her2mri.selection.selection import STEPS, WALD
from her2mri.study.results import TaskResult
from her2mri.vocabulary import MODEL_LABELS, SAMPLES

SECTIONS: Final = (
    ("features", "Features of the lesions"),
    ("selection", "Selection of predictors"),
    ("models", "Models"),
    ("performance", "Performance"),
    ("calibration", "Calibration"),
    ("decision", "Decision curves"),
    ("nomogram", "Nomogram"),
    ("why", "What the models go by"),
)


@dataclass(frozen=True)
class TaskView:
    """Everything that the template shows of a task."""

    name: str
    label: str
    short: TaskSummary
    opening: str
    table_one: DisplayTable
    selection_text: str
    lasso_figure: FigureView | None
    selection_table: DisplayTable
    models_table: DisplayTable
    performance_text: str
    roc_figure: FigureView
    performance_tables: tuple[DisplayTable, ...]
    comparison_table: DisplayTable
    calibration_figure: FigureView
    calibration_table: DisplayTable
    decision_figure: FigureView
    decision_table: DisplayTable
    rule_out_table: DisplayTable
    nomogram_text: str
    nomogram_figure: FigureView
    shapley_text: str
    importance_figure: FigureView
    shapley_figures: tuple[FigureView, ...]
    lesion_figure: FigureView
    sections: tuple[tuple[str, str], ...] = SECTIONS


def task_view(task: TaskResult, short: TaskSummary, figures: Mapping[str, FigureView]) -> TaskView:
    """The view of one task; ``figures`` by their stems."""
    name, asked = task.name, task.data.task
    performance = task.evaluation.frame()
    n_bootstrap = task.n_bootstrap
    return TaskView(
        name=name,
        label=asked.label,
        short=short,
        opening=(
            f"Every figure below is about the positive class {asked.positive_label}, against {asked.negative_label}. "
            f"{count(len(task.data.y), 'lesion')} of {count(len(set(task.data.patient)), 'patient')} are asked about."
        ),
        table_one=table_one_table(task),
        selection_text=_selection_text(task),
        lasso_figure=figures.get(f"lasso_{name}"),
        selection_table=_selection_table(task),
        models_table=_models_table(task),
        performance_text=(
            "Two cut-offs are shown. The first is fixed on the training set, as it would be in use. The second is "
            "chosen anew in each set, as the published study did: it shows a model at its best, since each set is "
            "asked for its own cut-off. Believe the first."
        ),
        roc_figure=figures[f"roc_{name}"],
        performance_tables=tuple(
            performance_table(performance, rule, positive=asked.positive_label, n_bootstrap=n_bootstrap)
            for rule in THRESHOLD_RULES
        ),
        comparison_table=_comparison_table(task.evaluation.comparison_frame()),
        calibration_figure=figures[f"calibration_{name}"],
        calibration_table=calibration_table(performance),
        decision_figure=figures[f"decision_curve_{name}"],
        decision_table=decision_threshold_table(performance),
        rule_out_table=_rule_out_table(task),
        nomogram_text=_nomogram_text(task),
        nomogram_figure=figures[f"nomogram_{name}"],
        shapley_text=_shapley_text(task),
        importance_figure=figures[f"shapley_importance_{name}"],
        shapley_figures=tuple(
            figure for stem, figure in figures.items() if stem.startswith(f"shapley_summary_{name}_")
        ),
        lesion_figure=figures[f"shapley_lesion_{name}"],
    )


def _selection_text(task: TaskResult) -> str:
    selection = task.selection
    labels = {variable.name: variable.label for variable in task.fits["LR"].encoding.variables}
    kept = listing([labels.get(name, name) for name in selection.variables])
    notes = " ".join(f"{note}." for note in selection.notes)
    if selection.lasso is None:
        return f"The predictors were given, not selected: {kept}. {notes}".strip()
    counts = [f"{STEPS[step.name]} {len(step.kept)}" for step in selection.steps]
    return (
        f"Of {count(len(selection.steps[0].looked_at.variables), 'candidate')}, there were left after each step: "
        f"{listing(counts)}. A variable with several levels enters or leaves whole. Kept: {kept}. {notes}"
    ).strip()


def _selection_table(task: TaskResult) -> DisplayTable:
    frame = task.selection.frame()
    final = frame[(frame["step"] == frame["step"].iloc[-1]) & frame["kept"]]
    rows: list[tuple[str, ...]] = []
    labels = {variable.name: variable for variable in task.fits["LR"].encoding.variables}
    for row in final.to_dict("records"):
        variable = labels[str(row["variable"])]
        level = str(row["term"]).partition("=")[2]
        if pd.isna(row["estimate"]) and row["test"] != WALD:
            rows.append((f"{variable.title}, whole", "", "", p_value(row["p_value"])))
            continue
        name = f"{variable.title}: {variable.label_of(level)}" if level else variable.title
        ratio = estimate(row["odds_ratio"], row["conf_low"], row["conf_high"])
        rows.append((name, number(row["estimate"], 3), ratio, p_value(row["p_value"])))
    intercept = task.selection.final.coefficients[0]
    rows.append(("Intercept", number(float(intercept), 3), "", ""))
    return DisplayTable(
        "Final model",
        ("Term", "Coefficient", "Odds ratio (95 % interval)", "p"),
        tuple(rows),
        note=(
            f"Logistic regression for {task.data.task.positive_label} on the training set. p beside an interval "
            f"is Wald's; p of a whole variable, which decides: {task.selection.test_name}. All steps stand in "
            f"tables/selection_{task.name}.csv. p-values after selection are too small; they describe, they "
            "do not prove."
        ),
    )


def _models_table(task: TaskResult) -> DisplayTable:
    rows = []
    for name, fit in task.fits.items():
        auc = fit.tuning.loc[fit.tuning["chosen"], "cross_validated_auc"].iloc[0]
        rows.append(
            (MODEL_LABELS[name], fit.settings() or "nothing to choose", " ".join(fit.notes), number(auc))
        )
    return DisplayTable(
        "Settings chosen by cross-validation",
        ("Model", "Settings", "Notes", "Cross-validated AUC"),
        tuple(rows),
        note=(
            "Mean AUC of the held-out folds inside the training set, where the predictors had been chosen with all "
            "training lesions in sight: a little too good. Every setting tried stands in tables/tuning.csv."
        ),
        label_columns=3,
    )


def _comparison_table(frame: pd.DataFrame) -> DisplayTable:
    rows = [
        (
            f"{row['model']} − {row['comparator']}",
            SAMPLES[str(row["sample"])],
            estimate(row["estimate"], row["conf_low"], row["conf_high"], 3),
            p_value(row["p_value"]),
            p_value(row["p_holm"]),
        )
        for row in frame.to_dict("records")
    ]
    return DisplayTable(
        "Difference of AUC between models",
        ("Models", "Set", "Difference (95 % interval)", "p", "p, Holm"),
        tuple(rows),
        note="Paired DeLong test; Holm's adjustment over the pairs of a set.",
        label_columns=2,
    )


def _rule_out_table(task: TaskResult) -> DisplayTable:
    frame = task.evaluation.rule_out_frame()
    asked = task.data.task
    rows = [
        (
            f"{row['model']}, {SAMPLES[str(row['sample'])].lower()}",
            f"{row['n_ruled_out']} of {row['n']}",
            str(row["n_missed"]),
            estimate(row["npv"], row["conf_low"], row["conf_high"]),
        )
        for row in frame.to_dict("records")
    ]
    certainty = frame["certainty"].iloc[0] if len(frame) else 0.95
    return DisplayTable(
        f"Ruling out: lesions with P({asked.negative_label}) above {certainty:g}",
        ("Model and set", "Ruled out", f"Of them {asked.positive_label}", "NPV (95 % interval)"),
        tuple(rows),
        note=f"Interval: {listing(sorted(set(frame['method'])))}." if len(frame) else "",
    )


def _nomogram_text(task: TaskResult) -> str:
    widest = max(task.nomogram.axes, key=lambda axis: axis.span).variable.label
    return (
        f"The logistic model as a chart. {widest} reaches furthest and spans the 100 points. It comes from the "
        f"training set alone; the sum of points gives exactly the model's probability of "
        f"{task.data.task.positive_label}."
    )


def _shapley_text(task: TaskResult) -> str:
    values = task.shapley["LR"]
    ranked = values.importance()
    worst = max(value.additivity_error for value in task.shapley.values())
    return (
        f"Shapley values share out the difference between a lesion's predicted probability and the average among its "
        f"variables. Under the logistic model {ranked['label'].iloc[0]} counts most and {ranked['label'].iloc[-1]} "
        f"least. All levels of a variable move together; the values are exact, and with the average they add up to "
        f"the prediction (largest gap {worst:.0e} over all models and lesions)."
    )
