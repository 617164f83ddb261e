"""What a reader types against the faults of a table: taken over cell by cell, right or wrong, and checked again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from her2mri.web.uploads.cells import LONGEST, Cell, text_of
from her2mri.web.uploads.checking import CheckedUpload
from her2mri.web.uploads.personal import IDENTIFIERS, is_pseudonym
from her2mri.web.uploads.typed_table import TypedRow, TypedTable

KEEP = ""
"""A choice that was not made: the cell stays as it is."""


@dataclass(frozen=True)
class Typed:
    """``values`` by the key of what they mend; of the rows ``shown``, those ``left_out``; columns times a factor."""

    values: Mapping[str, str] = field(default_factory=dict)
    shown: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    factors: Mapping[str, float] = field(default_factory=dict)


def mended(table: TypedTable, found: CheckedUpload, typed: Typed) -> TypedTable:
    """The table with what was typed.

    Only cells that are faulty are changed, and a column only by a factor that its fault offers: whatever a form
    sends besides is ignored.
    """
    rows = {row.row: row for row in table.rows}
    for number in typed.shown & rows.keys():
        rows[number] = replace(rows[number], left_out=number in typed.left_out)
    for group in found.to_mend:
        value = typed.values.get(group.key)
        if value is None or group.variable is None:
            continue
        if group.variable.is_categorical and value == KEEP:
            continue
        for number in group.rows:
            rows[number] = _with_cell(rows[number], group.variable.name, value.strip()[:LONGEST])
    for wrong in found.wrong_units:
        factor = typed.factors.get(wrong.variable.name)
        if factor in wrong.factors:
            rows = {
                number: _multiplied(row, wrong.variable.name, factor, table.decimal_comma)
                for number, row in rows.items()
            }
    return replace(table, rows=tuple(rows.values()))


def changed(before: TypedTable, after: TypedTable) -> list[TypedRow]:
    """The rows that are not as they were."""
    return [new for old, new in zip(before.rows, after.rows, strict=True) if old != new]


def not_kept(found: CheckedUpload, typed: Typed) -> dict[str, str]:
    """What was typed as an identifier and is none: shown again to who typed it, and nowhere kept."""
    return {
        group.key: typed.values[group.key][:LONGEST]
        for group in found.to_mend
        if group.fault.column in IDENTIFIERS
        and group.key in typed.values
        and not is_pseudonym(typed.values[group.key].strip())
    }


def _with_cell(row: TypedRow, name: str, text: str) -> TypedRow:
    if text == text_of(row.cells.get(name)):
        return row  # a number stays a number where nothing was typed over it
    kept: Cell = text or None
    withheld = row.withheld - {name}
    if name in IDENTIFIERS and not is_pseudonym(text):
        kept, withheld = None, withheld | {name}
    return replace(row, cells={**row.cells, name: kept}, withheld=withheld)


def _multiplied(row: TypedRow, name: str, factor: float, decimal_comma: bool) -> TypedRow:
    cell = row.cells.get(name)
    text = text_of(cell)
    try:
        number = factor * float(text.replace(",", ".") if decimal_comma else text)
    except ValueError:
        return row
    if not math.isfinite(number):
        return row  # no factor mends "inf"
    return replace(row, cells={**row.cells, name: float(f"{number:.12g}")})
