"""Which set each lesion belongs to, and folds: by patient, stratified by the outcome, whatever the row order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.design_matrix import IntArray
from her2mri.dictionary import Task
from her2mri.errors import Fault, TableError
from her2mri.vocabulary import EXTERNAL_VALIDATION, INTERNAL_VALIDATION, SAMPLES, TRAINING

FEWEST_EVENTS: Final = 2
FEW_EVENTS: Final = 10
"""Below ``FEWEST_EVENTS`` of either class a set is refused; below ``FEW_EVENTS`` it is said."""


def assign_sets(
    cohort: Cohort,
    task: Task,
    *,
    external: Sequence[str] = (),
    train_fraction: float = 0.7,
    seed: int = 0,
) -> pd.Series[str]:
    """The sample of each lesion of ``cohort.frame``; missing where the lesion is not eligible for the task.

    A set column of the table wins (``set_<task>``, else ``set``). Otherwise the ``external`` centers are the
    external validation set and ``train_fraction`` of the other centers' lesions are trained on: drawn by
    patient, within patients with and without an event. The draw depends on the seed, the task and the patients'
    identifiers alone.

    Raises TableError where the sets are given for some lesions only, a center does not exist, or a set has
    fewer than two lesions of a class.
    """
    eligible = cohort.frame[cohort.frame[task.outcome].isin(task.eligible)]
    column = given_sets(cohort, task)
    if column:
        sample = _given(eligible, column)
    else:
        sample = _drawn(eligible, task, external=external, train_fraction=train_fraction, seed=seed)
    if faults := list(_unusable(eligible, task, sample)):
        raise TableError(faults)
    return sample.reindex(cohort.frame.index)


def given_sets(cohort: Cohort, task: Task) -> str:
    """The column that assigns the task's sets; empty if they are to be drawn."""
    for name in (task.set_column, "set"):
        if name in cohort.frame and cohort.frame[name].notna().any():
            return name
    return ""


def split_caveats(cohort: Cohort, task: Task, sample: pd.Series[str]) -> tuple[Caveat, ...]:
    """What must be said of sets: patients on both sides of a split, and sets with few events.

    ``sample`` is what ``assign_sets`` gave.
    """
    lesions = cohort.frame.assign(_sample=sample)[sample.notna()]
    caveats = []
    sets_of = lesions.groupby("patient_id", sort=True)["_sample"].nunique()
    for patient in sets_of.index[sets_of > 1]:
        message = (
            f"{task.label}: the lesions of one patient are in different sets; the sets are not independent."
        )
        caveats.append(Caveat("patient_in_two_sets", message, column="patient_id", value=str(patient)))
    for name, n_events, n_nonevents in _class_counts(lesions, task, lesions["_sample"]):
        rarer, label = min((n_events, task.positive_label), (n_nonevents, task.negative_label))
        if rarer < FEW_EVENTS:
            message = (
                f"{task.label}: the {SAMPLES[name].lower()} set has {rarer} {label} lesions; with fewer than "
                f"{FEW_EVENTS} its estimates are very uncertain."
            )
            caveats.append(Caveat("few_events", message, value=str(rarer)))
    return tuple(caveats)


def grouped_folds(y: IntArray, patient: IntArray, n_folds: int, seed: int) -> IntArray:
    """A fold from 0 to ``n_folds - 1`` for each lesion: never parting a patient, stratified by the outcome.

    Patients with an event and patients without are shuffled and dealt in turn, those with most lesions first,
    so that neither events nor lesions pile up in a fold. The order of the rows does not matter.

    Raises TableError where there are fewer patients than folds.

    >>> grouped_folds(np.array([1, 1, 0, 0, 0]), np.array([7, 7, 8, 9, 9]), 3, 1).tolist()
    [0, 0, 2, 1, 1]
    """
    identifiers, position, n_lesions = np.unique(patient, return_inverse=True, return_counts=True)
    if n_folds > len(identifiers):
        problem = f"{len(identifiers)} patients cannot be divided into {n_folds} folds"
        raise TableError([Fault("table", problem, remedy="add patients, or ask for fewer folds")])
    has_event = np.bincount(position, weights=y, minlength=len(identifiers)) > 0
    order = np.random.default_rng(np.random.SeedSequence([seed, n_folds])).permutation(len(identifiers))
    order = order[np.lexsort((-n_lesions[order], ~has_event[order]))]
    fold_of = np.empty(len(identifiers), dtype=np.int64)
    fold_of[order] = np.arange(len(order)) % n_folds
    return fold_of[position]


