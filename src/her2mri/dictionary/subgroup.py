"""Groups of lesions in which a model is looked at by itself."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from her2mri.dictionary.variable import Variable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Subgroup:
    """The levels of a variable, or the bands of a measurement between ``cuts`` (a value on a cut is above it)."""

    variable: str
    label: str = ""
    cuts: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    def of(self, values: pd.Series, variable: Variable) -> pd.Series:
        """For each lesion the label of its group; missing where the value is.

        >>> import pandas as pd
        >>> age = Variable("age", "Age", "continuous", "predictor", "clinical")
        >>> Subgroup("age", cuts=(40,), labels=("Young", "Old")).of(pd.Series([39.0, 40.0]), age).tolist()
        ['Young', 'Old']
        """
        if self.cuts:
            return values.map(lambda value: self.labels[bisect_right(self.cuts, value)], na_action="ignore")
        if variable.is_categorical:
            return values.map({level.value: level.label for level in variable.levels})
        return values

    def order(self, variable: Variable) -> tuple[str, ...]:
        """The labels in their order; empty where the groups are whatever the table holds, as with centers."""
        if self.cuts:
            return self.labels
        return tuple(level.label for level in variable.levels)
