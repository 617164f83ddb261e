"""Table one of a task with its sets side by side, as the published Tables 1 and 2 lay it out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import NOT_APPLICABLE, number, p_value
from her2mri.study.results import TaskResult
from her2mri.vocabulary import SAMPLES


def table_one_table(task: TaskResult) -> DisplayTable:
    """Both groups, adjusted p and standardised difference of every set in one table.

    A category has a row of its own with the p-values above its levels; a level that no lesion has is left out.
    """
    header, spans = ["Feature"], [("", 1)]
    for table in task.table_one:
        spans.append((SAMPLES[str(table.frame()["sample"].iloc[0])], 4))
        header += [
            f"{table.positive_label}\nn = {table.n_positive}",
            f"{table.negative_label}\nn = {table.n_negative}",
            "Adjusted\np",
            "SMD",
        ]
    frames = [table.frame() for table in task.table_one]
    by_set = [{(row["variable"], row["level"]): row for row in _records(frame)} for frame in frames]
    rows: list[tuple[str, ...]] = []
    before = ""
    for first in _records(frames[0]):
        across = [rows_of[first["variable"], first["level"]] for rows_of in by_set]
        if not first["level"]:
            rows.append((first["label"], *_cells(across, with_p=True)))
            continue
        if first["variable"] != before:
            before = first["variable"]
            rows.append((first["label"], *_p_only(across)))
        if any(row["positive_count"] + row["negative_count"] for row in across):
            rows.append((f"\u2003{first['level_label']}", *_cells(across, with_p=False)))
    return DisplayTable(
        "Features of the lesions by set",
        tuple(header),
        tuple(rows),
        spans=tuple(spans),
        note=(
            "Counts (share), mean ± SD or median (Q1, Q3). Adjusted p: chi-square with Yates' correction on 2 × 2 "
            "tables, Fisher's exact test where the smallest expected count is below 5, Welch's t or Wilcoxon test, "
            "then Benjamini-Hochberg over the variables of the set. SMD: standardised mean difference; n/a where the "
            "groups share no level. Tests, raw p-values and missing values stand in "
            f"tables/table_one_{task.name}.csv."
        ),
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    filled = frame.assign(level=frame["level"].fillna(""))
    return [{str(name): value for name, value in row.items()} for row in filled.to_dict("records")]


def _cells(across: list[dict[str, Any]], *, with_p: bool) -> list[str]:
    cells: list[str] = []
    for row in across:
        cells += [_summary(row, "positive"), _summary(row, "negative")]
        cells += [p_value(row["p_adjusted"]), number(row["smd"])] if with_p else ["", ""]
    return cells


def _p_only(across: list[dict[str, Any]]) -> list[str]:
    return [cell for row in across for cell in ("", "", p_value(row["p_adjusted"]), number(row["smd"]))]


def _summary(row: dict[str, Any], group: str) -> str:
    if row["summary"] == "count":
        return f"{row[f'{group}_count']:.0f} ({number(row[f'{group}_percent'], 1)} %)"
    decimals = 1 if max(abs(row["positive_q3"]), abs(row["negative_q3"])) >= 20 else 2
    shown = {name: number(row[f"{group}_{name}"], decimals) for name in ("mean", "sd", "median", "q1", "q3")}
    if NOT_APPLICABLE in shown.values():
        return NOT_APPLICABLE
    if row["summary"] == "mean_sd":
        return f"{shown['mean']} ± {shown['sd']}"
    return f"{shown['median']} ({shown['q1']}, {shown['q3']})"
