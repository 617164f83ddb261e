"""One task's part of the report by the recommended protocol: a section for each question a reader asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from her2mri.evaluation.performance import YOUDEN_TRAINING
from her2mri.evaluation.polytomous_evaluation import CALLS
from her2mri.output.wording import count, estimate, listing, model_name, number, times
from her2mri.report.performance_tables import calibration_table, performance_table
from her2mri.report.recommended_figures import CENTER_METRICS, SHOWN, harmonised_matters
from her2mri.report.recommended_tables import (
    against_chosen,
    classes_table,
    complete_case_tables,
    heterogeneity_table,
    models_table,
    subgroup_table,
)
from her2mri.report.section import FigureView, Folded, Section, present
from her2mri.report.side_by_side import SideBySide, failures_of, samples_of
from her2mri.report.validation_tables import (
    difference_sentence,
    net_benefit_table,
    optimism_table,
    size_table,
)
from her2mri.study.recommended import Recommended, RecommendedTask
from her2mri.study.recommended.steps import CLOSE_FITTING
from her2mri.vocabulary import EXTERNAL_VALIDATION, SAMPLES

Figures = Mapping[str, FigureView]
_LOCKED = "cut-off locked on cross-validated predictions (highest Youden index) and carried to every set"


@dataclass(frozen=True)
class RecommendedTaskView:
    """Everything that the template shows of a task by the recommended protocol."""

    name: str
    label: str
    card: SideBySide
    opening: str
    sections: tuple[Section, ...]


def recommended_task_view(task: RecommendedTask, card: SideBySide, figures: Figures) -> RecommendedTaskView:
    """The view of one task; ``figures`` by their stems."""
    asked, lesions = task.plan.data.task, task.plan.developing
    parts = (_size, _validated, _compared, _calibration, _decision, _centers, _shift, _subgroups, _missing)
    return RecommendedTaskView(
        name=task.name,
        label=asked.label,
        card=card,
        opening=(
            f"The positive class is {asked.positive_label}, against {asked.negative_label}. No lesion is put aside "
            f"for internal validation: all {count(len(lesions.y), 'lesion')} of "
            f"{count(lesions.n_patients, 'patient')} that are not external develop the models, and resampling by "
            f"patient judges them. Chosen model: {model_name(task.choice.model)}."
        ),
        sections=tuple(part(task, figures) for part in parts),
    )


def _figure(figures: Figures, stem: str, task: RecommendedTask) -> FigureView | None:
    return figures.get(f"{stem}_{task.name}")


def _size(task: RecommendedTask, figures: Figures) -> Section:
    said = [task.size.sentence()]
    if EXTERNAL_VALIDATION in task.size.n_validation:
        said.append(task.size.validation_sentence(EXTERNAL_VALIDATION, SAMPLES[EXTERNAL_VALIDATION].lower()))
    return Section("size", "Size", (" ".join(filter(None, said)),), (size_table(task),))


def _validated(task: RecommendedTask, figures: Figures) -> Section:
    names = task.validation.model_names
    shown = task.choice.model if task.choice.model in names else names[0]
    resampling, n = task.plan.study.resampling, task.validation.n_bootstrap
    others = tuple(name for name in names if name != shown)
    text = (
        f"The whole development, from the candidates to the tuned models, was repeated on {count(n, 'resample')} of "
        f"patients, and in {resampling.folds}-fold cross-validation by patient, "
        f"{times(resampling.repeats)}."
    )
    return Section(
        "validated",
        "Development validated",
        tuple(filter(None, (text, failures_of(task), _most_chosen(task, shown)))),
        present(
            optimism_table(task, (shown,)),
            _figure(figures, "selection_frequency", task),
            _figure(figures, "instability", task),
        ),
        (Folded("The other models developed in every resample", (optimism_table(task, others),)),)
        if others
        else (),
    )


def _most_chosen(task: RecommendedTask, model: str) -> str:
    """How far the choice of predictors would repeat itself."""
    shares = task.validation.selection_frame()
    kept = shares[(shares["model"] == model) & shares["selected"]]
    if kept.empty:
        return "The development on all lesions chose no variable."
    dictionary = task.plan.cohort.dictionary
    doubtful = [dictionary[str(name)].label for name in kept.loc[kept["share"] < 0.5, "variable"]]
    firm = len(kept) - len(doubtful)
    said = f"Of {count(len(kept), 'variable')} chosen, {firm} are chosen in half of the resamples or more"
    return f"{said}; less often: {listing(doubtful)}." if doubtful else f"{said}."


def _compared(task: RecommendedTask, figures: Figures) -> Section:
    samples = samples_of(task)
    performance = performance_table(
        task.evaluation.frame(),
        YOUDEN_TRAINING,
        positive=task.plan.data.task.positive_label,
        n_bootstrap=task.plan.study.evaluation.n_bootstrap,
        means=_LOCKED,
    )
    more = tuple(table for table in (performance, against_chosen(task, samples)) if table.rows)
    return Section(
        "compared",
        "Models compared",
        (f"{task.choice.reason} The external set has no part in the choice.",),
        present(_figure(figures, "recommended_roc", task), models_table(task, samples)),
        (Folded("Sensitivity, specificity and predictive values; each model against the chosen one", more),),
    )


def _calibration(task: RecommendedTask, figures: Figures) -> Section:
    performance = task.evaluation.frame()
    of_all = calibration_table(performance)
    everything = present(_figure(figures, "recommended_calibration_models", task), of_all)
    chosen = calibration_table(performance[performance["model"] == task.choice.model])
    return Section(
        "hierarchy",
        "Calibration",
        (
            "From the coarse to the fine: do as many events happen as are predicted (observed by expected, in the "
            "large), are the predictions too extreme (slope below 1) or too timid, and how far is the curve from the "
            "diagonal on average (integrated calibration index), at the median lesion (E50) and at the worst tenth "
            "(E90)?",
        ),
        present(_figure(figures, "recommended_calibration", task), chosen),
        (Folded("Calibration of all models", everything),),
    )


def _decision(task: RecommendedTask, figures: Figures) -> Section:
    lowest, highest = task.plan.decision_range
    everything = _figure(figures, "recommended_decision_models", task)
    if task.net_benefit is not None:
        beside = difference_sentence(task.net_benefit)
    elif task.plan.external is None:
        beside = "Without an external set, both protocols have no lesions to be compared on."
    elif not task.beside_published:
        beside = "The published protocol says nothing of the external set that it could be compared with."
    else:
        beside = (
            "The net benefit of both protocols is not compared: their external sets hold different lesions."
        )
    return Section(
        "benefit",
        "Decision curves",
        (
            f"Thresholds from {lowest:g} to {highest:g}, set before the data were seen, and the "
            f"cut-off of the cross-validated predictions, carried to the external set. {_beyond(task)}{beside}",
        ),
        present(_figure(figures, "recommended_decision", task), net_benefit_table(task, samples_of(task))),
        (Folded("Decision curves of all models", (everything,)),) if everything else (),
    )


def _beyond(task: RecommendedTask) -> str:
    """That the cut-off lies outside the range, where it does."""
    rows = task.evaluation.frame()
    rows = rows[(rows["model"] == task.choice.model) & (rows["threshold_rule"] == YOUDEN_TRAINING)]
    values, (lowest, highest) = rows["threshold"].dropna(), task.plan.decision_range
    if values.empty or lowest <= (cutoff := float(values.iloc[0])) <= highest:
        return ""
    return f"That cut-off, {number(cutoff, 3)}, lies outside the range. "


def _centers(task: RecommendedTask, figures: Figures) -> Section:
    between, n = task.internal_external, task.plan.data.frame["center"].nunique()
    if between is None:
        return Section("centers", "Between centers", (_why_not_pooled(task, n),))
    first, *rest = present(*(_figure(figures, f"centers_{metric}", task) for metric in CENTER_METRICS)) or (
        None,
    )
    return Section(
        "centers",
        "Between centers",
        (
            f"Each of {count(n, 'center')} was left out in turn, and the whole development repeated on the others.",
        ),
        present(first, between.display()),
        (Folded("Calibration by center", tuple(one for one in rest if one is not None)),) if rest else (),
    )


def _why_not_pooled(task: RecommendedTask, n_centers: int) -> str:
    if n_centers < 3:
        words = {1: "One center", 2: "Two centers"}[n_centers]
        return f"{words}: nothing to pool. Internal-external validation needs three or more."
    said = [c.message for c in task.caveats if "Internal-external validation" in c.message]
    return said[0] if said else "Internal-external validation could not be done."


def _shift(task: RecommendedTask, figures: Figures) -> Section:
    title = "Center shift and harmonisation"
    if task.shift is None:
        why = [c.message for c in task.caveats if "Center shift" in c.message]
        return Section("shift", title, (why[0] if why else "There is no external set to compare with.",))
    paragraphs = [_shift_sentence(task), _compared_by(task)]
    shown = present(
        task.shift.display(),
        _figure(figures, "center_shift", task),
        _figure(figures, "harmonisation", task),
    )
    folded = present(_figure(figures, "center_differences", task))
    if task.harmonisation is None:
        paragraphs.append(
            "Harmonisation was not shown: there are no scanner-dependent measurements to harmonise."
        )
        why = [c.message for c in task.caveats if "Harmonisation" in c.message]
        paragraphs[-1:] = why or paragraphs[-1:]
    elif not harmonised_matters(task):
        names = listing([v.label for v in task.plan.candidates if v.scanner_dependent])
        used = {v.name for v in task.plan.candidates if v.scanner_dependent}
        unused = not used & set(task.developed[task.choice.model].selected)
        because = ": the chosen model uses none of them" if unused else ""
        paragraphs.append(f"Harmonising {names} changes no figure here by {SHOWN:g} or more{because}.")
    else:
        folded = (*folded, task.harmonisation.display())
        paragraphs.append(_harmonised_sentence(task))
    if task.harmonisation is not None:
        paragraphs.append(
            "To compare with and without harmonising, the model was developed anew on lesions without a gap, and "
            "the harmonisation adapted to the external center with the most lesions."
        )
    return Section(
        "shift",
        title,
        tuple(filter(None, paragraphs)),
        shown,
        (Folded("How the lesions differ, in full", folded),),
    )


def _compared_by(task: RecommendedTask) -> str:
    """What was done with gaps, and whose linear predictors are shown where they are not the model's own."""
    shared, lesions = task.plan.on_both_sides, task.plan.data.frame
    gaps = [variable.label for variable in shared if lesions[variable.name].isna().any()]
    absent = [variable.label for variable in task.plan.candidates if variable not in shared]
    said = []
    if gaps:
        have = count(len(gaps), "candidate has", "candidates have")
        said.append(
            f"{have} gaps: a lesion without a value counts as an average one, and the gap as a variable."
        )
    if absent:
        said.append(f"Not compared, since one side lacks it altogether: {listing(absent)}.")
    if task.choice.model in CLOSE_FITTING:
        said.append(
            f"The linear predictor of a lesion developed on is an out-of-fold one: {model_name(task.choice.model)} "
            "follows the lesions that it was fitted to too closely."
        )
    return " ".join(said)


