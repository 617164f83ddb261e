"""Which values are missing together: patterns, and the share missing by outcome and by center."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from her2mri.dictionary import Variable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VARIABLE_COLUMNS: Final = ("variable", "label", "by", "group", "n", "n_missing", "share")
"""``by`` is ``all``, or the column (the outcome, the center) whose ``group`` the row is about."""

ALL: Final = "all"


@dataclass(frozen=True)
class MissingPattern:
    """What is missing of some variables: ``patterns`` one row a pattern, ``variables`` one a variable and group."""

    patterns: pd.DataFrame
    variables: pd.DataFrame

    @property
    def n(self) -> int:
        """The number of lesions."""
        return int(self.patterns["n"].sum())

    @property
    def n_complete(self) -> int:
        """The lesions that lack nothing."""
        return int(self.patterns.loc[self.patterns["n_missing"] == 0, "n"].sum())

    def frame(self) -> pd.DataFrame:
        """One row a pattern, the commonest first: pattern, missing (the variables), n_missing, n, share."""
        return self.patterns

    def variable_frame(self) -> pd.DataFrame:
        """One row a variable and group: columns ``VARIABLE_COLUMNS``."""
        return self.variables

    def sentence(self) -> str:
        """The gist in words."""
        whole = self.variables[self.variables["by"] == ALL]
        worst = whole.sort_values("n_missing", ascending=False, kind="stable").iloc[0]
        if worst["n_missing"] == 0:
            return f"None of the {self.n:,} lesions lacks a candidate variable."
        lacking = int((whole["n_missing"] > 0).sum())
        return (
            f"{self.n_complete:,} of {self.n:,} lesions ({self.n_complete / self.n:.0%}) have all "
            f"{len(whole)} candidate variables; {lacking} of these have gaps, most of all {worst['label']} "
            f"({worst['share']:.0%})."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Variables against patterns: which are missing together, and in how many lesions."""
        from her2mri.imputation.drawing_pattern import draw_pattern

        return draw_pattern(self.patterns, self.variables[self.variables["by"] == ALL], ax=ax)


def missing_pattern(
    frame: pd.DataFrame, variables: Sequence[Variable], *, by: Sequence[Variable] = ()
) -> MissingPattern:
    """The patterns of missing values of ``variables`` (columns of ``frame``), and shares in each group of ``by``.

    Examples
    --------
    >>> from her2mri.dictionary import load_dictionary
    >>> lesions = pd.DataFrame({"age": [50.0, None, None], "adc": [1.0, 0.9, 1.1]})
    >>> dictionary = load_dictionary()
    >>> found = missing_pattern(lesions, [dictionary["age"], dictionary["adc"]])
    >>> found.frame()[["missing", "n"]].values.tolist()
    [['age', 2], ['', 1]]

    """
    names = [variable.name for variable in variables]
    missing = frame[names].isna().to_numpy()
    each, counts = np.unique(missing, axis=0, return_counts=True)
    order = np.lexsort([each.sum(axis=1), -counts])
    patterns = pd.DataFrame(
        {
            "pattern": np.arange(1, len(each) + 1),
            "missing": [", ".join(np.array(names)[gaps]) for gaps in each[order]],
            "n_missing": each[order].sum(axis=1),
            "n": counts[order],
            "share": counts[order] / max(len(frame), 1),
        }
    )
    groups = [(ALL, ALL, np.ones(len(frame), dtype=bool))]
    for column in by:
        values = frame[column.name]
        present = values.dropna().unique().tolist()
        known = [value for value in column.values if value in present] or sorted(present)
        groups += [(column.name, str(value), (values == value).to_numpy(dtype=bool)) for value in known]
    rows = [
        (variable.name, variable.label, kind, group, int(inside.sum()), int(missing[inside, at].sum()))
        for at, variable in enumerate(variables)
        for kind, group, inside in groups
    ]
    table = pd.DataFrame(rows, columns=list(VARIABLE_COLUMNS[:-1]))
    return MissingPattern(patterns, table.assign(share=table["n_missing"] / table["n"]))
