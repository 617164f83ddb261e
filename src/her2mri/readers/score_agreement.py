"""How far readers agree in their scores: the confidence in the call, with the call's sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from her2mri.errors import EstimationError
from her2mri.readers.reads import ARMS
from her2mri.readers.task_reads import TaskReads
from her2mri.statistics.agreement import icc_class
from her2mri.statistics.agreement_icc import intraclass_correlation
from her2mri.statistics.hypothesis_test import NOT_APPLICABLE

SCORE_AGREEMENT_COLUMNS: Final = (
    "task", "arm", "coefficient", "estimate", "conf_low", "conf_high", "verbal", "n", "n_readers", "note",
)  # fmt: skip


def agreement_of_scores(tasks: Sequence[TaskReads], *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of ``SCORE_AGREEMENT_COLUMNS``: ICC2 of the scores in each task and arm, over cases that all readers read.

    Empty with one reader, and for reads without confidence, whose score is the call alone. The interval takes cases
    as independent.
    """
    rows: list[dict[str, Any]] = []
    for reads in tasks:
        for arm in ARMS:
            part = reads.frame[reads.frame["arm"] == arm]
            if part["reader"].nunique() < 2 or part["confidence"].isna().all():
                continue
            wide = part.pivot(index="case", columns="reader", values="score").dropna()
            row: dict[str, Any] = {"task": reads.task.name, "arm": arm, "coefficient": "ICC2"}
            row |= {"verbal": NOT_APPLICABLE, "n": len(wide), "n_readers": wide.shape[1], "note": ""}
            try:
                found = intraclass_correlation(wide.to_numpy(dtype=float), confidence=confidence).form("ICC2")
            except EstimationError as missing:
                rows.append(row | {"note": f"{NOT_APPLICABLE}: {missing}"})
                continue
            numbers = dict(zip(("estimate", "conf_low", "conf_high"), found, strict=True))
            rows.append(row | numbers | {"verbal": icc_class(found[0])})
    return pd.DataFrame(rows, columns=list(SCORE_AGREEMENT_COLUMNS))