def _harmonised_sentence(task: RecommendedTask) -> str:
    """What harmonising does to the AUC, adapted to as many lesions as were tried."""
    assert task.harmonisation is not None
    rows = task.harmonisation.frame()
    rows = rows[(rows["metric"] == "auc") & (rows["arm"] == "difference")].sort_values("n_adaptation")
    last = rows.iloc[-1]
    names = listing([v.label for v in task.plan.candidates if v.scanner_dependent])
    change = estimate(last["estimate"], last["conf_low"], last["conf_high"], 3, signed=True)
    return (
        f"Harmonising {names} by {count(int(last['n_adaptation']), 'lesion')} of the external center changes the AUC "
        f"of the other lesions there by {change}."
    )


def _shift_sentence(task: RecommendedTask) -> str:
    """How much of the change of AUC the case mix explains."""
    assert task.shift is not None
    rows = task.shift.frame()
    areas = {str(r["sample"]): float(r["estimate"]) for r in rows[rows["metric"] == "auc"].to_dict("records")}
    member = rows[rows["metric"] == "membership_auc"].iloc[0]
    told = "can be told apart" if member["conf_low"] > 0.5 else "are not shown to differ"
    here, mix, there = (
        number(areas[name]) for name in ("development", "development_reweighted", "new_center")
    )
    return (
        f"By the candidate variables the lesions of both sides {told} (membership AUC {_estimate(member)}). AUC of "
        f"the chosen model: {here} in held-out lesions of the development, {mix} had these the case mix of the "
        f"external set, {there} in the external set. What lies between the last two is not explained by the case mix."
    )


