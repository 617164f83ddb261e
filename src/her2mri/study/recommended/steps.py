"""The steps of one task under the recommended protocol, each a function of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from her2mri.centers.center_shift import CenterShift, center_shift
from her2mri.centers.center_shift import Lesions as ShiftedLesions
from her2mri.centers.combat_effect import CombatEffect, combat_effect
from her2mri.cohort.cohort import Caveat
from her2mri.cohort.design_matrix import Encoding, FloatArray
from her2mri.errors import EstimationError, Fault, TableError
from her2mri.evaluation.decision_comparison import DecisionComparison, compare_net_benefit
from her2mri.evaluation.evaluation import Evaluation, evaluate
from her2mri.evaluation.prediction import Prediction
from her2mri.evaluation.subgroups import SubgroupEvaluation, evaluate_subgroups
from her2mri.imputation.complete_cases import BesideCompleteCases, beside_complete_cases
from her2mri.imputation.imputer import Imputer
from her2mri.imputation.pattern import MissingPattern, missing_pattern
from her2mri.models.development import Developed, parted
from her2mri.sample_size.verdict import SizeVerdict, size_verdict
from her2mri.study.recommended.plan import Lesions, RecommendedPlan
from her2mri.vocabulary import CROSS_VALIDATED, EXTERNAL_VALIDATION, TRAINING

CLOSE_FITTING: Final = ("DT", "k-NN", "SVM", "ANN", "GB")
"""Families whose answers for the lesions they were fitted to follow these lesions' own outcomes."""
OUT_OF_FOLD: Final = "one out-of-fold prediction of each lesion developed on"

STEP: Final = 0.01
"""Between the thresholds of a decision curve."""

HARMONISATION_DRAWS: Final = 100
"""Of the lesions that a new center is adapted to: its interval is wide for other reasons."""


def verdict_on_size(plan: RecommendedPlan, found_auc: float | None = None) -> SizeVerdict:
    """Whether the study is large enough for what it does; patients are counted.

    ``found_auc``, that of the chosen model after correction, sizes the validation where none was anticipated.
    """
    developing = plan.developing
    others = {name: plan.sample(name).n_patients for name in plan.data.samples if name != TRAINING}
    return size_verdict(
        n_development=developing.n_patients,
        prevalence=float(developing.y.mean()),
        parameters=plan.parameters,
        n_validation=others,
        anticipated_auc=plan.study.size.anticipated_auc,
        found_auc=found_auc,
    )


def develop(plan: RecommendedPlan) -> tuple[dict[str, Developed], dict[str, str]]:
    """Every family on all lesions that are not external, and the reasons of those that cannot be developed.

    Raises EstimationError where none can be.
    """
    lesions = plan.developing
    models, failed = parted(plan.development(plan.families)(lesions.frame, lesions.y, lesions.patient))
    if not models:
        reasons = "; ".join(dict.fromkeys(failed.values()))
        raise EstimationError(f"{plan.data.task.label}: no model can be developed: {reasons}")
    return models, failed


def external_predictions(plan: RecommendedPlan, developed: Mapping[str, Developed]) -> tuple[Prediction, ...]:
    """What the models say of the external lesions; empty where there are none."""
    lesions = plan.external
    if lesions is None:
        return ()
    return tuple(
        Prediction(
            task=plan.data.task.name,
            model=name,
            sample=EXTERNAL_VALIDATION,
            lesion=lesions.frame["lesion_id"].to_numpy(dtype=str),
            patient=lesions.frame["patient_id"].to_numpy(dtype=str),
            y=lesions.y,
            probability=(probability := model.probability(lesions.frame)),
            positive=plan.data.task.positive_label,
            is_label=plan.recipe.knn_labels and bool(np.isin(probability, (0.0, 1.0)).all()),
        )
        for name, model in developed.items()
    )


def met_for_the_first_time(plan: RecommendedPlan, developed: Mapping[str, Developed]) -> tuple[Caveat, ...]:
    """What the models are asked of the external lesions that no lesion developed on told them."""
    lesions, label = plan.external, plan.data.task.label
    if lesions is None:
        return ()
    used = {name for model in developed.values() for name in model.selected}
    variables = [variable for variable in plan.candidates if variable.name in used]
    encoding = Encoding.learn(plan.developing.frame, variables)
    unmet = encoding.unmet_levels(lesions.frame)
    caveats = []
    for variable, levels in zip(variables, encoding.levels, strict=True):
        values = lesions.frame[variable.name]
        if values.isna().all():
            message = (
                f"{label}: no external lesion has a value of {variable.label}; it is imputed for all of them."
            )
            caveats.append(Caveat("never_measured", message, column=variable.name))
        strange = values[unmet[variable.name]] if variable.name in unmet else values[:0]
        for level, n in strange.value_counts(sort=False).items():
            message = (
                f"{label}: {n} external lesion(s) have {variable.label} {variable.label_of(str(level))}, which no "
                f"lesion developed on has; the models take it for {variable.label_of(levels[0])}."
            )
            caveats.append(Caveat("unmet_level", message, column=variable.name, value=str(level)))
    return tuple(caveats)


def judge(plan: RecommendedPlan, predictions: tuple[Prediction, ...]) -> Evaluation:
    """Every figure of held-out lesions, at the cut-off of the cross-validated predictions."""
    settings = plan.study.evaluation
    return evaluate(
        predictions,
        seed=plan.study.seed,
        n_bootstrap=settings.n_bootstrap,
        rule_out_certainty=settings.rule_out_probability,
        thresholds=thresholds(plan),
        locked_on=CROSS_VALIDATED,
    )


