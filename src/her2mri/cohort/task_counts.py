"""How many events each task of the dictionary has, by center, before any set is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.split import FEWEST_EVENTS


def task_counts(cohort: Cohort) -> pd.DataFrame:
    """Lesions, events and others of each task in each center of the cohort, one row a task and center.

    Columns: task, label, center, lesions, positive, n_events, negative, n_nonevents.
    """
    frame = cohort.frame
    rows = []
    for task in cohort.dictionary.tasks:
        for center in sorted(set(frame["center"].dropna())):
            outcome = frame.loc[frame["center"] == center, task.outcome]
            n_events = int(outcome.isin(task.positive).sum())
            n_nonevents = int(outcome.isin(task.negative).sum())
            rows.append(
                {
                    "task": task.name,
                    "label": task.label,
                    "center": center,
                    "lesions": n_events + n_nonevents,
                    "positive": task.positive_label,
                    "n_events": n_events,
                    "negative": task.negative_label,
                    "n_nonevents": n_nonevents,
                }
            )
    columns = ["task", "label", "center", "lesions", "positive", "n_events", "negative", "n_nonevents"]
    return pd.DataFrame(rows, columns=columns)


def task_caveats(cohort: Cohort) -> Iterator[Caveat]:
    """The tasks that no study can carry: too few lesions of a class are left after the exclusions."""
    counts = task_counts(cohort)
    for task in cohort.dictionary.tasks:
        of_task = counts[counts["task"] == task.name]
        classes = ((task.positive_label, of_task["n_events"]), (task.negative_label, of_task["n_nonevents"]))
        for label, n in classes:
            if n.sum() < FEWEST_EVENTS:
                message = (
                    f"{task.label} cannot be studied: {n.sum()} {label} lesions are left; every set needs at "
                    f"least {FEWEST_EVENTS} of each class"
                )
                yield Caveat("one_class", message, column=task.outcome, value=str(n.sum()))
