"""Resamples and folds on which the development ended without a model: counted by reason, never dropped unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import pandas as pd

FAILURE_COLUMNS: Final = ("task", "stage", "reason", "n_failed", "n_developments", "share")


def failures_table(task: str, stage: str, failures: Sequence[str]) -> pd.DataFrame:
    """One row a reason, the commonest first; ``failures`` has an entry a development, empty where it succeeded.

    >>> failures_table("her2_low", "bootstrap", ["", "all lesions are of one class"])["share"].tolist()
    [0.5]
    """
    counted = Counter(reason for reason in failures if reason)
    rows = [
        {
            "task": task,
            "stage": stage,
            "reason": reason,
            "n_failed": count,
            "n_developments": len(failures),
            "share": count / len(failures),
        }
        for reason, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    return pd.DataFrame(rows, columns=list(FAILURE_COLUMNS))