def thresholds(plan: RecommendedPlan) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The threshold probabilities that the study file set beforehand."""
    lowest, highest = plan.decision_range
    n = max(round((highest - lowest) / STEP), 1)
    return np.round(np.linspace(lowest, highest, n + 1), 10)


def subgroups_of(plan: RecommendedPlan, predictions: tuple[Prediction, ...]) -> SubgroupEvaluation:
    """The dictionary's subgroups, as far as the table has them."""
    dictionary, frame = plan.cohort.dictionary, plan.data.frame.set_index("lesion_id")
    groups: dict[str, pd.Series] = {}
    for subgroup in dictionary.subgroups:
        variable = dictionary[subgroup.variable]
        if variable.name not in frame or frame[variable.name].nunique() < 2:
            continue
        values = subgroup.of(frame[variable.name], variable)
        if order := subgroup.order(variable):
            values = pd.Series(pd.Categorical(values, categories=list(order)), index=values.index)
        groups[subgroup.label or variable.label] = values
    return evaluate_subgroups(predictions, groups)


def shift_of(
    plan: RecommendedPlan,
    predictions: tuple[Prediction, ...],
    model: str,
    developed: Developed,
    out_of_fold: FloatArray,
) -> CenterShift:
    """How the external lesions differ from those developed on, and what that does to the model.

    ``out_of_fold`` (repeats, n) are the model's probabilities of the lesions developed on. See
    docs/decisions/0142.
    """
    external = plan.external
    assert external is not None  # asked for only where there is such a set
    said = {p.sample: p for p in predictions if p.model == model}
    here, there = (
        _side(lesions, said[sample], developed)
        for lesions, sample in ((plan.developing, CROSS_VALIDATED), (external, EXTERNAL_VALIDATION))
    )
    if model in CLOSE_FITTING:
        here = replace(here, of_model=_first_repeat(plan, said[CROSS_VALIDATED], out_of_fold), of=OUT_OF_FOLD)
    return center_shift(
        here,
        there,
        plan.on_both_sides,
        seed=plan.study.seed,
        task=plan.data.task.name,
        model=model,
    )


def harmonised(plan: RecommendedPlan, model: str) -> CombatEffect:
    """ComBat of the scanner-dependent measurements, learned on development and adapted to an external center.

    Of several external centers the one with the most lesions; the others take no part. Of lesions without a gap
    among the candidates alone, so that the model is developed anew. Raises TableError where lesions of that
    center were developed on.
    """
    frame, external = plan.data.frame, plan.data.in_sample(EXTERNAL_VALIDATION)
    center = str(frame.loc[external, "center"].mode().iloc[0])
    here = (frame["center"] == center).to_numpy()
    if (here & ~external).any():
        problem = "has lesions in the development and in the external set: it is no new center"
        raise TableError([Fault("centers", problem, value=center)])
    names = [variable.name for variable in plan.candidates if variable.scanner_dependent]
    whole = frame[[v.name for v in plan.candidates]].notna().all(axis=1).to_numpy() & (~external | here)
    if not (whole & here).any():
        raise EstimationError(f"no lesion of {center} has every candidate, and it takes complete lesions")
    return combat_effect(
        plan.development((model,)),
        frame[whole].reset_index(drop=True),
        plan.data.y[whole],
        plan.data.patient[whole],
        frame.loc[whole, "center"],
        new_center=center,
        measurements=names,
        n_resamples=HARMONISATION_DRAWS,
        seed=plan.study.seed,
        task=plan.data.task.name,
    )


def pattern_of(plan: RecommendedPlan) -> MissingPattern:
    """Which candidates are missing together, and in whom."""
    dictionary = plan.cohort.dictionary
    by = [dictionary[plan.data.task.outcome], dictionary["center"]]
    return missing_pattern(plan.data.frame, plan.candidates, by=by)


def beside_complete(plan: RecommendedPlan, selected: tuple[str, ...]) -> BesideCompleteCases:
    """The logistic model of the variables selected, by complete cases and by imputation."""
    lesions = plan.developing
    imputer = Imputer.learn(lesions.frame, plan.candidates, lesions.y, lesions.patient, seed=plan.study.seed)
    variables = [variable for variable in plan.candidates if variable.name in selected]
    return beside_complete_cases(imputer, lesions.y, variables, m=plan.study.resampling.imputations)


def against_published(plan: RecommendedPlan, chosen: Prediction, published: Prediction) -> DecisionComparison:
    """Net benefit of the model chosen less that of the published protocol's, on the same lesions."""
    return compare_net_benefit(
        chosen,
        published,
        seed=plan.study.seed,
        thresholds=thresholds(plan),
        n_bootstrap=plan.study.evaluation.n_bootstrap,
    )


def _first_repeat(plan: RecommendedPlan, prediction: Prediction, out_of_fold: FloatArray) -> FloatArray:
    """One out-of-fold probability of each lesion predicted: a mean of repeats would spread less than a model does."""
    at = pd.Index(plan.developing.frame["lesion_id"]).get_indexer(pd.Index(prediction.lesion))
    first = out_of_fold[0][at]
    return np.where(np.isfinite(first), first, prediction.probability)


def _side(lesions: Lesions, prediction: Prediction, developed: Developed) -> ShiftedLesions:
    """The lesions that the prediction speaks of, in its order."""
    at = pd.Index(lesions.frame["lesion_id"]).get_indexer(pd.Index(prediction.lesion))
    frame = lesions.frame.iloc[at].reset_index(drop=True)
    return ShiftedLesions(
        frame=frame,
        y=lesions.y[at],
        probability=prediction.probability,
        patient=lesions.patient[at],
        of_model=developed.probability(frame),
    )
