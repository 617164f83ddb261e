"""Tables of a reader study as people read them: estimates with intervals, one row a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import NOT_APPLICABLE, estimate, number, p_value
from her2mri.readers.beside_model import LOST, WON
from her2mri.readers.obuchowski_rockette import INFERENCES, RANDOM_READERS_AND_CASES
from her2mri.readers.performance import READER_TABLE_METRICS
from her2mri.readers.reads import AIDED, ARMS, UNAIDED
from her2mri.vocabulary import METRICS

_SHORT: Final = {"npv": "NPV", "ppv": "PPV"}


def interval(row: Mapping[str, Any], digits: int = 2, *, signed: bool = False) -> str:
    """Estimate (low to high) of a row with estimate, conf_low and conf_high.

    >>> interval({"estimate": 0.8, "conf_low": 0.75, "conf_high": 0.84})
    '0.80 (0.75–0.84)'
    """
    value, low, high = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return estimate(value, low, high, digits, signed=signed)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _label(metric: str) -> str:
    return _SHORT.get(metric, METRICS[metric].label)


def _who(row: Mapping[str, Any]) -> str:
    return f"{row['reader']} ({row['experience']})" if row["experience"] else str(row["reader"])


def performance_table(performance: pd.DataFrame, *, positive: str, confidence: float) -> DisplayTable:
    """Each reader unaided and aided, a column a metric, as the published tables' last rows."""
    rows: list[tuple[str, ...]] = []
    for _, own in performance.groupby("reader", sort=False):
        rows.append((_who(_records(own)[0]), *[""] * len(READER_TABLE_METRICS)))
        for arm in ARMS:
            cells = {row["metric"]: interval(row) for row in _records(own[own["arm"] == arm])}
            if cells:
                rows.append((arm.capitalize(), *(cells[metric] for metric in READER_TABLE_METRICS)))
    header = ("Reader", *map(_label, READER_TABLE_METRICS))
    note = (
        f"Positive class: {positive}. Estimate ({100 * confidence:g} % interval): AUC by DeLong, the others by Wilson, "
        "both by patient where a patient has several cases."
    )
    return DisplayTable("Each reader, unaided and aided", header, tuple(rows), note)


def gains_table(gains: pd.DataFrame) -> DisplayTable:
    """The change with the aid, with the p-value of the paired test beneath."""
    rows: list[tuple[str, ...]] = []
    for _, own in gains.groupby("reader", sort=False):
        found = {row["metric"]: row for row in _records(own)}
        first = next(iter(found.values()))
        changes = (interval(found[metric], signed=True) for metric in READER_TABLE_METRICS)
        rows.append((_who(first), *changes))
        rows.append(("p", *(p_value(found[metric]["p_value"]) for metric in READER_TABLE_METRICS)))
    tests = ", ".join(dict.fromkeys(name for name in gains["test"] if not name.startswith("not applicable")))
    header = ("Reader", *map(_label, READER_TABLE_METRICS))
    note = f"Aided less unaided over the cases read in both arms. Tests: {tests}."
    return DisplayTable("What the aid changed", header, tuple(rows), note)


def mrmc_table(mrmc: pd.DataFrame) -> DisplayTable:
    """All readers together: both arms and the difference, for each kind of inference."""
    rows: list[tuple[str, ...]] = []
    for metric, own in mrmc.groupby("metric", sort=False):
        label = METRICS[str(metric)].label
        found = {(row["quantity"], row["inference"]): row for row in _records(own)}
        for name in INFERENCES:
            gain = found.get(("difference", name))
            if gain is None:
                continue
            if (UNAIDED, name) not in found:
                rows.append((label, name, NOT_APPLICABLE, NOT_APPLICABLE, str(gain["method"]), "", ""))
                continue
            df = "∞" if np.isinf(gain["df"]) else number(gain["df"], 1)
            arms = (interval(found[arm, name]) for arm in (UNAIDED, AIDED))
            shown = interval(gain, 3, signed=True)
            rows.append((label, name, *arms, shown, df, p_value(gain["p_value"])))
            label = ""
    header = ("Metric", "Carries over to", "Unaided", "Aided", "Difference", "df", "p")
    design = next((str(name) for name in mrmc["design"].dropna()), "")
    note = (
        f"Design: {design}. Random readers and cases: what other readers of other cases would gain; fixed readers: "
        "these readers on other cases; fixed cases: other readers on these cases."
    )
    return DisplayTable("All readers together", header, tuple(rows), note, 2)


def experience_table(experience: pd.DataFrame) -> DisplayTable:
    """Mean gain by experience, and the difference between two experiences."""
    rows = [
        (
            METRICS[row["metric"]].label,
            row["experience"],
            str(row["n_readers"]),
            interval(row, 3, signed=True),
            p_value(row["p_value"]),
            row["inference"],
        )
        for row in _records(experience)
    ]
    header = ("Metric", "Experience", "Readers", "Gain", "p", "Carries over to")
    return DisplayTable("Gain by experience", header, tuple(rows), label_columns=2)


