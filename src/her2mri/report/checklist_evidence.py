"""What in a run answers an item of the checklist: data and methods. Results stand in ``checklist_results``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from her2mri import __version__
from her2mri.dictionary import Variable
from her2mri.evaluation.performance import YOUDEN_TRAINING
from her2mri.output.wording import count, listing, model_name, number, times
from her2mri.study.recommended import Recommended, RecommendedTask
from her2mri.study.results import StudyResult

MET: Final = "met"
PARTLY: Final = "partly"
MISSING: Final = "missing"
NOT_APPLICABLE: Final = "not applicable"

_DATE: Final = "mri_date"
_TREATMENT: Final = "prior_treatment"


@dataclass(frozen=True)
class Evidence:
    """Whether the run answers an item, and where."""

    state: str
    where: str


def recommended_of(result: StudyResult) -> Recommended:
    """What the recommended protocol found; raises ValueError where it was not run."""
    if result.recommended is None:
        raise ValueError("the checklist is about a study with the recommended protocol")
    return result.recommended


def each_task(result: StudyResult) -> tuple[RecommendedTask, ...]:
    """The tasks of the recommended protocol."""
    return tuple(recommended_of(result).tasks.values())


def has_external(result: StudyResult) -> bool:
    """Whether a task has an external set."""
    return any(task.plan.external is not None for task in each_task(result))


def candidates(result: StudyResult) -> dict[str, Variable]:
    """Every candidate of a task, by name."""
    return {variable.name: variable for task in each_task(result) for variable in task.plan.candidates}


def graded(whole: bool, some: bool = True) -> str:
    """Met where all of it is there, partly where some is, else missing."""
    return MET if whole else PARTLY if some else MISSING


def title(result: StudyResult) -> Evidence:
    """Whether the study's title says what is done."""
    words = result.study.title.lower()
    said = "predict" in words and any(word in words for word in ("develop", "validat", "evaluat"))
    return Evidence(graded(said), f"title of the study: “{result.study.title}” (study.json)")


def objectives(result: StudyResult) -> Evidence:
    """Developing, validating or both."""
    names = listing([task.plan.data.task.label for task in each_task(result)])
    also = (
        "developed and validated externally"
        if has_external(result)
        else "developed and validated internally only"
    )
    return Evidence(MET, f"{names}: {also} (tables/sets.csv)")


def sources(result: StudyResult) -> Evidence:
    """Where the data come from; whom they stand for the run cannot know."""
    source = str(recommended_of(result).cohort.provenance.get("source", ""))
    where = f"source “{source}”" if source else "lesions in memory, of no named source"
    return Evidence(
        graded(False, bool(source)), f"{where} (study.json); how representative they are, the authors know"
    )


def dates(result: StudyResult) -> Evidence:
    """From when to when patients were examined."""
    frame = recommended_of(result).cohort.frame
    known = frame[_DATE].dropna() if _DATE in frame else pd.Series(dtype=str)
    if known.empty:
        return Evidence(MISSING, f"the table has no {_DATE}")
    first, last = (str(value)[:10] for value in (known.min(), known.max()))
    where = f"{first} to {last}, {len(known)} of {len(frame)} lesions (lesions.csv)"
    return Evidence(graded(len(known) == len(frame)), where)


def centers(result: StudyResult) -> Evidence:
    """How many centers; where they are and of which kind the run cannot know."""
    names = sorted(recommended_of(result).cohort.frame["center"].dropna().astype(str).unique())
    shown = listing(names) if len(names) <= 4 else f"{', '.join(names[:3])} and others"
    return Evidence(
        graded(False, bool(names)),
        f"{count(len(names), 'center')}: {shown} (tables/recommended_flow.csv); setting and place, the authors know",
    )


