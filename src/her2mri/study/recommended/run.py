"""Running the recommended protocol: every stage over all tasks, on as many processes as there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pandas as pd

from her2mri.centers.internal_external import InternalExternal, internal_external
from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.eligibility import apply_exclusions
from her2mri.dictionary import Variable
from her2mri.errors import EstimationError, TableError
from her2mri.evaluation.evaluation import Evaluation
from her2mri.evaluation.notes import EvaluationNote
from her2mri.evaluation.prediction import Prediction
from her2mri.jobs import Runner
from her2mri.models.development import Developed
from her2mri.models.imputed import ImputedModel
from her2mri.study.recommended import steps
from her2mri.study.recommended.choice import Choice, choose
from her2mri.study.recommended.plan import RecommendedPlan
from her2mri.study.recommended.result import Recommended, RecommendedTask
from her2mri.study.recommended.three_classes import chained, evaluate_chain
from her2mri.study.study_file import StudyFile
from her2mri.study.task_data import nothing_left
from her2mri.validation.cross_validation import CrossValidation, cross_validate_development
from her2mri.validation.development_validation import DevelopmentValidation, validate_development
from her2mri.vocabulary import CROSS_VALIDATED, EXTERNAL_VALIDATION, OPTIMISM_CORRECTED, SAMPLES

FEWEST_CENTERS: Final = 3
"""With two centers leaving one out is external validation both ways, which the study has already one way."""


@dataclass(frozen=True)
class HeldOut:
    """What is known of a task once its models are developed and judged on held-out lesions."""

    plan: RecommendedPlan
    validation: DevelopmentValidation
    cross_validation: CrossValidation
    developed: Mapping[str, Developed]
    failed: Mapping[str, str]
    predictions: tuple[Prediction, ...]
    evaluation: Evaluation
    choice: Choice

    def said_by(self, model: str, sample: str) -> Prediction | None:
        """The model's prediction of that sample."""
        return next((p for p in self.predictions if (p.model, p.sample) == (model, sample)), None)


def run_recommended(
    study: StudyFile,
    cohort: Cohort,
    candidates: tuple[Variable, ...],
    published: Mapping[str, Prediction],
    runner: Runner,
    resampling: Runner,
) -> Recommended:
    """Everything of the protocol, on ``cohort`` before exclusions; ``resampling`` does the repeated developments.

    ``published`` has, by task, what the published protocol's logistic regression says of the external lesions.
    Raises InputError where the lesions cannot carry a development.
    """
    included, flow = apply_exclusions(cohort, predictors=())
    if included.frame.empty:
        raise TableError([nothing_left(included)])
    plans = [RecommendedPlan.of(study, included, name, candidates) for name in study.task_names]
    validated = [_validate(plan, resampling) for plan in plans]
    crossed = [_cross_validate(plan, resampling) for plan in plans]
    centers = [_centers(plan, resampling) for plan in plans]
    developed = runner.run("Develop the final models", [partial(steps.develop, plan) for plan in plans])
    predictions = [
        (*cross.predictions(), *steps.external_predictions(plan, models))
        for plan, cross, (models, _) in zip(plans, crossed, developed, strict=True)
    ]
    evaluations = runner.run(
        "Evaluate held-out lesions",
        [partial(steps.judge, plan, said) for plan, said in zip(plans, predictions, strict=True)],
    )
    found = [
        HeldOut(plan, validation, cross, models, failed, said, evaluation, _chosen(models, evaluation))
        for plan, validation, cross, (models, failed), said, evaluation in zip(
            plans, validated, crossed, developed, predictions, evaluations, strict=True
        )
    ]
    tasks = _described(found, centers, published, runner)
    chain = chained(tasks)
    classes = None
    if chain is not None:
        n_bootstrap = study.evaluation.n_bootstrap
        (classes,) = runner.run(
            "Chain the tasks", [partial(evaluate_chain, chain, seed=study.seed, n_bootstrap=n_bootstrap)]
        )
    return Recommended(included, flow, tasks, classes, included.caveats)