def model_table(against: pd.DataFrame) -> DisplayTable:
    """Each reader and arm less the model alone."""
    rows: list[tuple[str, ...]] = []
    for (_, arm), own in against.groupby(["reader", "arm"], sort=False):
        found = {row["metric"]: row for row in _records(own)}
        differences = (interval(found[metric], signed=True) for metric in READER_TABLE_METRICS)
        rows.append((f"{_who(next(iter(found.values())))}, {arm}", *differences))
        rows.append(("p", *(p_value(found[metric]["p_value"]) for metric in READER_TABLE_METRICS)))
    first = _records(against)[0]
    header = ("Reader", *map(_label, READER_TABLE_METRICS))
    alone = {row["metric"]: number(row["of_model"]) for row in _records(against)}
    figures = ", ".join(f"{_label(metric)} {alone[metric]}" for metric in READER_TABLE_METRICS)
    note = (
        f"Reader less model ({first['model']}, cut-off {number(first['threshold'])}: {first['threshold_rule']}) on the "
        f"same cases. The model alone: {figures}."
    )
    return DisplayTable("Readers beside the model alone", header, tuple(rows), note)


def reliance_table(reliance: pd.DataFrame) -> DisplayTable:
    """How often the aid changed calls, by whether the model was right."""
    rows: list[tuple[str, ...]] = []
    for (_, model_was), own in reliance.groupby(["reader", "model_was"], sort=False):
        found = {row["change"]: row for row in _records(own)}
        cells = [
            f"{found[change]['n_changed']} of {found[change]['n']}: {interval(found[change])}"
            for change in (WON, LOST)
        ]
        rows.append((_who(found[WON]), str(model_was), *cells))
    header = ("Reader", "The model was", "Wrong calls made right", "Right calls made wrong")
    note = (
        "Right calls made wrong beside a wrong model: over-reliance. Wrong calls not made right beside a right model: "
        "under-reliance."
    )
    return DisplayTable("How the advice was taken", header, tuple(rows), note, 2)


def calls_table(accuracy: pd.DataFrame) -> DisplayTable:
    """Share of calls that name the very level, and kappa with the truth."""
    rows = []
    for row in _records(accuracy):
        kappa = {
            "estimate": row["kappa_with_truth"],
            "conf_low": row["kappa_low"],
            "conf_high": row["kappa_high"],
        }
        right = f"{row['n_right']} of {row['n']}"
        rows.append(
            (_who(row), row["arm"].capitalize(), right, interval(row), interval(kappa), row["verbal"])
        )
    header = ("Reader", "Arm", "Right", "Share right", "Kappa with the truth", "In words")
    return DisplayTable("Calls in all levels", header, tuple(rows), label_columns=2)


def agreement_table(agreement: pd.DataFrame) -> DisplayTable:
    """Agreement of the readers with each other."""
    rows = [
        (row["readers"], row["arm"].capitalize(), row["coefficient"], interval(row), row["verbal"])
        for row in _records(agreement)
    ]
    header = ("Readers", "Arm", "Coefficient", "Estimate", "In words")
    return DisplayTable("Agreement of the readers", header, tuple(rows), label_columns=3)


def score_agreement_table(scores: pd.DataFrame) -> DisplayTable:
    """Agreement of the readers' scores in one task."""
    rows = [
        (row["arm"].capitalize(), row["coefficient"], interval(row), row["verbal"], str(row["n"]))
        for row in _records(scores)
    ]
    header = ("Arm", "Coefficient", "Estimate", "In words", "Cases")
    note = (
        "Score: the confidence with the sign of the call. Two-way random, absolute agreement, one reading; cases "
        "taken as independent."
    )
    return DisplayTable("Agreement of the readers' scores", header, tuple(rows), note, 2)


def time_table(time: pd.DataFrame) -> DisplayTable:
    """Seconds and their ratio by reader."""
    rows: list[tuple[str, ...]] = []
    for _, own in time.groupby("reader", sort=False):
        found = {row["quantity"]: row for row in _records(own)}
        mean, ratio = found["difference"], found["ratio"]
        means = (number(mean[arm], 1) for arm in ("unaided", "aided"))
        shown = interval(mean, 1, signed=True), interval(ratio), p_value(ratio["p_value"])
        rows.append((_who(mean), *means, *shown, str(mean["n"])))
    header = ("Reader", "Unaided, s", "Aided, s", "Difference, s", "Ratio of times", "p (ratio)", "Pairs")
    note = "Means in seconds; ratio of geometric means; intervals of Student's t over patients."
    return DisplayTable("Reading time", header, tuple(rows), note)


def headline(mrmc: pd.DataFrame, gains: pd.DataFrame) -> list[tuple[str, str]]:
    """The gain of each metric for the card of a task: of all readers, or of the only one."""
    shown: Sequence[dict[str, Any]] = _records(
        mrmc[(mrmc["quantity"] == "difference") & (mrmc["inference"] == RANDOM_READERS_AND_CASES)]
    )
    usable = [row for row in shown if not np.isnan(float(row["std_error"]))]
    if not usable and gains["reader"].nunique() == 1:
        usable = [row for row in _records(gains) if row["metric"] in set(mrmc["metric"])]
    return [(METRICS[row["metric"]].label, interval(row, signed=True)) for row in usable]
