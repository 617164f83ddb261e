"""Cells of a typed table turned into names, numbers and levels, with every fault kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from her2mri.cohort.read import RawTable
from her2mri.errors import Fault, TableError


class Cells:
    """One raw table being read: each method returns a clean column and adds what is wrong to ``faults``."""

    def __init__(self, table: RawTable) -> None:
        self.table = table
        self.faults: list[Fault] = []
        names = [str(name).strip().casefold() for name in table.frame.columns]
        repeated = sorted({name for name in names if name and names.count(name) > 1})
        if repeated:
            raise TableError([Fault(table.name, "a column stands twice", column=name) for name in repeated])
        self.frame = table.frame.set_axis(names, axis=1)

    def require(self, columns: Sequence[str], *, remedy: str = "") -> None:
        """Raise TableError naming every column that is not there."""
        missing = [name for name in columns if name not in self.frame.columns]
        if missing:
            there = ", ".join(map(str, self.table.frame.columns))
            raise TableError(
                Fault(self.table.name, f"the column is missing; there are {there}", "", remedy, column=name)
                for name in missing
            )

    def fault(self, row: object, column: str, problem: str, value: object = "", allowed: str = "") -> None:
        """Keep one fault of one row."""
        shown = "" if value is None else str(value)
        self.faults.append(
            Fault(self.table.name, problem, allowed, row=int(str(row)), column=column, value=shown)
        )

    def raise_faults(self) -> None:
        """Raise all faults found, in the order of rows."""
        if self.faults:
            raise TableError(sorted(self.faults, key=lambda fault: (fault.row or 0, fault.column)))

    def text(self, column: str, *, required: bool) -> pd.Series[str]:
        """Names, trimmed; whole numbers of a workbook lose their ``.0``. Empty where the column is missing."""
        values = []
        for row, cell in self._cells(column):
            if cell is None and required:
                self.fault(row, column, "is empty")
            values.append("" if cell is None else plain_text(cell))
        return pd.Series(values, index=self.frame.index, dtype="str")

    def level(self, column: str, spellings: Mapping[str, str], *, required: bool) -> pd.Series[str]:
        """Levels by any accepted spelling (lower case), empty where missing."""
        allowed = ", ".join(dict.fromkeys(spellings.values()))
        values = []
        for row, cell in self._cells(column):
            if cell is None:
                if required:
                    self.fault(row, column, "is empty", allowed=allowed)
                values.append("")
                continue
            found = spellings.get(plain_text(cell).casefold())
            if found is None:
                self.fault(row, column, "is not one of the levels", cell, allowed)
            values.append(found or "")
        return pd.Series(values, index=self.frame.index, dtype="str")

    def number(
        self, column: str, allowed: str, *, low: float = -np.inf, high: float = np.inf, whole: bool = False
    ) -> pd.Series[float]:
        """Numbers from ``low`` to ``high``, NaN where missing; ``allowed`` says the rule in words."""
        values = []
        for row, cell in self._cells(column):
            value = np.nan if cell is None else self._number(cell)
            if cell is not None and (np.isnan(value) or not low <= value <= high or (whole and value % 1)):
                self.fault(row, column, "is not such a number", cell, allowed)
                value = np.nan
            values.append(value)
        return pd.Series(values, index=self.frame.index, dtype=float)

    def date(self, column: str) -> pd.Series[pd.Timestamp]:
        """Days, NaT where missing."""
        values = []
        for row, cell in self._cells(column):
            day = (
                pd.NaT if cell is None else pd.to_datetime(str(cell)[:10], format="%Y-%m-%d", errors="coerce")
            )
            if cell is not None and pd.isna(day):
                self.fault(row, column, "is not a date", cell, "YYYY-MM-DD")
            values.append(day)
        return pd.Series(pd.DatetimeIndex(values).as_unit("s"), index=self.frame.index)

    def _cells(self, column: str) -> Iterable[tuple[object, object]]:
        if column not in self.frame.columns:
            return ((row, None) for row in self.frame.index)
        return zip(self.frame.index, self.frame[column].tolist(), strict=True)

    def _number(self, cell: object) -> float:
        text = str(cell).strip()
        if self.table.decimal_comma and "." not in text:
            text = text.replace(",", ".")
        try:
            value = float(text)
        except ValueError:
            return np.nan
        return value if np.isfinite(value) else np.nan


def plain_text(cell: object) -> str:
    """A cell as a name: trimmed, and 12.0 from a workbook as 12.

    >>> plain_text(12.0), plain_text(" R1 ")
    ('12', 'R1')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