def _estimate(row: pd.Series) -> str:
    return estimate(row["estimate"], row["conf_low"], row["conf_high"])


def _subgroups(task: RecommendedTask, figures: Figures) -> Section:
    samples = samples_of(task)
    drawn = present(*(_figure(figures, f"subgroups_{sample}", task) for sample in samples))
    tested = task.subgroups.heterogeneity_frame()
    differing = tested[tested["p_holm"] < 0.05]
    said = [
        f"{row['variable']} ({'AUC' if row['metric'] == 'auc' else 'calibration'}, {SAMPLES[row['sample']].lower()})"
        for row in differing.to_dict("records")
    ]
    none = "No difference between subgroups is shown after adjustment."
    text = f"Shown to differ: {listing(said)}." if said else none
    names = list(dict.fromkeys(tested["variable"]))
    tables = tuple(subgroup_table(task, sample) for sample in samples)
    return Section(
        "subgroups",
        "Subgroups",
        (f"{text} Looked at: {listing(names)}." if names else text,),
        (*drawn, heterogeneity_table(task, samples)) if len(tested) else drawn,
        (Folded("Every figure of every subgroup", tables),),
    )


def _missing(task: RecommendedTask, figures: Figures) -> Section:
    if not task.plan.incomplete:
        return Section(
            "missing", "Missing values", ("Nothing is missing: every lesion has every candidate variable.",)
        )
    text = (
        f"{task.missing.sentence() if task.missing else ''} Gaps were filled by multiple imputation inside every "
        f"development, {count(task.plan.study.resampling.imputations, 'completed table')} each; what a lesion to be "
        "predicted lacks is filled without knowing its outcome."
    )
    return Section(
        "missing",
        "Missing values",
        (text.strip(),),
        (*present(_figure(figures, "missing", task)), *complete_case_tables(task)),
    )


