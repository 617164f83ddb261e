"""Who is left out and why, in the dictionary's order, with counts by center: the study's flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.dictionary import DataDictionary, Exclusion, Variable

SCREENED: Final = "screened"
NOT_LABELLED: Final = "not_labelled"
FLOW_COLUMNS: Final = (
    "step", "reason", "label", "assessed", "center",
    "lesions_excluded", "patients_excluded", "lesions_remaining", "patients_remaining",
)  # fmt: skip

MISSING_COLUMNS: Final = ("reason", "variable", "label", "lesions_missing", "lesions_missing_only_this")

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Mask = pd.Series[bool]


@dataclass(frozen=True)
class Flow:
    """The counts of each step. ``steps`` is what ``frame`` gives; ``missing`` says what was incomplete."""

    steps: pd.DataFrame
    missing: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """A row a step and center: excluded here, and remaining after it.

        Step 0 is everyone screened. A patient is excluded by the step that takes the last lesion.
        ``assessed`` is False where the table lacks what the step asks for, so that nobody could be excluded.
        """
        return self.steps.copy()

    def missing_frame(self) -> pd.DataFrame:
        """For each predictor that made lesions incomplete: how many lack it, and how many lack nothing else."""
        return self.missing.copy()

    def plot(self, ax: Axes | None = None, *, sets: pd.DataFrame | None = None) -> Axes:
        """The flow chart.

        ``sets`` adds the tasks: columns task, sample, lesions, patients, positive, n_events, negative,
        n_nonevents. The chart is as large as its text asks for; within ``ax`` it is scaled to fit.
        """
        from her2mri.cohort.drawing_flow import draw_flow

        return draw_flow(self.steps, sets=sets, ax=ax)


def apply_exclusions(cohort: Cohort, *, predictors: Sequence[str]) -> tuple[Cohort, Flow]:
    """The lesions left after every exclusion of the dictionary and without those that have no outcome.

    A lesion is incomplete where one of the ``predictors`` that the table has is missing. Of several lesions
    compared for size the largest stays; of equally large ones the first row, which is said.
    """
    dictionary, frame = cohort.dictionary, cohort.frame
    used = [dictionary[name] for name in predictors if name in frame and frame[name].notna().any()]
    centers = sorted(set(frame["center"]))
    steps = [_step(frame, _nobody(frame), 0, SCREENED, "Screened", True, centers)]
    excluded: list[pd.DataFrame] = []
    missing: list[pd.DataFrame] = []
    caveats: list[Caveat] = []
    for exclusion in dictionary.exclusions:
        out, assessed, found = _judged(frame, exclusion, dictionary, used)
        caveats += found
        if exclusion.missing_in:
            missing.append(_missing_counts(frame, exclusion, used))
        steps.append(_step(frame, out, len(steps), exclusion.reason, exclusion.label, assessed, centers))
        excluded.append(_left_out(frame[out], exclusion.reason))
        frame = frame[~out]
    outcomes = [dictionary[name] for name in dict.fromkeys(task.outcome for task in dictionary.tasks)]
    out = frame[[variable.name for variable in outcomes]].isna().all(axis=1)
    label = f"{' and '.join(variable.label for variable in outcomes)} cannot be said"
    steps.append(_step(frame, out, len(steps), NOT_LABELLED, label, True, centers))
    excluded.append(_left_out(frame[out], NOT_LABELLED))
    included = cohort.with_frame(
        frame[~out],
        exclusions=pd.concat(excluded, ignore_index=True),
        caveats=(*cohort.caveats, *caveats),
    )
    counts = [pd.DataFrame(columns=list(MISSING_COLUMNS)), *missing]
    table = pd.concat(counts, ignore_index=True).astype(dict.fromkeys(MISSING_COLUMNS[-2:], "int64"))
    return included, Flow(pd.concat(steps, ignore_index=True), table)


def _judged(
    frame: pd.DataFrame, exclusion: Exclusion, dictionary: DataDictionary, used: Sequence[Variable]
) -> tuple[Mask, bool, list[Caveat]]:
    """Which lesions an exclusion takes, whether it could be assessed, and what must be said."""
    nobody = _nobody(frame)
    if exclusion.missing_in:
        names = [variable.name for variable in used if variable.group in exclusion.missing_in]
        return (frame[names].isna().any(axis=1) if names else nobody), bool(names), []
    if exclusion.keep_largest:
        return _smaller(frame, exclusion, dictionary)
    if exclusion.variable not in frame or frame[exclusion.variable].isna().all():
        return nobody, False, []
    values = frame[exclusion.variable]
    caveats = []
    if unknown := int(values.isna().sum()):
        message = f"{exclusion.label}: {unknown} lesions have no value and were not excluded for it"
        caveats.append(Caveat("eligibility_unknown", message, column=exclusion.variable, value=str(unknown)))
    return values.isin(exclusion.equals), True, caveats


def _smaller(
    frame: pd.DataFrame, exclusion: Exclusion, dictionary: DataDictionary
) -> tuple[Mask, bool, list[Caveat]]:
    """Every lesion but the largest of those of one patient that are alike in ``within``."""
    compared = [exclusion.keep_largest, *exclusion.within]
    if any(name not in frame for name in compared):
        return _nobody(frame), False, []
    keys = ["patient_id", *exclusion.within]
    several = frame["patient_id"].duplicated(keep=False)
    unknown = several & frame[keys].isna().any(axis=1)
    caveats = []
    for lesion in frame.loc[unknown, "lesion_id"]:
        words = " and ".join(dictionary[name].label.lower() for name in exclusion.within)
        message = f"{exclusion.label}: {words} is not known, so the lesion was kept"
        caveats.append(Caveat("not_compared", message, column="lesion_id", value=str(lesion)))
    size = frame[exclusion.keep_largest].fillna(-np.inf)
    groups = [frame[key] for key in keys]
    largest = size.groupby(groups, dropna=False).transform("max")
    is_largest = size == largest
    first = ~is_largest.groupby(groups, dropna=False).cumsum().gt(1) & is_largest
    tied = is_largest & ~first & ~unknown
    for lesion in frame.loc[tied, "lesion_id"]:
        message = (
            f"{exclusion.label}: as large as another lesion that comes first in the table, which was kept"
        )
        caveats.append(Caveat("tie", message, column="lesion_id", value=str(lesion)))
    return ~first & ~unknown, True, caveats


def _nobody(frame: pd.DataFrame) -> Mask:
    return pd.Series(False, index=frame.index, dtype=bool)


def _step(
    frame: pd.DataFrame,
    out: Mask,
    number: int,
    reason: str,
    label: str,
    assessed: bool,
    centers: Sequence[str],
) -> pd.DataFrame:
    """The counts of one step by center; a center keeps its row when nobody is left of it."""
    before, after = _counts(frame, centers), _counts(frame[~out], centers)
    gone = (before - after).add_suffix("_excluded")
    table = pd.concat([gone, after.add_suffix("_remaining")], axis=1).rename_axis("center").reset_index()
    table = table.assign(step=number, reason=reason, label=label, assessed=assessed)
    return table[list(FLOW_COLUMNS)]


def _counts(frame: pd.DataFrame, centers: Sequence[str]) -> pd.DataFrame:
    """Lesions and patients of each center."""
    by_center = frame.groupby("center")
    counts = pd.DataFrame({"lesions": by_center.size(), "patients": by_center["patient_id"].nunique()})
    return counts.reindex(list(centers), fill_value=0).astype("int64")


def _left_out(lesions: pd.DataFrame, reason: str) -> pd.DataFrame:
    return lesions[["patient_id", "lesion_id", "center"]].assign(reason=reason)


def _missing_counts(frame: pd.DataFrame, exclusion: Exclusion, used: Sequence[Variable]) -> pd.DataFrame:
    """Which predictors the lesions of this step lack."""
    asked = [variable for variable in used if variable.group in exclusion.missing_in]
    missing = frame[[variable.name for variable in asked]].isna()
    alone = missing.sum(axis=1) == 1
    rows = [
        (exclusion.reason, variable.name, variable.label, int(lacks.sum()), int((lacks & alone).sum()))
        for variable in asked
        if (lacks := missing[variable.name]).any()
    ]
    return pd.DataFrame(rows, columns=list(MISSING_COLUMNS))
