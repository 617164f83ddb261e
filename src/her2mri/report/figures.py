"""The figures of a study: what each shows, how it is composed of panels, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from her2mri.explanation.shapley_explanation import ShapleyValues
from her2mri.output.wording import count, listing, model_name
from her2mri.report.figure_panels import StudyFigure, figure_of, panels
from her2mri.report.recommended_figures import recommended_figures
from her2mri.study.results import StudyResult, TaskResult
from her2mri.vocabulary import MODEL_LABELS, SAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def study_figures(result: StudyResult) -> dict[str, StudyFigure]:
    """Every figure of a study by its stem, in the order of the report."""
    figures = [_flow(result)]
    for task in result.tasks.values():
        figures += task_figures(task)
    if result.recommended is not None:
        figures += recommended_figures(result.recommended)
    return {figure.stem: figure for figure in figures}


def task_figures(task: TaskResult) -> list[StudyFigure]:
    """The figures of one task: selection, performance and explanation."""
    figures = [_roc(task), _calibration(task), _decision_curve(task), _nomogram(task), _importance(task)]
    figures += [_shapley(task, model) for model in _lr_first(task)]
    figures.append(_lesion(task))
    if task.selection.lasso is not None:
        figures.insert(0, _lasso(task))
    return figures


def _flow(result: StudyResult) -> StudyFigure:
    n = len(result.cohort.frame)
    return StudyFigure(
        "flow",
        "Flow of lesions",
        f"Lesions left out, by reason and center, and the sets of each task. {count(n, 'lesion')} were included.",
        f"Flow chart that ends in {count(n, 'lesion')}, divided into sets for each task.",
        partial(figure_of, partial(result.flow.plot, sets=result.sets())),
    )


def _lasso(task: TaskResult) -> StudyFigure:
    return StudyFigure(
        f"lasso_{task.name}",
        "LASSO",
        "Left: coefficients as the penalty falls, with the penalty chosen. Right: cross-validated deviance with its "
        "standard error; λ min has the smallest deviance, λ 1se is the largest penalty within one standard error of "
        "it.",
        "Coefficient paths of the LASSO, and its cross-validated deviance by penalty.",
        partial(panels, [task.selection.plot_path, task.selection.plot_deviance], columns=2, height=2.9),
    )


def _roc(task: TaskResult) -> StudyFigure:
    evaluation, samples = task.evaluation, task.data.samples
    draws = [partial(evaluation.plot_roc, task.name, sample) for sample in samples]
    return StudyFigure(
        f"roc_{task.name}",
        "ROC curves",
        f"All models in {listing([SAMPLES[sample].lower() for sample in samples])}. AUC with its 95 % interval "
        f"(DeLong, clustered by patient). Positive class: {task.data.task.positive_label}.",
        f"ROC curves of {count(len(task.fits), 'model')} in {count(len(samples), 'set')}.",
        partial(panels, draws, columns=len(samples), height=2.75),
    )


def _calibration(task: TaskResult) -> StudyFigure:
    models = _models_in(task.evaluation.calibration_frame())
    draws = [partial(task.evaluation.plot_calibration, task.name, model) for model in models]
    return StudyFigure(
        f"calibration_{task.name}",
        "Calibration",
        f"Observed share of {task.data.task.positive_label} against the predicted probability, by model and set: "
        "smooth curve, grouped lesions with 95 % intervals, and the distribution of the predictions. The diagonal "
        f"is perfect calibration.{_without_curve(task, models)}",
        f"Calibration curves of {listing(models)} in every set, each against the diagonal.",
        partial(panels, draws, columns=min(3, len(draws)), height=2.6, one_legend=True),
    )


def _decision_curve(task: TaskResult) -> StudyFigure:
    models = _models_in(task.evaluation.decision_curve_frame())
    draws = [partial(task.evaluation.plot_decision_curve, task.name, model) for model in models]
    return StudyFigure(
        f"decision_curve_{task.name}",
        "Decision curves",
        f"Net benefit of acting on a predicted probability of {task.data.task.positive_label} at or above the "
        "threshold, by model and set, beside acting on every lesion and on none.",
        f"Decision curves of {listing(models)} in every set, beside treating all and none.",
        partial(panels, draws, columns=min(3, len(draws)), height=2.6, one_legend=True),
    )


def _nomogram(task: TaskResult) -> StudyFigure:
    names = [axis.variable.label for axis in task.nomogram.axes]
    positive = task.data.task.positive_label
    return StudyFigure(
        f"nomogram_{task.name}",
        "Nomogram",
        f"For each variable, read the points above the lesion's value; their total, below, leads to the probability "
        f"of {positive}. Drawn from the logistic model of the training set.",
        f"Nomogram of {listing(names)} for the probability of {positive}.",
        partial(figure_of, task.nomogram.plot),
    )


def _importance(task: TaskResult) -> StudyFigure:
    draws = [partial(_bars, task.shapley[model]) for model in _lr_first(task)]
    return StudyFigure(
        f"shapley_importance_{task.name}",
        "Importance of the variables",
        "Mean absolute Shapley value over the training lesions: by how much, on average, a variable moves the "
        f"predicted probability of {task.data.task.positive_label}.",
        "Bars of the mean absolute Shapley value of each variable, a panel for each model.",
        partial(panels, draws, columns=2, height=0.75 + 0.24 * len(task.shapley["LR"].variables)),
    )


def _shapley(task: TaskResult, model: str) -> StudyFigure:
    values = task.shapley[model]
    return StudyFigure(
        f"shapley_summary_{task.name}_{model}",
        f"Shapley values, {model_name(model)}",
        f"Each dot is a training lesion (n = {len(values.lesion_ids)}): how far the value of the variable moves its "
        f"predicted probability of {values.positive_label} from the average. Bars mark the mean of a level. Computed "
        f"exactly over {values.n_background} training lesions as background.",
        f"Shapley values of each variable for every training lesion, {model_name(model)}.",
        partial(figure_of, values.plot_summary),
        narrow=True,
    )


def _lesion(task: TaskResult) -> StudyFigure:
    values = task.shapley["LR"]
    lesion = surest_lesion(task)
    return StudyFigure(
        f"shapley_lesion_{task.name}",
        "One lesion explained",
        f"Lesion {lesion}, the training lesion with the highest predicted probability of {values.positive_label} "
        "under the logistic model: from the average prediction to its own, variable by variable.",
        f"Waterfall of the Shapley values of lesion {lesion}.",
        partial(figure_of, partial(values.plot_lesion, lesion)),
        narrow=True,
    )


def surest_lesion(task: TaskResult) -> str:
    """The training lesion that the logistic model is surest of."""
    values = task.shapley["LR"]
    return values.lesion_ids[int(np.argmax(values.prediction))]


def _lr_first(task: TaskResult) -> list[str]:
    return ["LR", *(model for model in task.fits if model != "LR")]


def _without_curve(task: TaskResult, models: Sequence[str]) -> str:
    missing = [model for model in task.fits if model not in models]
    return f" No curve can be drawn for {listing(missing)}; see the caveats." if missing else ""


def _models_in(frame: pd.DataFrame) -> list[str]:
    """The models that a table has rows of: one without probabilities, or with one for all, has no curve."""
    present = set(frame["model"])
    return [model for model in MODEL_LABELS if model in present]


def _bars(values: ShapleyValues, *, ax: Axes) -> Axes:
    values.plot_bar(ax=ax)
    ax.set(title=MODEL_LABELS[values.model], xlabel="Mean absolute Shapley value")
    return ax
