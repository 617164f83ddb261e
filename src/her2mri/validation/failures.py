"""Resamples and folds that gave no model, of one family or of any: counted by reason, never dropped unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from her2mri.validation.resampling import Outcome

FAILURE_COLUMNS: Final = ("task", "stage", "model", "reason", "n_failed", "n_developments", "share")

EVERY_MODEL: Final = ""
"""In the place of a model's name: the whole development failed, so that there is none of any family."""


def failures_of_outcome(outcome: Outcome) -> dict[str, str]:
    """The reason of each family that a development gave no model of; one reason for ``EVERY_MODEL`` if of none.

    >>> failures_of_outcome({"models": {}, "failed": {"GB": "one class"}})
    {'GB': 'one class'}
    """
    if "failure" in outcome:
        return {EVERY_MODEL: str(outcome["failure"])}
    return dict(outcome.get("failed", {}))


def first_if_all_failed(outcomes: Sequence[Outcome]) -> str:
    """The first reason where no development gave any model; empty where one did."""
    if any(outcome.get("models") for outcome in outcomes):
        return ""
    return next(iter(failures_of_outcome(outcomes[0]).values()))


def failures_table(task: str, stage: str, failures: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """One row a model and reason, the commonest first; ``failures`` has an entry a development.

    >>> table = failures_table("her2_low", "bootstrap", [{}, {"GB": "all lesions are of one class"}])
    >>> table[["model", "share"]].values.tolist()
    [['GB', 0.5]]
    """
    counted = Counter(pair for failed in failures for pair in failed.items())
    rows = [
        {
            "task": task,
            "stage": stage,
            "model": model,
            "reason": reason,
            "n_failed": count,
            "n_developments": len(failures),
            "share": count / len(failures),
        }
        for (model, reason), count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    return pd.DataFrame(rows, columns=list(FAILURE_COLUMNS))