def _given(eligible: pd.DataFrame, column: str) -> pd.Series[str]:
    sample = eligible[column]
    without = eligible.loc[sample.isna(), "lesion_id"]
    if len(without):
        raise TableError(
            Fault(
                "table",
                f"{column} is given for some lesions only: this lesion has none",
                allowed=", ".join(
                    SAMPLES[name] for name in (TRAINING, INTERNAL_VALIDATION, EXTERNAL_VALIDATION)
                ),
                remedy="fill it for every lesion, or delete the column to have the sets drawn",
                column=column,
                value=str(lesion),
            )
            for lesion in without
        )
    return sample


def _drawn(
    eligible: pd.DataFrame, task: Task, *, external: Sequence[str], train_fraction: float, seed: int
) -> pd.Series[str]:
    centers = sorted(set(eligible["center"]))
    if unknown := [name for name in external if name not in centers]:
        raise TableError(
            Fault(
                "external centers",
                f"no lesion of {task.label} is from this center",
                allowed=", ".join(centers),
                value=name,
            )
            for name in unknown
        )
    is_external = eligible["center"].isin(external)
    sample = pd.Series(EXTERNAL_VALIDATION, index=eligible.index, dtype="str")
    own = eligible[~is_external]
    trained = _training_patients(own, task, train_fraction=train_fraction, seed=seed)
    sample[own.index] = np.where(own["patient_id"].isin(trained), TRAINING, INTERNAL_VALIDATION)
    return sample


def _training_patients(lesions: pd.DataFrame, task: Task, *, train_fraction: float, seed: int) -> set[str]:
    """Patients drawn until ``train_fraction`` of the lesions of each stratum is reached, as near as may be."""
    events = lesions[task.outcome].isin(task.positive)
    patients = pd.DataFrame({"event": events, "one": 1}).groupby(lesions["patient_id"], sort=True)
    table = pd.DataFrame({"event": patients["event"].any(), "lesions": patients["one"].sum()})
    # Each task draws its own split: the seed and the task's name make the stream.
    stream = int.from_bytes(hashlib.sha256(task.name.encode()).digest()[:4])
    random = np.random.default_rng(np.random.SeedSequence([seed, stream]))
    chosen: set[str] = set()
    for has_event in (True, False):
        stratum = table[table["event"] == has_event]
        shuffled = stratum.iloc[random.permutation(len(stratum))]
        reached = shuffled["lesions"].cumsum().to_numpy()
        target = train_fraction * stratum["lesions"].sum()
        # A patient is in where that brings the set nearer to its target than leaving them out.
        n_chosen = int(np.sum(reached - shuffled["lesions"].to_numpy() / 2 <= target))
        if len(stratum) > 1:
            n_chosen = min(max(n_chosen, 1), len(stratum) - 1)
        chosen |= set(shuffled.index[:n_chosen])
    return chosen


def _unusable(eligible: pd.DataFrame, task: Task, sample: pd.Series[str]) -> Iterator[Fault]:
    """The sets in which no model can be trained or judged."""
    if not (sample == TRAINING).any():
        yield Fault("table", f"{task.label}: no lesion is in the training set", remedy=_enough(task))
    for name, n_events, n_nonevents in _class_counts(eligible, task, sample):
        for n, label in ((n_events, task.positive_label), (n_nonevents, task.negative_label)):
            if n < FEWEST_EVENTS:
                yield Fault(
                    "table",
                    f"{task.label}: the {SAMPLES[name].lower()} set has {n} {label} lesions",
                    allowed=f"at least {FEWEST_EVENTS} of each class",
                    remedy="add lesions, leave this task out, or form the sets differently",
                    column=task.outcome,
                )


def _enough(task: Task) -> str:
    return f"give lesions that are {task.positive_label} and {task.negative_label}, not all of them external"


def _class_counts(
    lesions: pd.DataFrame, task: Task, sample: pd.Series[str]
) -> Iterator[tuple[str, int, int]]:
    events = lesions[task.outcome].isin(task.positive)
    for name in SAMPLES:
        inside = sample == name
        if inside.any():
            yield name, int(events[inside].sum()), int((~events[inside]).sum())
