"""From tables to a cohort: read, recognise, check everything, then derive what follows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.columns import match_columns
from her2mri.cohort.derive import derive
from her2mri.cohort.read import RawTable, read_table
from her2mri.cohort.validate import column_caveats, identifier_faults, patient_caveats, unit_findings
from her2mri.cohort.values import parse_column
from her2mri.dictionary import DataDictionary
from her2mri.errors import Fault, TableError


@dataclass(frozen=True)
class CheckedTables:
    """What reading found: values as the dictionary stores them, and every fault and caveat.

    ``places`` has the table (``where``) and the row of each lesion. With a fault the values are not whole.
    """

    frame: pd.DataFrame
    places: pd.DataFrame
    dictionary: DataDictionary
    provenance: dict[str, Any]
    faults: tuple[Fault, ...]
    caveats: tuple[Caveat, ...]

    def cohort(self, *, label_rule: str | None = None) -> Cohort:
        """The cohort, with derived variables and labels; TableError with every fault if there is one."""
        if self.faults:
            raise TableError(self.faults)
        version = self.dictionary.label_rule(label_rule).version
        frame, derived = derive(self.frame, self.places, self.dictionary, label_rule=version)
        return Cohort(
            frame=frame.reset_index(drop=True),
            dictionary=self.dictionary,
            provenance={**self.provenance, "label_rule": version},
            caveats=(*self.caveats, *derived),
        )


def read_cohort(
    paths: Sequence[Path], dictionary: DataDictionary, *, label_rule: str | None = None
) -> Cohort:
    """The lesions of one or more tables (csv, xlsx, parquet) as one cohort.

    Raises TableError with every fault of every table, and KeyError for a label rule that does not exist.
    """
    dictionary.label_rule(label_rule)
    return check_files(paths, dictionary).cohort(label_rule=label_rule)


def cohort_from_frame(
    frame: pd.DataFrame,
    dictionary: DataDictionary,
    *,
    label_rule: str | None = None,
    name: str = "table",
    provenance: Mapping[str, Any] | None = None,
) -> Cohort:
    """The lesions of a data frame as a cohort, checked and completed as a file would be.

    Faults count rows as if the frame were a spreadsheet with its header in row 1. ``provenance`` is added to
    that of the cohort: a ``notice`` for data that are not patients.

    >>> from her2mri.dictionary import load_dictionary
    >>> lesion = {"patient_id": "p1", "lesion_id": "l1", "center": "A", "her2_ihc": "3+"}
    >>> cohort_from_frame(pd.DataFrame([lesion]), load_dictionary()).frame["her2_status"].tolist()
    ['positive']
    """
    if frame.empty:
        raise TableError([Fault(name, "has no rows", remedy="give one row a lesion")])
    raw = frame.astype(object).reset_index(drop=True)
    raw.index += 2
    content = frame.to_csv(index=False).encode()
    checked = check_tables([RawTable(name, raw, hashlib.sha256(content).hexdigest())], dictionary)
    cohort = checked.cohort(label_rule=label_rule)
    return cohort.with_frame(cohort.frame, provenance={**cohort.provenance, **(provenance or {})})


def check_files(paths: Sequence[Path], dictionary: DataDictionary) -> CheckedTables:
    """Everything that is to be said of the tables in these files, readable or not."""
    tables: list[RawTable] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            tables.append(read_table(path))
        except TableError as error:
            faults += error.faults
    seen: dict[str, str] = {}
    for table in tables:
        if table.sha256 in seen:
            remedy = "give each table once"
            faults.append(Fault(table.name, f"has the same content as {seen[table.sha256]}", remedy=remedy))
        seen.setdefault(table.sha256, table.name)
    return check_tables(tables, dictionary, faults=faults)


def check_tables(
    tables: Sequence[RawTable], dictionary: DataDictionary, *, faults: Iterable[Fault] = ()
) -> CheckedTables:
    """Everything that is to be said of these tables, taken together; ``faults`` found before come first."""
    parsed = [_parse(table, dictionary) for table in tables]
    frame = pd.concat([part.frame for part in parsed], ignore_index=True) if parsed else pd.DataFrame()
    places = pd.DataFrame(
        {
            "where": np.repeat([table.name for table in tables], [len(table.frame) for table in tables]),
            "row": [row for table in tables for row in table.frame.index],
        }
    )
    found = [*faults, *(fault for part in parsed for fault in part.faults)]
    found += identifier_faults(frame, places)
    caveats = [caveat for part in parsed for caveat in part.caveats]
    caveats += patient_caveats(frame, places, dictionary)
    caveats += column_caveats(frame, dictionary, faulty={fault.column for fault in found})
    caveats += _partly_given(parsed, tables, dictionary)
    provenance = {
        "tables": [{"name": table.name, "sha256": table.sha256, "rows": len(table.frame)} for table in tables]
    }
    order = [variable.name for variable in dictionary.variables if variable.name in frame]
    return CheckedTables(frame[order], places, dictionary, provenance, tuple(found), tuple(caveats))


@dataclass(frozen=True)
class _ParsedTable:
    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    caveats: tuple[Caveat, ...]


def _parse(table: RawTable, dictionary: DataDictionary) -> _ParsedTable:
    """The values of one table, column by column in the dictionary's order."""
    matched = match_columns(table, dictionary)
    faults, caveats = list(matched.faults), [*table.caveats, *matched.caveats]
    columns: dict[str, pd.Series[Any]] = {}
    commas = 0
    for variable in dictionary.variables:
        if variable.name not in matched.columns:
            continue
        cells = matched.columns[variable.name]
        column = parse_column(variable, cells, where=table.name, decimal_comma=table.decimal_comma)
        columns[variable.name] = column.values
        faults += column.faults
        commas += column.decimal_commas
        if variable.kind == "continuous":
            findings = list(unit_findings(variable, column.values.astype(float), table.name))
            faults += [finding for finding in findings if isinstance(finding, Fault)]
            caveats += [finding for finding in findings if isinstance(finding, Caveat)]
    if commas:
        message = f"{commas} numbers are written with a decimal comma and were read as such"
        caveats.append(Caveat("decimal_comma", message, where=table.name))
    frame = pd.DataFrame(columns, index=table.frame.index)
    return _ParsedTable(frame, tuple(faults), tuple(caveats))


def _partly_given(
    parsed: Sequence[_ParsedTable], tables: Sequence[RawTable], dictionary: DataDictionary
) -> Iterable[Caveat]:
    """Columns that some tables have and others lack: all lesions of the others would count as incomplete."""
    for variable in dictionary.variables:
        without = [
            table.name
            for table, part in zip(tables, parsed, strict=True)
            if variable.name not in part.frame and variable.role == "predictor"
        ]
        if without and len(without) < len(tables):
            message = f"{variable.label} is missing in {', '.join(without)} but not in the other tables"
            yield Caveat("partly_given", message, column=variable.name)
