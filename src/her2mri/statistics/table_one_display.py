"""Table one as people read it: "74, 57.8%", "53.6 ± 11.0", "2.45 (1.90, 3.00)", "<0.001"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from her2mri.statistics.table_one import TableOne

NOTHING = "–"


def display_rows(table: TableOne) -> pd.DataFrame:
    """All cells as text; a variable's name, test and p-values stand on its first row only."""
    heads = {
        "positive": f"{table.positive_label} (n = {table.n_positive})",
        "negative": f"{table.negative_label} (n = {table.n_negative})",
    }
    rows = []
    above = ""
    for record in table.rows.to_dict("records"):
        first = record["variable"] != above
        above = record["variable"]
        rows.append(
            {
                "Variable": record["label"] if first else "",
                "Level": record["level_label"],
                **{head: _cell(record, group) for group, head in heads.items()},
                "Missing": str(record["n_missing"]) if first else "",
                "Test": record["test"] if first else "",
                "p": format_p(record["p_value"]) if first else "",
                "Adjusted p": format_p(record["p_adjusted"]) if first else "",
                "SMD": _number(record["smd"], 2) if first else "",
            }
        )
    columns = ["Variable", "Level", *heads.values(), "Missing", "Test", "p", "Adjusted p", "SMD"]
    return pd.DataFrame(rows, columns=columns)


def format_p(p_value: float) -> str:
    """A p-value with three decimals.

    >>> format_p(0.0004), format_p(0.02), format_p(float("nan"))
    ('<0.001', '0.020', '–')
    """
    return "<0.001" if p_value < 0.001 else _number(p_value, 3)


def _cell(record: dict[Any, Any], group: str) -> str:
    if record["summary"] == "count":
        count, percent = record[f"{group}_count"], record[f"{group}_percent"]
        return f"{count:.0f}, {percent:.1f}%" if np.isfinite(percent) else NOTHING
    mean, sd, median, q1, q3 = (record[f"{group}_{name}"] for name in ("mean", "sd", "median", "q1", "q3"))
    decimals = 1 if max(abs(q1), abs(q3)) >= 20 else 2
    if record["summary"] == "mean_sd":
        return f"{_number(mean, decimals)} ± {_number(sd, decimals)}"
    if not np.isfinite(median):
        return NOTHING
    return f"{median:.{decimals}f} ({q1:.{decimals}f}, {q3:.{decimals}f})"


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if np.isfinite(value) else NOTHING