def eligibility(result: StudyResult) -> Evidence:
    """Which exclusions could be assessed from the table; incomplete lesions are imputed, not left out."""
    found = recommended_of(result)
    imputed = [rule.reason for rule in found.cohort.dictionary.exclusions if rule.missing_in]
    steps = found.flow.frame().drop_duplicates("step")
    steps = steps[(steps["step"] > 0) & ~steps["reason"].isin(imputed)]
    assessed, not_assessed = steps[steps["assessed"]], steps[~steps["assessed"]]
    where = f"{len(assessed)} of {len(steps)} criteria could be assessed (tables/recommended_flow.csv)"
    if len(not_assessed):
        where += f"; not: {listing([str(label) for label in not_assessed['label']])}"
    return Evidence(graded(not_assessed.empty, len(assessed) > 0), where)


def treatment(result: StudyResult) -> Evidence:
    """Whether earlier treatment was asked for, and what was done about it."""
    cohort = recommended_of(result).cohort
    reasons = {exclusion.reason: exclusion for exclusion in cohort.dictionary.exclusions}
    rule = next((one for one in reasons.values() if one.variable == _TREATMENT), None)
    steps = recommended_of(result).flow.frame()
    found = steps[steps["reason"] == (rule.reason if rule else "")]
    if rule is None or found.empty or not found["assessed"].all():
        return Evidence(MISSING, f"the table has no {_TREATMENT}")
    n = int(found["lesions_excluded"].sum())
    return Evidence(MET, f"{count(n, 'lesion')} left out: {rule.label} (tables/recommended_flow.csv)")


def preparation(result: StudyResult) -> Evidence:
    """Checking against the dictionary, with the hash of what was read."""
    cohort = recommended_of(result).cohort
    hashed = bool(cohort.provenance.get("sha256") or cohort.provenance.get("tables"))
    said = f"every value checked against the dictionary {cohort.dictionary.name} {cohort.dictionary.version}"
    input_of = "hash of the input in study.json" if hashed else "no file was read, so its hash is not known"
    caveats = count(len(result.caveat_frame()), "caveat")
    return Evidence(graded(hashed), f"{said}; {input_of}; {caveats} (tables/caveats.csv)")


def outcome(result: StudyResult) -> Evidence:
    """By which rule, from which measurements."""
    cohort = recommended_of(result).cohort
    rule = cohort.dictionary.label_rule(cohort.provenance.get("label_rule"))
    measured = [name for name in rule.inputs if name in cohort.frame and cohort.frame[name].notna().any()]
    if not measured:
        return Evidence(PARTLY, "taken as given in the table; how and when it was found, the authors know")
    return Evidence(MET, f"rule {rule.version} from {listing(measured)} (Methods)")


def predictors_looked_at(result: StudyResult) -> Evidence:
    """The candidates and how they were chosen among."""
    said = [
        f"{len(task.plan.candidates)} candidates ({task.plan.parameters} terms) for {task.plan.data.task.label}"
        for task in each_task(result)
    ]
    of_published = "tables/selection_<task>.csv, " if result.tasks else ""
    return Evidence(MET, f"{listing(said)} ({of_published}tables/recommended_selection_frequency.csv)")


def definitions(result: StudyResult) -> Evidence:
    """Whether the dictionary says of each candidate how it is measured."""
    found = candidates(result)
    described = [variable for variable in found.values() if variable.description]
    where = (
        f"label, unit and levels of all {len(found)} candidates in the data dictionary; how it is measured is said "
        f"of {len(described)} (`her2mri template`)"
    )
    return Evidence(graded(len(described) == len(found)), where)


def size(result: StudyResult) -> Evidence:
    """The verdict on size; whether it suffices decides between met and partly."""
    verdicts = [(task.plan.data.task.label, task.size) for task in each_task(result)]
    enough = all(verdict.large_enough for _, verdict in verdicts)
    said = " ".join(f"{label}: {verdict.sentence()}" for label, verdict in verdicts)
    return Evidence(graded(enough), f"{said} (tables/recommended_sample_size.csv)")


