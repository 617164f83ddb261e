"""Measures put into a lesion table that is there already, without changing what stands in it unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from her2mri.cohort.columns import fold_header
from her2mri.cohort.read import RawTable, read_table
from her2mri.cohort.values import is_empty, parse_column
from her2mri.dictionary import DataDictionary
from her2mri.errors import Fault, TableError

_WHO: Final = ("patient_id", "lesion_id", "center")
_ALIKE: Final = 0.005
"""Numbers closer than this, as a share, are the same value rounded."""


@dataclass(frozen=True, eq=False)
class FilledTable:
    """The table with the measured columns; ``kept`` says where it held another value, which stands."""

    frame: pd.DataFrame
    kept: tuple[str, ...]


def fill_table(
    path: Path, rows: Sequence[Mapping[str, Any]], dictionary: DataDictionary, *, replace: bool = False
) -> FilledTable:
    """The lesion table at ``path`` with the measures of ``rows``, matched by ``lesion_id``.

    A cell that holds another value keeps it, unless ``replace``, and is told of. A lesion that the table does
    not have is added below. Raises TableError where the table has no lesion_id, names a lesion twice, or
    holds a value in a measured column that cannot be read.
    """
    table = read_table(path)
    frame = table.frame.astype(object)
    header = _headers(frame, dictionary)
    identity = _identity(frame, header, table.name)
    names = [name for name in dict.fromkeys(key for row in rows for key in row) if name in dictionary]
    for name in names:
        if name not in header:
            header[name] = name
            frame[name] = None
    measured = [name for name in names if name not in _WHO]
    values = _values(table, frame, {name: header[name] for name in measured}, dictionary)
    kept: list[str] = []
    for row in rows:
        lesion = str(row["lesion_id"])
        if lesion not in identity:
            identity[lesion] = int(frame.index.max()) + 1
            frame.loc[identity[lesion]] = None
        at = identity[lesion]
        for name in names:
            value = row.get(name)
            stands = values[name].get(at) if name in values else frame.loc[at, header[name]]
            if is_empty(value):
                continue
            if is_empty(stands) or (replace and name in values and not _alike(stands, value)):
                frame.loc[at, header[name]] = value
            elif name in values and not _alike(stands, value):
                kept.append(f"{lesion}: {name} stays {stands}, measured {value}")
    return FilledTable(frame.reset_index(drop=True), tuple(kept))


def _headers(frame: pd.DataFrame, dictionary: DataDictionary) -> dict[str, Any]:
    """The table's own header for each variable that it has, by name or label."""
    own = {fold_header(str(name)): name for name in frame.columns}
    found: dict[str, Any] = {}
    for variable in dictionary.variables:
        for spelling in (variable.name, variable.label, variable.title):
            if variable.name not in found and fold_header(spelling) in own:
                found[variable.name] = own[fold_header(spelling)]
    return found


def _identity(frame: pd.DataFrame, header: Mapping[str, Any], where: str) -> dict[str, int]:
    """The row of each lesion; TableError where one has no name or stands twice."""
    if "lesion_id" not in header:
        raise TableError([Fault(where, "has no column lesion_id to match lesions by")])
    faults: list[Fault] = []
    rows: dict[str, int] = {}
    for row, cell in frame[header["lesion_id"]].items():
        name = "" if is_empty(cell) else str(cell).strip()
        if not name or name in rows:
            problem = "a lesion is there twice" if name else "a lesion has no name"
            faults.append(Fault(where, problem, row=int(str(row)), column="lesion_id", value=name))
        rows.setdefault(name, int(str(row)))
    if faults:
        raise TableError(faults)
    return rows


def _values(
    table: RawTable, frame: pd.DataFrame, header: Mapping[str, Any], dictionary: DataDictionary
) -> dict[str, pd.Series[Any]]:
    """The measured columns as the dictionary stores them; TableError with every cell that cannot be read."""
    faults: list[Fault] = []
    values: dict[str, pd.Series[Any]] = {}
    for name, column in header.items():
        parsed = parse_column(
            dictionary[name], frame[column], where=table.name, decimal_comma=table.decimal_comma
        )
        faults += parsed.faults
        values[name] = parsed.values.astype(object)
    if faults:
        raise TableError(faults)
    return values


def _alike(stands: Any, value: Any) -> bool:
    if isinstance(stands, float) and isinstance(value, int | float):
        return abs(stands - value) <= _ALIKE * max(abs(stands), abs(value))
    return str(stands) == str(value)
