"""Table one: every variable in the two groups of a task, with its test, adjusted p-value and distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from her2mri.dictionary import Variable
from her2mri.statistics.effect_size import (
    standardised_difference_of_levels,
    standardised_mean_difference,
)
from her2mri.statistics.hypothesis_test import HypothesisTest
from her2mri.statistics.independence import independence_test
from her2mri.statistics.multiplicity import benjamini_hochberg
from her2mri.statistics.normality import present
from her2mri.statistics.two_samples import WELCH, location_test

_GROUP_COLUMNS: Final = ("n", "count", "percent", "mean", "sd", "median", "q1", "q3")

TABLE_ONE_COLUMNS: Final = (
    "sample", "variable", "label", "level", "level_label", "summary",
    *(f"positive_{name}" for name in _GROUP_COLUMNS),
    *(f"negative_{name}" for name in _GROUP_COLUMNS),
    "n_missing", "test", "statistic", "p_value", "p_adjusted", "smd",
)  # fmt: skip
"""``*_n``: lesions of the group with a value; ``summary``: which of count, mean_sd and median_iqr to show."""


@dataclass(frozen=True)
class TableOne:
    """The rows of table one of one sample, and the names of its two groups with their sizes."""

    rows: pd.DataFrame
    positive_label: str
    negative_label: str
    n_positive: int
    n_negative: int

    def frame(self) -> pd.DataFrame:
        """One row a level of a category or a continuous variable; columns ``TABLE_ONE_COLUMNS``.

        Test, p-values and distance are the variable's and stand on each of its levels.
        """
        return self.rows.copy()

    def display(self) -> pd.DataFrame:
        """The same table as people read it, all text."""
        from her2mri.statistics.table_one_display import display_rows

        return display_rows(self)


def table_one(
    frame: pd.DataFrame,
    variables: Sequence[Variable],
    positive: ArrayLike,
    *,
    positive_label: str,
    negative_label: str,
    sample: str,
) -> TableOne:
    """Describe and compare the two groups variable by variable.

    Categories: counts and ``independence_test``; continuous variables: ``location_test``, whose choice of
    test decides between mean and median. Missing values are left out variable by variable and counted. The
    p-values are adjusted by Benjamini and Hochberg over all variables of this table that have one; a variable
    that allows no test has the test "not applicable" and no p-value.

    Parameters
    ----------
    frame
        One row a lesion, values as the dictionary stores them.
    variables
        What to describe, in this order.
    positive
        For each lesion whether it has the event.
    positive_label, negative_label
        The names of the two groups.
    sample
        The name of the sample, for its column.

    """
    event = np.asarray(positive)
    if event.dtype != np.bool_ or event.shape != (len(frame),):
        raise ValueError(f"positive must be {len(frame)} booleans, got {event.dtype} {event.shape}")
    blocks: list[list[dict[str, Any]]] = []
    for variable in variables:
        describe = _category if variable.is_categorical else _continuous
        blocks.append(describe(frame[variable.name], variable, event))
    adjusted = benjamini_hochberg([block[0]["p_value"] for block in blocks])
    rows = [
        {"sample": sample, "label": variable.title, "variable": variable.name, "p_adjusted": p, **row}
        for variable, block, p in zip(variables, blocks, adjusted, strict=True)
        for row in block
    ]
    return TableOne(
        pd.DataFrame(rows, columns=list(TABLE_ONE_COLUMNS)),
        positive_label,
        negative_label,
        int(event.sum()),
        int((~event).sum()),
    )


def _category(values: pd.Series[Any], variable: Variable, event: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """A row for every level of the dictionary, met or not, so that the tables of all samples line up."""
    if unknown := set(values.dropna()) - set(variable.values):
        raise ValueError(f"not levels of {variable.name}: {', '.join(sorted(map(str, unknown)))}")
    is_level = np.array([(values == level).to_numpy(dtype=bool) for level in variable.values])
    counts = np.column_stack([is_level[:, event].sum(axis=1), is_level[:, ~event].sum(axis=1)])
    common = _common("count", values, independence_test(counts), standardised_difference_of_levels(counts))
    rows = []
    for level, pair in zip(variable.levels, counts, strict=True):
        row = {"level": level.value, "level_label": level.label, **common}
        for group, count, n in zip(("positive", "negative"), pair, counts.sum(axis=0), strict=True):
            row |= {
                f"{group}_n": int(n),
                f"{group}_count": int(count),
                f"{group}_percent": 100.0 * float(count) / float(n) if n else float("nan"),
            }
        rows.append(row)
    return rows


def _continuous(values: pd.Series[Any], variable: Variable, event: NDArray[np.bool_]) -> list[dict[str, Any]]:
    if variable.kind != "continuous":
        raise ValueError(f"{variable.name} is neither a category nor continuous: {variable.kind}")
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    groups = {"positive": numbers[event], "negative": numbers[~event]}
    test = location_test(*groups.values())
    summary = "mean_sd" if test.test == WELCH else "median_iqr"
    row = {
        "level": "",
        "level_label": "",
        **_common(summary, values, test, standardised_mean_difference(*groups.values())),
    }
    for group, sample in groups.items():
        known = present(sample)
        row[f"{group}_n"] = known.size
        if known.size:
            q1, median, q3 = np.quantile(known, [0.25, 0.5, 0.75])
            row |= {f"{group}_mean": float(known.mean()), f"{group}_median": float(median)}
            row |= {f"{group}_q1": float(q1), f"{group}_q3": float(q3)}
        if known.size > 1:
            row[f"{group}_sd"] = float(known.std(ddof=1))
    return [row]


def _common(summary: str, values: pd.Series[Any], test: HypothesisTest, smd: float) -> dict[str, Any]:
    return {
        "summary": summary,
        "n_missing": int(values.isna().sum()),
        "test": test.test,
        "statistic": test.statistic,
        "p_value": test.p_value,
        "smd": smd,
    }
