"""The steps of one task, each a function of its own so that steps of several tasks run side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError, Fault, TableError
from her2mri.evaluation.evaluation import Evaluation, evaluate
from her2mri.evaluation.prediction import Prediction
from her2mri.explanation.nomogram import Nomogram, build_nomogram, development_ranges
from her2mri.explanation.radial_game import predict_of
from her2mri.explanation.shapley_explanation import ShapleyValues, background_rows, explain
from her2mri.models.fit import Fit
from her2mri.models.logistic_regression import LogisticRegression
from her2mri.models.recipe import Recipe
from her2mri.selection.paper_selection import Selection
from her2mri.selection.selection import STEPS
from her2mri.statistics.table_one import TableOne, table_one
from her2mri.study.study_file import StudyFile
from her2mri.study.task_data import TaskData
from her2mri.vocabulary import SAMPLES, TRAINING


@dataclass(frozen=True)
class TaskPlan:
    """One task's lesions and candidates, and the study that says what to do with them."""

    study: StudyFile
    data: TaskData
    described: tuple[Variable, ...]
    candidates: tuple[Variable, ...]
    caveats: tuple[Caveat, ...]

    @property
    def recipe(self) -> Recipe:
        """The development procedure that the study file asks for."""
        selection, models = self.study.selection, self.study.models
        return Recipe(
            given=tuple(v.name for v in self.candidates) if selection.method == "published" else (),
            lasso_rule=selection.lasso_rule,
            lasso_folds=selection.lasso_folds,
            multivariable_p=selection.multivariable_p,
            final_p=selection.final_p,
            tuning_folds=models.tuning_folds,
            knn_labels=models.knn_labels,
            seed=self.study.seed,
        )

    @classmethod
    def of(
        cls, study: StudyFile, cohort: Cohort, data: TaskData, candidates: tuple[Variable, ...]
    ) -> TaskPlan:
        """The plan: what the task's lesions can be described by and predicted from.

        A candidate that is the same for all training lesions is left aside with a caveat.
        """
        if study.selection.method == "published" and not study.selection.predictors:
            candidates = tuple(variable for variable in candidates if variable.name in data.task.published)
        training = data.frame[data.in_sample(TRAINING)]
        constant = [variable for variable in candidates if training[variable.name].nunique() < 2]
        caveats = tuple(
            Caveat(
                "constant",
                f"{data.task.label}: {variable.label} {_sameness(training[variable.name])} and was left aside.",
                column=variable.name,
            )
            for variable in constant
        )
        described = tuple(
            variable
            for variable in cohort.dictionary.with_role("predictor", "descriptor", "leaking")
            if variable.name in data.frame and data.frame[variable.name].notna().any()
        )
        kept = tuple(variable for variable in candidates if variable not in constant)
        return cls(study, data, described, kept, (*data.caveats, *caveats))


def _sameness(values: pd.Series) -> str:
    return (
        "was measured in no training lesion"
        if values.isna().all()
        else "is the same for all training lesions"
    )


def describe(plan: TaskPlan) -> tuple[TableOne, ...]:
    """Table one of each sample."""
    data = plan.data
    return tuple(
        table_one(
            data.frame[data.in_sample(sample)],
            plan.described,
            data.y[data.in_sample(sample)] == 1,
            positive_label=data.task.positive_label,
            negative_label=data.task.negative_label,
            sample=sample,
        )
        for sample in data.samples
    )


def select(plan: TaskPlan) -> Selection:
    """The predictors, chosen on the training set alone.

    Raises TableError where the training set carries no selection: no candidate tells the classes apart.
    """
    data, inside = plan.data, plan.data.in_sample(TRAINING)
    try:
        return plan.recipe.select(data.frame[inside], data.y[inside], data.patient[inside], plan.candidates)
    except EstimationError as error:
        fault = Fault(
            f"{data.task.label}, training set",
            f"predictors cannot be selected among {len(plan.candidates)} candidates: {error}",
            remedy='name predictors in the study file with selection.method = "published", or bring more lesions',
        )
        raise TableError([fault]) from error


def separation_of(plan: TaskPlan, selection: Selection) -> tuple[Caveat, ...]:
    """A caveat where the classes separate: the levels with lesions of one class only, and what was done."""
    if not selection.penalised_steps:
        return ()
    task, variables = plan.data.task, {variable.name: variable for variable in plan.candidates}
    levels = [
        f"{variables[sparse.variable].label} {variables[sparse.variable].label_of(sparse.level)} "
        f"({sparse.n_events} of {sparse.n} lesions {task.positive_label})"
        for sparse in selection.sparse_levels
    ]
    cause = (
        f"these levels hold one class only: {', '.join(levels)}"
        if levels
        else "predictors together tell the classes apart"
    )
    steps = ", ".join(STEPS[name].lower() for name in selection.penalised_steps)
    message = (
        f"{task.label}: in the training set {cause}. No maximum likelihood estimate exists; Firth's penalty was "
        f"used ({steps})."
    )
    return (Caveat("separation", message),)


