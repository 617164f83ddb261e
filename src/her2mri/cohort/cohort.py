"""The cohort: a clean lesion table with where it came from and who was left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from her2mri.dictionary import DataDictionary


@dataclass(frozen=True)
class Caveat:
    """Something a reader of the results must know about the data, that does not stop the study.

    ``where`` names the table, ``row`` is the row as a spreadsheet counts it (the header is row 1).
    """

    code: str
    message: str
    row: int | None = None
    column: str = ""
    value: str = ""
    where: str = ""


@dataclass(frozen=True)
class Cohort:
    """One row a lesion, values as the dictionary stores them.

    ``frame`` has a RangeIndex; categorical variables are strings of the dictionary's values, continuous ones
    floats, missing is NaN. ``provenance`` holds the source's name and SHA-256 and, for data that are not
    patients, a ``notice`` that every output repeats. ``exclusions`` has one row an excluded lesion
    (patient_id, lesion_id, center, reason).
    """

    frame: pd.DataFrame
    dictionary: DataDictionary
    provenance: dict[str, Any] = field(default_factory=dict)
    exclusions: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["patient_id", "lesion_id", "center", "reason"])
    )
    caveats: tuple[Caveat, ...] = ()

    def with_frame(self, frame: pd.DataFrame, **changes: Any) -> Cohort:
        """The same cohort with another frame (and other fields, by name)."""
        return replace(self, frame=frame.reset_index(drop=True), **changes)

    @property
    def notice(self) -> str:
        """What must be said of data that are not patients; empty for real ones."""
        return str(self.provenance.get("notice", ""))