def missing(result: StudyResult) -> Evidence:
    """What is missing, and that it was imputed."""
    incomplete = [task for task in each_task(result) if task.plan.incomplete]
    if not incomplete:
        return Evidence(MET, "no lesion lacks a candidate (tables/missing.csv)")
    said = []
    for task in incomplete:
        names = [variable.name for variable in task.plan.candidates]
        n = int(task.plan.data.frame[names].isna().any(axis=1).sum())
        said.append(f"{n} of {len(task.plan.data.y)} lesions of {task.plan.data.task.label} imputed")
    beside = all(task.missing is not None and task.complete_cases is not None for task in incomplete)
    often = times(result.study.resampling.imputations)
    where = f"{listing(said)}, {often}, inside every development (tables/recommended_missing_patterns.csv)"
    return Evidence(graded(beside), where)


def use_of_data(result: StudyResult) -> Evidence:
    """Which lesions develop and which judge."""
    said = []
    for task in each_task(result):
        external = task.plan.external
        apart = (
            f", {count(len(external.y), 'lesion')} kept apart"
            if external is not None
            else ", none kept apart"
        )
        said.append(
            f"{task.plan.data.task.label}: {count(len(task.plan.developing.y), 'lesion')} develop{apart}"
        )
    return Evidence(MET, f"{'; '.join(said)} (tables/recommended_performance.csv)")


def functional_form(result: StudyResult) -> Evidence:
    """Whether measurements were allowed to act other than along a line."""
    measured = [variable.label for variable in candidates(result).values() if not variable.is_categorical]
    if not measured:
        return Evidence(MET, "all candidates are categories, each with a term a level")
    curved = "RCS" in each_task(result)[0].plan.families
    how = (
        "linear, and restricted cubic splines in spline regression"
        if curved
        else "linear; nothing else was tried"
    )
    return Evidence(graded(curved), f"categories with a term a level; {listing(measured)}: {how} (models/)")


def building(result: StudyResult) -> Evidence:
    """Families, tuning and internal validation, with the developments that failed."""
    task = each_task(result)[0]
    names = listing([model_name(name) for name in task.plan.families])
    resampled = listing([model_name(name) for name in task.validation.model_names])
    return Evidence(
        MET,
        f"{names}; {task.validation.n_bootstrap:,} resamples of patients for {resampled}, "
        f"{task.cross_validation.n_folds}-fold cross-validation {times(task.cross_validation.n_repeats)} for all "
        f"({'tables/tuning.csv, ' if result.tasks else ''}tables/recommended_optimism.csv, "
        "tables/recommended_failed_resamples.csv)",
    )


def between_centers(result: StudyResult) -> Evidence:
    """How centers were dealt with."""
    n = recommended_of(result).cohort.frame["center"].nunique()
    tasks = each_task(result)
    if n < 2:
        return Evidence(NOT_APPLICABLE, "one center")
    left_out = [task for task in tasks if task.internal_external is not None]
    if len(left_out) == len(tasks):
        return Evidence(MET, f"each of {n} centers left out in turn (tables/recommended_centers.csv)")
    apart = has_external(result) or bool(left_out)
    return Evidence(
        graded(False, apart), f"{count(n, 'center')}, {'one set kept apart' if apart else 'pooled'}"
    )


def measures(result: StudyResult) -> Evidence:
    """Whether discrimination, calibration, use and comparison were all measured of the chosen models."""
    asked = {"auc", "calibration_slope", "calibration_in_the_large", "ici", "brier", "net_benefit"}
    lacking: set[str] = set()
    for task in each_task(result):
        rows = task.evaluation.frame()
        rows = rows[(rows["model"] == task.choice.model) & rows["estimate"].notna()]
        lacking |= asked - set(rows["metric"])
    files = "tables/recommended_performance.csv, _calibration.csv, _decision_curve.csv, _comparison.csv"
    return Evidence(
        graded(not lacking), f"{files}" + (f"; not: {listing(sorted(lacking))}" if lacking else "")
    )


def nothing_updated(result: StudyResult) -> Evidence:
    """No model is updated by a study: that is a verb of its own."""
    return Evidence(
        NOT_APPLICABLE, "no model was updated in this run (`her2mri update` does it, to a new bundle)"
    )


