"""Measures put into a lesion table that is there already, without changing what stands in it unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from her2mri.cohort.columns import fold_header
from her2mri.cohort.read import read_table
from her2mri.cohort.values import is_empty, parse_column
from her2mri.dictionary import DataDictionary
from her2mri.errors import Fault, TableError

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
    headers = {fold_header(str(name)): name for name in frame.columns}
    if "lesion_id" not in headers:
        raise TableError([Fault(table.name, "has no column lesion_id to match lesions by")])
    identity = frame[headers["lesion_id"]].map(str)
    if identity.duplicated().any():
        raise TableError([Fault(table.name, "a lesion is there twice", column="lesion_id")])
    measured = [name for name in dict.fromkeys(key for row in rows for key in row) if name in dictionary]
    values: dict[str, pd.Series[Any]] = {}
    faults: list[Fault] = []
    for name in measured:
        if (header := _header(name, headers, dictionary)) is None:
            header = headers[fold_header(name)] = name
            frame[name] = None
        parsed = parse_column(
            dictionary[name], frame[header], where=table.name, decimal_comma=table.decimal_comma
        )
        faults += parsed.faults
        values[name] = parsed.values.astype(object)
    if faults:
        raise TableError(faults)
    row_of = dict(zip(identity, frame.index, strict=True))
    kept: list[str] = []
    for row in rows:
        lesion = str(row["lesion_id"])
        if lesion not in row_of:
            row_of[lesion] = int(frame.index.max()) + 1
            frame.loc[row_of[lesion]] = None
        for name in measured:
            header = _header(name, headers, dictionary)
            at, value = row_of[lesion], row.get(name)
            stands = values[name].get(at)
            if value is None or value == "" or (not is_empty(stands) and _alike(stands, value)):
                continue
            if not is_empty(stands) and name not in ("patient_id", "center") and not replace:
                kept.append(f"{lesion}: {name} stays {stands}, measured {value}")
            elif is_empty(stands) or name not in ("patient_id", "center"):
                frame.loc[at, header] = value
    return FilledTable(frame.reset_index(drop=True), tuple(kept))


def _header(name: str, headers: Mapping[str, Any], dictionary: DataDictionary) -> Any:
    """The table's own header for a variable, by its name or label."""
    variable = dictionary[name]
    for spelling in (variable.name, variable.label, variable.title):
        if fold_header(spelling) in headers:
            return headers[fold_header(spelling)]
    return None


def _alike(stands: Any, value: Any) -> bool:
    if isinstance(stands, float) and isinstance(value, int | float):
        return abs(stands - value) <= _ALIKE * max(abs(stands), abs(value))
    return str(stands) == str(value)