def three_classes_section(recommended: Recommended, figures: Figures) -> Section | None:
    """The chained tasks as one answer; None where the tasks make no chain."""
    table = classes_table(recommended)
    if table is None or recommended.classes is None:
        return None
    rows = recommended.classes.frame()
    whole = rows[(rows["metric"] == "pdi") & (rows["class"] == "")]
    said = [f"{_estimate(row)} ({SAMPLES[str(row['sample'])].lower()})" for _, row in whole.iterrows()]
    model = str(rows["model"].iloc[0])
    classes = list(dict.fromkeys(rows.loc[rows["class"] != "", "class"]))
    return Section(
        "classes",
        "Three classes",
        (
            f"Both tasks chained ({model}) give every lesion a probability of {listing(classes)}. Polytomous "
            f"discrimination index, where chance is 0.33: {listing(said)}. {_right(rows)}",
        ),
        present(figures.get("three_class_table"), figures.get("three_class_calibration")),
        (Folded("Every figure of the three classes", (table,)),),
    )


def _right(rows: pd.DataFrame) -> str:
    """How often either call is right, in the newest sample."""
    newest = rows[(rows["sample"] == rows["sample"].iloc[-1]) & (rows["metric"] == "accuracy")]
    said = [f"{CALLS[str(row['call'])]}: {_estimate(row)}" for _, row in newest.iterrows()]
    return f"Lesions called rightly in {SAMPLES[str(rows['sample'].iloc[-1])].lower()}: {'; '.join(said)}."
