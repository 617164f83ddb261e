"""A table as it was typed, with what may be kept of it: cells of known columns, and where something was withheld."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from her2mri.bundle.canonical import canonical
from her2mri.web.uploads.cells import Cell, as_json, of_json

if TYPE_CHECKING:
    from her2mri.cohort.read import RawTable


@dataclass(frozen=True)
class TypedRow:
    """One lesion. ``row``: as a spreadsheet counts it; ``withheld``: columns whose cell was not kept."""

    row: int
    cells: Mapping[str, Cell]
    withheld: frozenset[str] = frozenset()
    left_out: bool = False

    def text(self) -> str:
        """Cells and what was withheld, as the database keeps them."""
        cells = {name: as_json(cell) for name, cell in self.cells.items()}
        return canonical({"cells": cells, "withheld": sorted(self.withheld)})

    @classmethod
    def of_text(cls, row: int, text: str, *, left_out: bool = False) -> Self:
        """The row that ``text`` wrote."""
        content = json.loads(text)
        cells = {name: of_json(cell) for name, cell in content["cells"].items()}
        return cls(row, cells, frozenset(content["withheld"]), left_out)


@dataclass(frozen=True)
class TypedTable:
    """``columns``: the variables that it has; ``said``: what must be said of the file, without a value of it."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[TypedRow, ...]
    decimal_comma: bool = False
    sha256: str = ""
    said: tuple[str, ...] = field(default=())

    @property
    def kept_rows(self) -> tuple[TypedRow, ...]:
        """Those that are not left out."""
        return tuple(row for row in self.rows if not row.left_out)

    def raw(self) -> RawTable:
        """The table as ``check`` reads it, without the rows left out."""
        import pandas as pd

        from her2mri.cohort.read import RawTable

        rows = self.kept_rows
        cells = [[row.cells.get(name) for name in self.columns] for row in rows]
        index = pd.Index([row.row for row in rows], dtype="int64")
        frame = pd.DataFrame(cells, index=index, columns=list(self.columns), dtype=object)
        return RawTable(self.name, frame, self.sha256, self.decimal_comma)

    def as_json(self) -> str:
        """All of it as text, for another process."""
        rows = [[row.row, row.text()] for row in self.rows]
        plain = {"name": self.name, "columns": self.columns, "decimal_comma": self.decimal_comma}
        return canonical({**plain, "sha256": self.sha256, "said": self.said, "rows": rows})

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """What ``as_json`` wrote."""
        rows = tuple(TypedRow.of_text(row, text) for row, text in content["rows"])
        return cls(
            content["name"],
            tuple(content["columns"]),
            rows,
            content["decimal_comma"],
            content["sha256"],
            tuple(content["said"]),
        )


def without(cells: Mapping[str, Cell], names: Collection[str]) -> dict[str, Cell]:
    """The cells with those of these columns empty."""
    return {name: None if name in names else cell for name, cell in cells.items()}