def fit_model(plan: TaskPlan, selection: Selection, model: str) -> Fit:
    """One family on the training set, with the predictors selected."""
    inside = plan.data.in_sample(TRAINING)
    predictors = [variable for variable in plan.candidates if variable.name in selection.variables]
    return plan.recipe.fit(
        model, plan.data.frame[inside], plan.data.y[inside], plan.data.patient[inside], predictors
    )


def predictable(plan: TaskPlan, fits: Mapping[str, Fit]) -> tuple[np.ndarray, tuple[Caveat, ...]]:
    """Which lesions the models can speak of, and a caveat for each level they never met."""
    encoding = next(iter(fits.values())).encoding
    unmet = encoding.unmet_levels(plan.data.frame)
    caveats = []
    for variable in encoding.variables:
        if variable.name not in unmet or not unmet[variable.name].any():
            continue
        strange = plan.data.frame.loc[unmet[variable.name], variable.name]
        for level, n in strange.value_counts(sort=False).items():
            message = (
                f"{plan.data.task.label}: {n} lesion(s) outside the training set have {variable.label} "
                f"{variable.label_of(str(level))}, which no training lesion has; no model can speak of them."
            )
            caveats.append(Caveat("unmet_level", message, column=variable.name, value=str(level)))
    return ~unmet.any(axis=1).to_numpy(dtype=bool), tuple(caveats)


def evaluate_task(plan: TaskPlan, fits: Mapping[str, Fit]) -> tuple[tuple[Prediction, ...], Evaluation]:
    """What every model says of every sample, and how well it says it."""
    data, (usable, _) = plan.data, predictable(plan, fits)
    predictions = []
    for sample in (name for name in SAMPLES if name in data.samples):
        inside = data.in_sample(sample) & usable
        if not inside.any():
            continue
        lesions = data.frame[inside]
        predictions += [
            Prediction(
                task=data.task.name,
                model=name,
                sample=sample,
                lesion=lesions["lesion_id"].to_numpy(dtype=str),
                patient=lesions["patient_id"].to_numpy(dtype=str),
                y=data.y[inside],
                probability=fit.probability(lesions),
                positive=data.task.positive_label,
                is_label=fit.is_label,
            )
            for name, fit in fits.items()
        ]
    settings = plan.study.evaluation
    evaluation = evaluate(
        predictions,
        seed=plan.study.seed,
        n_bootstrap=settings.n_bootstrap,
        rule_out_certainty=settings.rule_out_probability,
    )
    return tuple(predictions), evaluation


def said_of(plan: TaskPlan, evaluation: Evaluation) -> tuple[Caveat, ...]:
    """The notes of an evaluation as caveats of the study."""
    caveats = []
    for note in evaluation.notes:
        where = [plan.data.task.label]
        where += [SAMPLES.get(note.sample, note.sample).lower()] if note.sample else []
        where += [note.model] if note.model else []
        caveats.append(Caveat(note.code, f"{', '.join(where)}: {note.message}."))
    return tuple(caveats)


def nomogram_of(plan: TaskPlan, fit: Fit) -> Nomogram:
    """The nomogram of the logistic model."""
    estimator = fit.estimator
    if not isinstance(estimator, LogisticRegression):
        raise TypeError(f"a nomogram is drawn from LR, not from {fit.model}")
    training = plan.data.frame[plan.data.in_sample(TRAINING)]
    return build_nomogram(
        fit.encoding,
        estimator.intercept_,
        estimator.coef_,
        ranges=development_ranges(fit.encoding, training),
        positive_label=plan.data.task.positive_label,
    )


def explain_model(plan: TaskPlan, fit: Fit) -> ShapleyValues:
    """Shapley values of every training lesion under one model."""
    training = plan.data.frame[plan.data.in_sample(TRAINING)]
    rows = background_rows(len(training), size=plan.study.explanation.background, seed=plan.study.seed)
    return explain(
        predict_of(fit.estimator),
        fit.encoding,
        training,
        training.iloc[rows],
        task=plan.data.task.name,
        model=fit.model,
        positive_label=plan.data.task.positive_label,
    )