def computed(result: StudyResult) -> Evidence:
    """What the held-out predictions came from."""
    if not has_external(result):
        return Evidence(
            PARTLY, "out of fold only: there is no external set (tables/recommended_performance.csv)"
        )
    where = "by the models as developed, at the cut-off locked before (tables/recommended_performance.csv)"
    return Evidence(MET, where)


def imbalance(result: StudyResult) -> Evidence:
    """Classes are never balanced artificially; their shares."""
    shares = [
        f"{task.plan.data.task.positive_label} {task.plan.developing.y.mean():.0%}"
        for task in each_task(result)
    ]
    return Evidence(
        NOT_APPLICABLE, f"classes were left as they are: {listing(shares)} of the lesions developed on"
    )


def fairness(result: StudyResult) -> Evidence:
    """Subgroups in which the chosen models were judged, and those too small."""
    judged: set[tuple[str, str]] = set()
    small: set[tuple[str, str]] = set()
    for task in each_task(result):
        rows = task.subgroups.frame().query("metric == 'auc' and variable != ''")
        for row in rows.to_dict("records"):
            (small if pd.isna(row["estimate"]) else judged).add((str(row["variable"]), str(row["level"])))
    judged_of = sorted({variable for variable, _ in judged})
    if not judged:
        return Evidence(MISSING, "no subgroup could be judged")
    only_small = small - judged
    more = f"; {len(only_small)} too small to say" if only_small else ""
    where = f"{len(judged)} subgroups by {listing(judged_of)}{more} (tables/recommended_subgroups.csv)"
    return Evidence(graded(not only_small), where)


def output(result: StudyResult) -> Evidence:
    """The locked cut-off of each task."""
    said = []
    for task in each_task(result):
        rows = task.evaluation.frame()
        rows = rows[(rows["model"] == task.choice.model) & (rows["threshold_rule"] == YOUDEN_TRAINING)]
        values = rows["threshold"].dropna()
        if len(values):
            said.append(f"{task.plan.data.task.label} {number(float(values.iloc[0]), 3)}")
    return Evidence(
        graded(len(said) == len(each_task(result)), bool(said)),
        f"a probability; cut-off by the highest Youden index of cross-validated predictions: {listing(said)} "
        "(tables/recommended_performance.csv)",
    )


def differences(result: StudyResult) -> Evidence:
    """How the external set differs."""
    if not has_external(result):
        return Evidence(NOT_APPLICABLE, "there is no external set")
    shifted = all(task.shift is not None for task in each_task(result))
    files = ("tables/recommended_center_shift.csv", "tables/recommended_center_differences.csv")
    return Evidence(graded(shifted), ", ".join(files) if shifted else "tables/sets.csv")


def protocol(result: StudyResult) -> Evidence:
    """The settings are kept; whether they were fixed before, the run cannot know."""
    where = f"every setting and the seed {result.study.seed} in study.json; where the protocol lies, the authors know"
    return Evidence(PARTLY, where)


def code(result: StudyResult) -> Evidence:
    """Versions of the software."""
    return Evidence(MET, f"her2mri {__version__}; versions of what it stands on in study.json")


Judge = Callable[[StudyResult], Evidence]
OF_METHODS: Final[Mapping[str, Judge]] = {
    "title": title, "objectives": objectives, "sources": sources, "dates": dates, "centers": centers,
    "eligibility": eligibility, "treatment": treatment, "preparation": preparation, "outcome": outcome,
    "candidates": predictors_looked_at, "definitions": definitions, "size": size, "missing": missing,
    "use_of_data": use_of_data, "functional_form": functional_form, "building": building,
    "between_centers": between_centers, "measures": measures, "updating": nothing_updated, "computed": computed,
    "imbalance": imbalance, "fairness": fairness, "output": output, "differences": differences,
    "protocol": protocol, "code": code,
}  # fmt: skip
