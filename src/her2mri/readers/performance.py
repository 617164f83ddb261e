"""Each reader's figures in each arm, and what the aid changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.errors import EstimationError
from her2mri.evaluation.delong import delong_interval, delong_test
from her2mri.evaluation.discrimination import auc
from her2mri.readers.rates import RATE_METRICS, clustered_rate, counted_and_right, rate_change
from her2mri.readers.reads import ARMS
from her2mri.readers.task_reads import TaskReads
from her2mri.statistics.hypothesis_test import NOT_APPLICABLE

READER_TABLE_METRICS: Final = ("auc", *RATE_METRICS)
PERFORMANCE_OF_READERS_COLUMNS: Final = (
    "task", "reader", "experience", "arm", "metric", "estimate", "conf_low", "conf_high", "positive", "n",
    "n_events", "n_patients", "method",
)  # fmt: skip
GAIN_COLUMNS: Final = (
    "task", "reader", "experience", "metric", "unaided", "aided", "estimate", "conf_low", "conf_high",
    "std_error", "test", "statistic", "p_value", "n", "n_patients",
)  # fmt: skip
"""``estimate`` is aided less unaided, over the cases that the reader read in both arms."""


def performance_of_readers(tasks: Sequence[TaskReads], *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of ``PERFORMANCE_OF_READERS_COLUMNS`` for every task, reader, arm and metric."""
    rows: list[dict[str, Any]] = []
    for reads in tasks:
        for reader in dict.fromkeys(reads.frame["reader"]):
            for arm in ARMS:
                part = reads.of(reader, arm)
                if not part.empty:
                    rows += _figures(reads, part, confidence)
    return pd.DataFrame(rows, columns=list(PERFORMANCE_OF_READERS_COLUMNS))


def _figures(reads: TaskReads, part: pd.DataFrame, confidence: float) -> list[dict[str, Any]]:
    y, called = part["y"].to_numpy(), part["called"].to_numpy(dtype=float)
    patient = part["patient"].to_numpy(dtype=np.str_)
    key = {name: part[name].iloc[0] for name in ("reader", "experience", "arm")}
    shared = {
        "task": reads.task.name,
        **key,
        "positive": reads.task.positive_label,
        "n": len(part),
        "n_events": int(y.sum()),
        "n_patients": part["patient"].nunique(),
    }
    rows: list[dict[str, Any]] = []
    try:
        area = delong_interval(y, part["score"].to_numpy(), patient=patient, confidence=confidence)
        numbers: tuple[Any, ...] = (area.estimate, area.conf_low, area.conf_high, area.method)
    except EstimationError as missing:
        numbers = (np.nan, np.nan, np.nan, f"{NOT_APPLICABLE}: {missing}")
    rows.append(shared | _named("auc", numbers))
    for metric in RATE_METRICS:
        rate = clustered_rate(*counted_and_right(metric, y, called), patient, confidence=confidence)
        rows.append(shared | _named(metric, (rate.estimate, rate.conf_low, rate.conf_high, rate.method)))
    return rows


def _named(metric: str, numbers: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "metric": metric,
        **dict(zip(("estimate", "conf_low", "conf_high", "method"), numbers, strict=True)),
    }


def gains_of_readers(tasks: Sequence[TaskReads], *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of ``GAIN_COLUMNS`` for every task, reader and metric; none where a reader read one arm only."""
    rows: list[dict[str, Any]] = []
    for reads in tasks:
        for reader in dict.fromkeys(reads.frame["reader"]):
            before, after = reads.paired(reader)
            if not before.empty:
                key = {"task": reads.task.name, "reader": reader, "experience": before["experience"].iloc[0]}
                rows += [
                    key
                    | _gain(metric, before, after, confidence)
                    | {"n_patients": before["patient"].nunique()}
                    for metric in READER_TABLE_METRICS
                ]
    return pd.DataFrame(rows, columns=list(GAIN_COLUMNS))


def _gain(metric: str, before: pd.DataFrame, after: pd.DataFrame, confidence: float) -> dict[str, Any]:
    y, patient = before["y"].to_numpy(), before["patient"].to_numpy(dtype=np.str_)
    row: dict[str, Any] = {"metric": metric, "n": len(before)}
    if metric == "auc":
        return row | compare_areas(
            y, before["score"].to_numpy(), after["score"].to_numpy(), patient, confidence=confidence
        )
    calls = [half["called"].to_numpy(dtype=float) for half in (before, after)]
    return row | compare_rates(metric, y, calls[0], calls[1], patient, confidence=confidence)


def compare_areas(y: Any, before: Any, after: Any, patient: Any, *, confidence: float) -> dict[str, Any]:
    """Paired DeLong test of two scores as the shared columns of the comparison tables."""
    row: dict[str, Any] = dict.fromkeys(
        ("unaided", "aided", "estimate", "conf_low", "conf_high", "std_error", "statistic", "p_value"), np.nan
    )
    try:
        row |= {"unaided": auc(y, before), "aided": auc(y, after)}
        test = delong_test(y, after, before, patient=patient, confidence=confidence)
    except EstimationError as missing:
        return row | {"test": f"{NOT_APPLICABLE}: {missing}"}
    return row | {
        "estimate": test.difference,
        "conf_low": max(test.conf_low, -1.0),
        "conf_high": min(test.conf_high, 1.0),
        "std_error": test.std_error,
        "test": "paired DeLong test",
        "statistic": test.statistic,
        "p_value": test.p_value,
    }


def compare_rates(
    metric: str, y: Any, before: Any, after: Any, patient: Any, *, confidence: float
) -> dict[str, Any]:
    """Paired change of a share as the shared columns of the comparison tables."""
    levels = [
        clustered_rate(*counted_and_right(metric, y, called), patient).estimate for called in (before, after)
    ]
    change = rate_change(metric, y, before, after, patient, confidence=confidence)
    return {
        "unaided": levels[0],
        "aided": levels[1],
        "estimate": change.estimate,
        "conf_low": change.conf_low,
        "conf_high": change.conf_high,
        "std_error": change.std_error,
        "test": change.test,
        "statistic": change.statistic,
        "p_value": change.p_value,
    }
