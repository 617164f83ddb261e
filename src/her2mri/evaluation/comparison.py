"""Paired comparison of the models' AUCs within each sample."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.errors import EstimationError
from her2mri.evaluation.delong import delong_test
from her2mri.evaluation.discrimination import auc
from her2mri.evaluation.prediction import Prediction
from her2mri.statistics.multiplicity import holm

COMPARISON_COLUMNS: Final = (
    "task", "sample", "model", "comparator", "auc", "auc_comparator", "estimate", "std_error", "conf_low",
    "conf_high", "statistic", "p_value", "p_holm", "n", "n_events", "method",
)  # fmt: skip
"""``estimate`` is the AUC of ``model`` less ``comparator``'s; ``p_holm`` is adjusted within a sample."""

_PAIRED: Final = "DeLong, paired"
_PAIRED_BY_PATIENT: Final = "DeLong, paired, by patient (Obuchowski)"


def compare_models(predictions: Sequence[Prediction], *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of ``COMPARISON_COLUMNS``: DeLong's paired test for each two models of one task and sample.

    Two models are compared on the same lesions only; where theirs differ, or a class is missing, the row says
    "not applicable" and counts for nothing in Holm's adjustment.
    """
    groups: dict[tuple[str, str], list[Prediction]] = {}
    for prediction in predictions:
        groups.setdefault((prediction.task, prediction.sample), []).append(prediction)
    tables = []
    for members in groups.values():
        rows = [_compared(a, b, confidence) for a, b in combinations(members, 2)]
        if rows:
            table = pd.DataFrame(rows)
            tables.append(table.assign(p_holm=holm(table["p_value"].to_numpy(dtype=float))))
    if not tables:
        return pd.DataFrame(columns=list(COMPARISON_COLUMNS))
    return pd.concat(tables, ignore_index=True)[list(COMPARISON_COLUMNS)]


def _compared(a: Prediction, b: Prediction, confidence: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "task": a.task,
        "sample": a.sample,
        "model": a.model,
        "comparator": b.model,
        **dict.fromkeys(("auc", "auc_comparator", "estimate", "std_error", "conf_low", "conf_high"), np.nan),
        "statistic": np.nan,
        "p_value": np.nan,
        "n": a.n,
        "n_events": a.n_events,
        "method": _PAIRED if a.n_patients == a.n else _PAIRED_BY_PATIENT,
    }
    mine, theirs = np.argsort(a.lesion), np.argsort(b.lesion)
    y = a.y[mine]
    if not np.array_equal(a.lesion[mine], b.lesion[theirs]) or not np.array_equal(y, b.y[theirs]):
        return row | {"method": "not applicable: the models were not given the same lesions"}
    first, second = a.probability[mine], b.probability[theirs]
    try:
        row |= {"auc": auc(y, first), "auc_comparator": auc(y, second)}
        test = delong_test(y, first, second, patient=a.patient[mine], confidence=confidence)
    except EstimationError as missing:
        return row | {"method": f"not applicable: {missing}"}
    return row | {
        "estimate": test.difference,
        "std_error": test.std_error,
        "conf_low": test.conf_low,
        "conf_high": test.conf_high,
        "statistic": test.statistic,
        "p_value": test.p_value,
    }
