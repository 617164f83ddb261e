"""Readers beside the model alone, and how they took its advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.readers.performance import READER_TABLE_METRICS, compare_areas, compare_rates
from her2mri.readers.predictions import ModelCalls
from her2mri.readers.rates import clustered_rate
from her2mri.readers.reads import ARMS
from her2mri.readers.task_reads import TaskReads

AGAINST_MODEL_COLUMNS: Final = (
    "task", "model", "reader", "experience", "arm", "metric", "of_model", "of_reader", "estimate", "conf_low",
    "conf_high", "std_error", "test", "statistic", "p_value", "n", "n_patients", "threshold", "threshold_rule",
)  # fmt: skip
"""``estimate`` is the reader's figure less the model's, on the cases that both called."""

RELIANCE_COLUMNS: Final = (
    "task", "reader", "experience", "model_was", "change", "estimate", "conf_low", "conf_high", "n_changed", "n",
    "method",
)  # fmt: skip
"""``change`` is ``WON`` or ``LOST``; ``n`` the unaided calls of that kind that could change so."""

WON: Final = "wrong call made right"
LOST: Final = "right call made wrong"
ALL_READERS: Final = "all readers"


def against_model(
    tasks: Sequence[TaskReads], models: Mapping[str, ModelCalls], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Rows of ``AGAINST_MODEL_COLUMNS``: each reader and arm less the model alone, paired by case."""
    rows: list[dict[str, Any]] = []
    for reads in tasks:
        model = models.get(reads.task.name)
        if model is None:
            continue
        known = reads.frame[reads.frame["case"].isin(model.probability.index)]
        for reader in dict.fromkeys(known["reader"]):
            for arm in ARMS:
                part = known[(known["reader"] == reader) & (known["arm"] == arm)]
                if not part.empty:
                    rows += _beside(reads, model, part, confidence)
    return pd.DataFrame(rows, columns=list(AGAINST_MODEL_COLUMNS))


def _beside(
    reads: TaskReads, model: ModelCalls, part: pd.DataFrame, confidence: float
) -> list[dict[str, Any]]:
    y, patient = part["y"].to_numpy(), part["patient"].to_numpy(dtype=np.str_)
    key: dict[str, Any] = {
        "task": reads.task.name,
        "model": model.model,
        **{name: part[name].iloc[0] for name in ("reader", "experience", "arm")},
        "n": len(part),
        "n_patients": part["patient"].nunique(),
        "threshold": model.threshold,
        "threshold_rule": model.threshold_rule,
    }
    rows = []
    for metric in READER_TABLE_METRICS:
        if metric == "auc":
            probability = model.probability.loc[list(part["case"])].to_numpy()
            numbers = compare_areas(y, probability, part["score"].to_numpy(), patient, confidence=confidence)
        else:
            calls = model.called(part["case"]), part["called"].to_numpy(dtype=float)
            numbers = compare_rates(metric, y, *calls, patient, confidence=confidence)
        of_model, of_reader = numbers.pop("unaided"), numbers.pop("aided")
        rows.append(key | numbers | {"metric": metric, "of_model": of_model, "of_reader": of_reader})
    return rows


def reliance(
    tasks: Sequence[TaskReads], models: Mapping[str, ModelCalls], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Rows of ``RELIANCE_COLUMNS``: how often the aid turned right calls wrong and wrong ones right.

    By whether the model's own call was right, where there is a model; each reader, and all of them. A right
    call made wrong beside a wrong model is over-reliance; a wrong call kept beside a right model is
    under-reliance.
    """
    rows: list[dict[str, Any]] = []
    for reads in tasks:
        halves = [reads.paired(reader) for reader in dict.fromkeys(reads.frame["reader"])]
        halves = [(before, after) for before, after in halves if not before.empty]
        if not halves:
            continue
        pairs = pd.concat(
            [
                before[["reader", "experience", "case", "patient", "y", "right"]].assign(
                    right_aided=after["right"].to_numpy()
                )
                for before, after in halves
            ],
            ignore_index=True,
        )
        everyone = pairs.assign(reader=ALL_READERS, experience="")
        parts = [pairs, everyone] if pairs["reader"].nunique() > 1 else [pairs]
        for table in parts:
            rows += _changes(reads.task.name, table, models.get(reads.task.name), confidence)
    return pd.DataFrame(rows, columns=list(RELIANCE_COLUMNS))


def _changes(
    task: str, pairs: pd.DataFrame, model: ModelCalls | None, confidence: float
) -> list[dict[str, Any]]:
    rows = []
    for reader, own in pairs.groupby("reader", sort=False):
        kinds = {"right or wrong": own}
        if model is not None:
            known = own[own["case"].isin(model.probability.index)]
            correct = model.called(known["case"]) == known["y"].to_numpy()
            kinds |= {"right": known[correct], "wrong": known[~correct]}
        for model_was, part in kinds.items():
            patient = part["patient"].to_numpy(dtype=np.str_)
            was, now = part["right"].to_numpy(dtype=bool), part["right_aided"].to_numpy(dtype=bool)
            for change, base, changed in ((WON, ~was, now), (LOST, was, ~now)):
                rate = clustered_rate(base, changed, patient, confidence=confidence)
                rows.append(
                    {
                        "task": task,
                        "reader": reader,
                        "experience": own["experience"].iloc[0],
                        "model_was": model_was,
                        "change": change,
                        "estimate": rate.estimate,
                        "conf_low": rate.conf_low,
                        "conf_high": rate.conf_high,
                        "n_changed": rate.n_successes,
                        "n": rate.n,
                        "method": rate.method,
                    }
                )
    return rows
