"""The figures of the recommended protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd

from her2mri.centers.center_performance import OBSERVED_EXPECTED
from her2mri.centers.display import label_of_metric
from her2mri.evaluation.decision_comparison import DecisionComparison
from her2mri.evaluation.polytomous_evaluation import CALLS, ClassEvaluation
from her2mri.figure_style import DOUBLE_COLUMN
from her2mri.output.wording import count, listing, model_name
from her2mri.report.figure_panels import StudyFigure, figure_of, panels
from her2mri.report.side_by_side import samples_of
from her2mri.study.recommended import Recommended, RecommendedTask
from her2mri.vocabulary import MODEL_LABELS, SAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CENTER_METRICS = ("auc", OBSERVED_EXPECTED, "calibration_slope")
SHOWN = 0.0005
"""A difference below this is 0 to three decimals."""
_HARMONISED = ("auc", "brier", "calibration_slope")


def recommended_figures(recommended: Recommended) -> list[StudyFigure]:
    """Every figure of the recommended protocol, in the order of the report."""
    figures: list[StudyFigure] = []
    for task in recommended.tasks.values():
        figures += [_selection(task), _instability(task), _roc(task)]
        figures += [*_calibration(task), *_decision(task), *_centers(task), *_shift(task)]
        figures += [*_harmonisation(task), *_subgroups(task), *_missing(task)]
    if recommended.classes is not None:
        figures += _classes(recommended.classes)
    return figures


def _resampled_model(task: RecommendedTask) -> str:
    """The chosen model, or the simplest that was developed in every resample."""
    names = task.validation.model_names
    return task.choice.model if task.choice.model in names else names[0]


def _where(task: RecommendedTask) -> str:
    return listing([SAMPLES[sample].lower() for sample in samples_of(task)])


def _selection(task: RecommendedTask) -> StudyFigure:
    model, dictionary = _resampled_model(task), task.plan.cohort.dictionary
    labels = {variable.name: dictionary[variable.name].label for variable in task.plan.candidates}
    shares = task.validation.selection_frame()
    bars = min(int((shares["model"] == model).sum()), 24)
    plot = partial(task.validation.plot_selection, model, labels=labels)
    return StudyFigure(
        f"selection_frequency_{task.name}",
        "How often each variable is chosen",
        f"Share of {count(task.validation.n_bootstrap, 'resample')} of patients in which the whole development chose "
        f"the variable for {model_name(model)}, with its 95 % interval. Filled: chosen by the development on "
        "all lesions.",
        f"Bars of how often each variable was chosen over {count(task.validation.n_bootstrap, 'resample')}.",
        partial(panels, [plot], columns=1, height=0.9 + 0.17 * bars),
    )


def _instability(task: RecommendedTask) -> StudyFigure:
    model, validation = _resampled_model(task), task.validation
    draws = [
        partial(validation.plot_instability, model),
        partial(validation.plot_calibration_instability, model),
    ]
    return StudyFigure(
        f"instability_{task.name}",
        "Instability",
        f"Had other patients been in the study: left, the probabilities that the {model_name(model)} models of the "
        "resamples give each lesion, against the model's own; right, the calibration of those models on these lesions.",
        "Range of each lesion's probability over resampled models, and their calibration curves.",
        partial(panels, draws, columns=2, height=3.5),
    )


def _roc(task: RecommendedTask) -> StudyFigure:
    draws = [partial(task.evaluation.plot_roc, task.name, sample) for sample in samples_of(task)]
    return StudyFigure(
        f"recommended_roc_{task.name}",
        "ROC curves of held-out lesions",
        f"Every model in lesions that it was not developed on ({_where(task)}). AUC with its 95 % interval (DeLong, "
        f"clustered by patient). Positive class: {task.plan.data.task.positive_label}.",
        f"ROC curves of {count(len(task.developed), 'model')}: {_where(task)}.",
        partial(panels, draws, columns=len(draws), height=3.6, width=3.6 * len(draws)),
        narrow=len(draws) == 1,
    )


def _calibration(task: RecommendedTask) -> list[StudyFigure]:
    plot = partial(task.evaluation.plot_calibration, task.name)
    return _of_chosen_and_all(
        task,
        task.evaluation.calibration_frame(),
        plot,
        [partial(plot, task.choice.model)],
        stem="recommended_calibration",
        title="Calibration of held-out lesions",
        caption="Smooth curve with its 95 % band, grouped lesions with 95 % intervals, and the distribution of the "
        "predictions, positive lesions up. The diagonal is perfect calibration.",
    )


def _decision(task: RecommendedTask) -> list[StudyFigure]:
    plot = partial(task.evaluation.plot_decision_curve, task.name)
    draws: list[Callable[..., Axes]] = [partial(plot, task.choice.model)]
    beside = ""
    if task.net_benefit is not None:
        draws.append(partial(_difference, task.net_benefit))
        beside = (
            " Right: the difference to the logistic regression of the published protocol on the external set, with "
            "its 95 % interval at each threshold."
        )
    return _of_chosen_and_all(
        task,
        task.evaluation.decision_curve_frame(),
        plot,
        draws,
        stem="recommended_decision",
        title="Decision curves of held-out lesions",
        caption="Net benefit over the range of thresholds set beforehand, with its 95 % band, beside acting on every "
        f"lesion and on none.{beside}",
    )


def _difference(comparison: DecisionComparison, *, ax: Axes) -> Axes:
    """Both may be of one family, so the title names the protocols."""
    comparison.plot(ax=ax)
    ax.set_title("Recommended less published")
    return ax


def _of_chosen_and_all(
    task: RecommendedTask,
    frame: pd.DataFrame,
    plot: Callable[..., Axes],
    chosen: Sequence[Callable[..., Axes]],
    *,
    stem: str,
    title: str,
    caption: str,
) -> list[StudyFigure]:
    """A figure of the chosen model, and one of every model that has curves."""
    present = set(frame["model"])
    models = [model for model in MODEL_LABELS if model in present]
    figures = []
    if task.choice.model in present:
        figures.append(
            StudyFigure(
                f"{stem}_{task.name}",
                title,
                f"{MODEL_LABELS[task.choice.model]}. {caption}",
                f"{title}: {model_name(task.choice.model)}, {_where(task)}.",
                partial(panels, chosen, columns=len(chosen), height=3.5, width=3.6 * len(chosen)),
                narrow=len(chosen) == 1,
            )
        )
    draws = [partial(plot, model) for model in models]
    if len(models) > 1:
        figures.append(
            StudyFigure(
                f"{stem}_models_{task.name}",
                f"{title}, all models",
                caption.partition(" Right:")[0],
                f"{title} of {listing(models)}.",
                partial(panels, draws, columns=min(3, len(draws)), height=2.6, one_legend=True),
            )
        )
    return figures


def _centers(task: RecommendedTask) -> list[StudyFigure]:
    between = task.internal_external
    if between is None:
        return []
    rows = between.frame()
    models = [name for name in rows["model"].unique() if name]
    model = task.choice.model if task.choice.model in models else models[0]
    figures = []
    for metric in CENTER_METRICS:
        shown = rows[(rows["model"] == model) & (rows["metric"] == metric) & (rows["kind"] == "center")]
        if not shown["estimate"].notna().any():
            continue
        label = label_of_metric(metric)
        figures.append(
            StudyFigure(
                f"centers_{metric}_{task.name}",
                f"{label} by center",
                f"{MODEL_LABELS[model]}, developed without each center in turn and judged on it; the diamond pools "
                "the centers that are large enough by random effects, the bar below it is where a new center's true "
                "value may lie.",
                f"Forest plot of the {label} of {count(len(shown), 'center')}.",
                partial(figure_of, partial(between.plot, model=model, metric=metric)),
            )
        )
    return figures


def _shift(task: RecommendedTask) -> list[StudyFigure]:
    if task.shift is None:
        return []
    bars = min(int(task.shift.differences_frame()["standardised_difference"].notna().sum()), 20)
    return [
        StudyFigure(
            f"center_shift_{task.name}",
            "Predicted risk on both sides",
            f"Linear predictor of {model_name(task.choice.model)} for the lesions developed on and those of the "
            "external set. A narrower spread makes lesions harder to tell apart, whatever the model.",
            "Histograms of the linear predictor in development and in the new center.",
            partial(figure_of, task.shift.plot),
            narrow=True,
        ),
        StudyFigure(
            f"center_differences_{task.name}",
            "How the lesions differ",
            "Standardised differences between the external set and development, the largest first; beyond 0.1 "
            "(dotted) a difference is usually called notable.",
            "Standardised differences of the variables between the external set and development.",
            partial(panels, [task.shift.plot_differences], columns=1, height=0.9 + 0.19 * bars),
        ),
    ]


def _harmonisation(task: RecommendedTask) -> list[StudyFigure]:
    if task.harmonisation is None:
        return []
    rows = task.harmonisation.frame()
    there = set(rows.loc[(rows["arm"] != "difference") & rows["estimate"].notna(), "metric"])
    draws = [partial(task.harmonisation.plot, metric=metric) for metric in _HARMONISED if metric in there]
    if not draws or not harmonised_matters(task):
        return []
    return [
        StudyFigure(
            f"harmonisation_{task.name}",
            "Harmonised measurements",
            "Performance in the external set as measured, and after ComBat adapted to a few of its lesions; judged "
            "on the others, with 95 % intervals.",
            "Performance against the number of lesions adapted to, with and without harmonisation.",
            partial(panels, draws, columns=len(draws), height=2.6),
        )
    ]


def harmonised_matters(task: RecommendedTask) -> bool:
    """Whether harmonising changes any figure as it is shown: a model may use none of these measurements."""
    if task.harmonisation is None:
        return False
    rows = task.harmonisation.frame()
    return bool((rows.loc[rows["arm"] == "difference", "estimate"].abs() >= SHOWN).any())


def _subgroups(task: RecommendedTask) -> list[StudyFigure]:
    rows = task.subgroups.frame()
    figures = []
    for sample in samples_of(task):
        areas = rows[(rows["sample"] == sample) & (rows["metric"] == "auc") & (rows["variable"] != "")]
        if not any(isfinite(value) for value in areas["estimate"]):
            continue
        plot = partial(task.subgroups.plot_forest, task.name, task.choice.model, sample)
        figures.append(
            StudyFigure(
                f"subgroups_{sample}_{task.name}",
                f"AUC by subgroup, {SAMPLES[sample].lower()}",
                f"{MODEL_LABELS[task.choice.model]}. Squares have areas in proportion to the lesions; diamond and "
                "line: all lesions. 95 % intervals follow the patient. Levels with fewer than 10 events or non-events "
                "are too small to say; two or more of a variable stand in one line.",
                f"Forest plot of the AUC in {count(len(areas), 'subgroup')}, {SAMPLES[sample].lower()}.",
                partial(figure_of, plot),
            )
        )
    return figures


def _missing(task: RecommendedTask) -> list[StudyFigure]:
    if task.missing is None:
        return []
    return [
        StudyFigure(
            f"missing_{task.name}",
            "Missing values",
            "Which variables are missing together: a column is a pattern, with its number of lesions above.",
            f"Pattern of missing values. {task.missing.sentence()}",
            partial(figure_of, task.missing.plot),
        )
    ]


def _called(classes: ClassEvaluation, one: dict[Any, Any], *, ax: Axes) -> Axes:
    sample, call = str(one["sample"]), str(one["call"])
    classes.plot_table(str(one["model"]), sample, call, ax=ax)
    ax.set_title(f"{SAMPLES[sample]}:\n{CALLS[call].partition(',')[0]}")
    return ax


def _classes(classes: ClassEvaluation) -> list[StudyFigure]:
    table, curves = classes.table_frame(), classes.calibration_frame()
    figures = []
    drawn = curves[["model", "sample"]].drop_duplicates().to_dict("records")
    if drawn:
        draws = [partial(classes.plot_calibration, str(one["model"]), str(one["sample"])) for one in drawn]
        figures.append(
            StudyFigure(
                "three_class_calibration",
                "Calibration of each class",
                "Each class against the other two: smooth curve with its 95 % band and grouped lesions.",
                "Calibration curves of the three classes.",
                partial(panels, draws, columns=len(draws), height=3.5, width=3.6 * len(draws)),
                narrow=len(draws) == 1,
            )
        )
    asked = table[["model", "sample", "call"]].drop_duplicates().to_dict("records")
    asked.sort(key=lambda one: list(CALLS).index(str(one["call"])))
    cells = [partial(_called, classes, one) for one in asked]
    calls = list(dict.fromkeys(str(one["call"]) for one in asked))
    columns = len(cells) // len(calls)
    rows = "; ".join(f"row {place}: {CALLS[name]}" for place, name in enumerate(calls, 1)).capitalize()
    figures.append(
        StudyFigure(
            "three_class_table",
            "Three-way table",
            f"True class by called class: lesions, and their share of the true class with its 95 % interval. {rows}.",
            "Tables of true class by called class.",
            partial(panels, cells, columns=columns, height=2.7, width=DOUBLE_COLUMN),
        )
    )
    return figures
