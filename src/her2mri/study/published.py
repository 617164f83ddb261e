"""Running the published protocol: every stage over all tasks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from her2mri.cohort.cohort import Cohort
from her2mri.dictionary import Variable
from her2mri.jobs import Runner
from her2mri.study.results import TaskResult
from her2mri.study.study_file import StudyFile
from her2mri.study.task_analysis import (
    TaskPlan,
    describe,
    evaluate_task,
    explain_model,
    fit_model,
    nomogram_of,
    predictable,
    said_of,
    select,
    separation_of,
)
from her2mri.study.task_data import task_data


def run_published(
    study: StudyFile, cohort: Cohort, candidates: tuple[Variable, ...], runner: Runner
) -> dict[str, TaskResult]:
    """Every task of the study on the lesions left after exclusions, by its name.

    Raises InputError where the lesions cannot carry the study.
    """
    plans = []
    for name in study.task_names:
        data = task_data(cohort, cohort.dictionary.task(name), study)
        plans.append(TaskPlan.of(study, cohort, data, candidates))
    tables = runner.run("Describe the lesions", [partial(describe, plan) for plan in plans])
    selections = runner.run("Select predictors", [partial(select, plan) for plan in plans])
    families = study.models.families
    chosen = list(zip(plans, selections, strict=True))
    jobs = [partial(fit_model, plan, selection, name) for plan, selection in chosen for name in families]
    fitted = _by_task(runner.run("Tune and fit models", jobs), families)
    paired = list(zip(plans, fitted, strict=True))
    evaluated = runner.run("Evaluate", [partial(evaluate_task, plan, fits) for plan, fits in paired])
    jobs_explain = [partial(explain_model, plan, fit) for plan, fits in paired for fit in fits.values()]
    explained = _by_task(runner.run("Explain", jobs_explain), families)
    tasks = {}
    for i, (plan, fits) in enumerate(paired):
        predictions, evaluation = evaluated[i]
        tasks[plan.data.task.name] = TaskResult(
            data=plan.data,
            table_one=tables[i],
            selection=selections[i],
            fits=fits,
            predictions=predictions,
            evaluation=evaluation,
            nomogram=nomogram_of(plan, fits["LR"]),
            shapley=explained[i],
            caveats=(
                *plan.caveats,
                *separation_of(plan, selections[i]),
                *predictable(plan, fits)[1],
                *said_of(plan, evaluation),
            ),
            n_bootstrap=study.evaluation.n_bootstrap,
        )
    return tasks


def _by_task(results: list[Any], families: Sequence[str]) -> list[dict[str, Any]]:
    """Results in the order of tasks and families, as one dictionary by family for each task."""
    width = len(families)
    return [
        dict(zip(families, results[start : start + width], strict=True))
        for start in range(0, len(results), width)
    ]