def _chosen(developed: Mapping[str, Developed], evaluation: Evaluation) -> Choice:
    return choose(evaluation.frame(), evaluation.comparison_frame(), tuple(developed))


def _validate(plan: RecommendedPlan, runner: Runner) -> DevelopmentValidation:
    n_bootstrap = plan.study.resampling.n_bootstrap
    repeat = partial(validate_development, n_bootstrap=n_bootstrap, run=runner.resume)
    return repeat(plan.development(plan.bootstrapped), **_developing(plan))


def _cross_validate(plan: RecommendedPlan, runner: Runner) -> CrossValidation:
    folds, repeats = plan.study.resampling.folds, plan.study.resampling.repeats
    repeat = partial(cross_validate_development, n_folds=folds, n_repeats=repeats, run=runner.resume)
    return repeat(plan.development(plan.families), **_developing(plan))


def _developing(plan: RecommendedPlan) -> dict[str, Any]:
    """The lesions developed on, and their names for the results."""
    lesions, task = plan.developing, plan.data.task
    named = {"task": task.name, "positive": task.positive_label, "seed": plan.study.seed}
    return {"frame": lesions.frame, "y": lesions.y, "patient": lesions.patient, **named}


def _centers(plan: RecommendedPlan, runner: Runner) -> InternalExternal | Caveat | None:
    """Each center left out in turn, where there are three or more."""
    data = plan.data
    if data.frame["center"].nunique() < FEWEST_CENTERS:
        return None
    leave_out = partial(
        internal_external,
        plan.development(plan.bootstrapped),
        data.frame,
        data.y,
        data.patient,
        data.frame["center"],
        task=data.task.name,
        positive=data.task.positive_label,
        run=runner.resume,
    )
    answer: InternalExternal | Caveat = _attempted(plan, "Internal-external validation", leave_out)
    return answer


def _described(
    found: Sequence[HeldOut],
    centers: Sequence[InternalExternal | Caveat | None],
    published: Mapping[str, Prediction],
    runner: Runner,
) -> dict[str, RecommendedTask]:
    """The remaining analyses of every task, side by side; one that cannot be done leaves a caveat."""
    asked = [_further(one, published) for one in found]
    jobs = [job for analyses in asked for job in analyses.values()]
    answers = iter(runner.run("Subgroups, shift and missing values", jobs))
    tasks = {}
    for one, analyses, between in zip(found, asked, centers, strict=True):
        answered: dict[str, Any] = {name: next(answers) for name in analyses}
        answered["internal_external"] = between
        caveats = [answer for answer in answered.values() if isinstance(answer, Caveat)]
        parts: dict[str, Any] = dict.fromkeys(_PARTS)
        parts |= {name: None if isinstance(answer, Caveat) else answer for name, answer in answered.items()}
        tasks[one.plan.data.task.name] = RecommendedTask(
            plan=one.plan,
            size=steps.verdict_on_size(one.plan, _found_auc(one)),
            validation=one.validation,
            cross_validation=one.cross_validation,
            developed=one.developed,
            predictions=one.predictions,
            evaluation=one.evaluation,
            choice=one.choice,
            beside_published=one.plan.data.task.name in published,
            caveats=(
                *one.plan.caveats,
                *steps.met_for_the_first_time(one.plan, one.developed),
                *caveats,
                *_notes(one, parts),
            ),
            **parts,
        )
    return tasks


def _found_auc(one: HeldOut) -> float | None:
    """The AUC of the chosen model, corrected for optimism where it was bootstrapped, else cross-validated."""
    rows = pd.concat([one.validation.frame(), one.evaluation.frame()], ignore_index=True)
    rows = rows[(rows["model"] == one.choice.model) & (rows["metric"] == "auc")]
    rows = rows[rows["sample"].isin([OPTIMISM_CORRECTED, CROSS_VALIDATED])].dropna(subset="estimate")
    return None if rows.empty else float(rows["estimate"].iloc[0])


