"""A table ready to be shown: strings only, in the order they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class DisplayTable:
    """``label_columns`` columns on the left are text, the rest figures.

    ``spans`` is an upper row of the header: each text with the number of columns below it. A row whose cells
    after the first are all empty heads the rows that follow it.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    label_columns: int = 1
    spans: tuple[tuple[str, int], ...] = ()

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame, title: str, *, note: str = "", label_columns: int = 1
    ) -> DisplayTable:
        """A frame of strings, its columns as the header."""
        rows = tuple(tuple(str(cell) for cell in row) for row in frame.itertuples(index=False))
        return cls(title, tuple(str(column) for column in frame.columns), rows, note, label_columns)

    def is_heading(self, row: Sequence[str]) -> bool:
        """Whether the row only heads those below it."""
        return not any(row[1:])
