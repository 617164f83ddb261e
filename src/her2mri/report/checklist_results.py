"""What in a run answers an item of the checklist: results and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from her2mri.bundle.families import PATIENT_FAMILIES
from her2mri.models.development import DevelopedModel
from her2mri.output.wording import count, listing
from her2mri.report.checklist_evidence import (
    MET,
    MISSING,
    NOT_APPLICABLE,
    PARTLY,
    Evidence,
    Judge,
    each_task,
    graded,
    has_external,
    nothing_updated,
    recommended_of,
)
from her2mri.study.recommended import RecommendedTask
from her2mri.study.results import StudyResult

_IN_NO_FILE: Final = frozenset({"GB"})
"""Families that no bundle can hold."""


def flow(result: StudyResult) -> Evidence:
    """Everybody screened, left out and kept, with and without the outcome."""
    found = recommended_of(result)
    out, kept = len(found.cohort.exclusions), len(found.cohort.frame)
    events = [f"{int(t.plan.data.y.sum())} {t.plan.data.task.positive_label}" for t in each_task(result)]
    where = f"{count(out + kept, 'lesion')} screened, {out} left out, {kept} kept; {listing(events)}"
    return Evidence(MET, f"{where} (figures/flow.svg, tables/recommended_flow.csv, tables/sets.csv)")


def characteristics(result: StudyResult) -> Evidence:
    """Table one of every set."""
    if not result.tasks:
        return Evidence(MISSING, "the published protocol, whose part table one is, was left out")
    described = {name: len(task.table_one) for name, task in result.tasks.items()}
    whole = all(n == len(result.tasks[name].data.samples) for name, n in described.items())
    files = listing([f"tables/table_one_{name}.csv" for name in described])
    return Evidence(graded(whole), f"{files}; missing values in tables/missing.csv")


def case_mix(result: StudyResult) -> Evidence:
    """The predictors of the external set beside those of the development."""
    if not has_external(result):
        return Evidence(NOT_APPLICABLE, "there is no external set")
    shifted = all(task.shift is not None for task in each_task(result))
    where = "tables/recommended_center_differences.csv" if shifted else "tables/table_one_<task>.csv"
    return Evidence(graded(shifted), where)


def numbers(result: StudyResult) -> Evidence:
    """Patients, lesions and events behind each analysis."""
    said = []
    for task in each_task(result):
        lesions = task.plan.developing
        said.append(
            f"{lesions.n_patients:,} patients, {int(lesions.y.sum())} {task.plan.data.task.positive_label}"
        )
    where = f"developed on {'; '.join(said)} (tables/sets.csv; n and n_events in the rows of every table)"
    return Evidence(MET, where)


def specification(result: StudyResult) -> Evidence:
    """Whether the chosen models can be frozen, and so be used by others."""
    tasks = each_task(result)
    frozen = [task for task in tasks if _is_frozen(task)]
    files = [f"models/{task.name}/recommended/{task.choice.model}.json" for task in frozen]
    others = [task.plan.data.task.label for task in tasks if not _is_frozen(task)]
    lacking = f"the chosen model of {listing(others)} is in no file" if others else ""
    return Evidence(graded(not others, bool(frozen)), "; ".join(filter(None, [listing(files), lacking])))


def _is_frozen(task: RecommendedTask) -> bool:
    model = task.choice.model
    whole = isinstance(task.developed[model], DevelopedModel)
    return whole and model not in _IN_NO_FILE and model not in PATIENT_FAMILIES


def performance(result: StudyResult) -> Evidence:
    """Figures with intervals, in subgroups too."""
    tasks = each_task(result)
    rows = [task.evaluation.frame().query("metric == 'auc'") for task in tasks]
    whole = all(found["conf_low"].notna().all() for found in rows)
    grouped = all((task.subgroups.frame()["variable"] != "").any() for task in tasks)
    files = "tables/recommended_performance.csv" + (", tables/recommended_subgroups.csv" if grouped else "")
    return Evidence(graded(whole and grouped), files)


def heterogeneity(result: StudyResult) -> Evidence:
    """How performance differs between centers."""
    tasks, n = each_task(result), recommended_of(result).cohort.frame["center"].nunique()
    if n < 2:
        return Evidence(NOT_APPLICABLE, "one center")
    if all(task.internal_external is not None for task in tasks):
        return Evidence(MET, "tables/recommended_centers.csv, tables/recommended_center_pools.csv")
    if has_external(result):
        where = f"the external set alone, of {count(n, 'center')} (tables/recommended_performance.csv)"
        return Evidence(PARTLY, where)
    return Evidence(MISSING, f"{count(n, 'center')}, judged together")


def limitations(result: StudyResult) -> Evidence:
    """What the run found that limits it; the discussion is the authors'."""
    n = len(result.caveat_frame())
    verdicts = [task.plan.data.task.label for task in each_task(result) if not task.size.large_enough]
    small = f"; too small by its own verdict: {listing(verdicts)}" if verdicts else ""
    return Evidence(
        PARTLY, f"{count(n, 'caveat')} (tables/caveats.csv){small}; the discussion is the authors'"
    )


def missing_in_use(result: StudyResult) -> Evidence:
    """What a frozen model does where an input is missing."""
    if any(_is_frozen(task) for task in each_task(result)):
        return Evidence(
            PARTLY,
            "a frozen model averages over the values that a missing input may have, and says so (models/); poor "
            "images, the authors know",
        )
    return Evidence(MISSING, "no frozen model says what to do")


def users(result: StudyResult) -> Evidence:
    """What the user enters, and the caution that goes with an answer."""
    caution = recommended_of(result).cohort.dictionary.caution
    return Evidence(graded(False, bool(caution)), f"inputs as the data dictionary defines them; {caution}")


OF_RESULTS: Final[Mapping[str, Judge]] = {
    "flow": flow, "characteristics": characteristics, "case_mix": case_mix, "numbers": numbers,
    "specification": specification, "performance": performance, "heterogeneity": heterogeneity,
    "updated": nothing_updated, "limitations": limitations, "missing_in_use": missing_in_use, "users": users,
}  # fmt: skip