_PARTS: Final = (
    "subgroups", "net_benefit", "internal_external", "shift", "harmonisation", "missing", "complete_cases",
)  # fmt: skip


def _further(one: HeldOut, published: Mapping[str, Prediction]) -> dict[str, Callable[[], Any]]:
    """The analyses that this task's lesions call for, by the name of their result."""
    plan, model = one.plan, one.choice.model
    chosen = tuple(p for p in one.predictions if p.model == model)
    wanted: dict[str, tuple[str, Callable[[], Any]]] = {
        "subgroups": ("Subgroups", partial(steps.subgroups_of, plan, chosen))
    }
    external = one.said_by(model, EXTERNAL_VALIDATION)
    earlier = published.get(plan.data.task.name)
    if external is not None:
        shift = partial(
            steps.shift_of, plan, chosen, model, one.developed[model], one.cross_validation.probability[model]
        )
        wanted["shift"] = ("Center shift", shift)
        if any(variable.scanner_dependent for variable in plan.candidates):
            wanted["harmonisation"] = ("Harmonisation", partial(steps.harmonised, plan, model))
        if earlier is not None and set(earlier.lesion) == set(external.lesion):
            compare = partial(steps.against_published, plan, external, earlier)
            wanted["net_benefit"] = ("Net benefit compared", compare)
    if plan.incomplete:
        wanted["missing"] = ("Missing values", partial(steps.pattern_of, plan))
        if "LR" in one.developed:
            selected = one.developed["LR"].selected
            wanted["complete_cases"] = ("Complete cases", partial(steps.beside_complete, plan, selected))
    return {name: partial(_attempted, plan, title, job) for name, (title, job) in wanted.items()}


def _attempted(plan: RecommendedPlan, title: str, job: Callable[[], Any]) -> Any:
    """The answer, or the caveat that says why these lesions do not carry it."""
    try:
        return job()
    except (EstimationError, TableError) as error:
        return Caveat("not_applicable", f"{plan.data.task.label}: {title} cannot be given: {error}")


def _notes(one: HeldOut, parts: Mapping[str, Any]) -> list[Caveat]:
    """Failed resamples, and what the evaluations say of themselves."""
    label = one.plan.data.task.label
    caveats = [
        Caveat("not_developed", f"{label}: {model} could not be developed on all lesions: {reason}.")
        for model, reason in one.failed.items()
    ]
    for table in (one.validation.failures_frame(), one.cross_validation.failures_frame()):
        caveats += [
            Caveat(
                "failed_resamples",
                f"{label}, {row['stage']}: {row['n_failed']} of {row['n_developments']} developments gave no "
                f"{row['model'] or 'model at all'}: {row['reason']}.",
            )
            for row in table.to_dict("records")
        ]
    empty = [name for name, model in one.developed.items() if not model.selected]
    if empty:
        message = (
            f"{label}: no variable was selected; {', '.join(empty)} give every lesion the share of events."
        )
        caveats.append(Caveat("nothing_selected", message))
    if any(isinstance(m, ImputedModel) and not m.imputer.nothing_missing for m in one.developed.values()):
        message = f"{label}: values were imputed, so each model is an average of several; none is frozen as a bundle."
        caveats.append(Caveat("not_frozen", message))
    notes: list[EvaluationNote] = list(one.evaluation.notes)
    if parts.get("internal_external") is not None:
        notes += parts["internal_external"].notes
    for note in notes:
        sample = SAMPLES[note.sample].lower() if note.sample in SAMPLES else note.sample
        where = [label, sample, note.model]
        caveats.append(Caveat(note.code, f"{', '.join(filter(None, where))}: {note.message}."))
    return caveats
