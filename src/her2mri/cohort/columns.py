"""Which column of a table is which variable: names, labels and near misses."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.cohort.read import RawTable
from her2mri.dictionary import DataDictionary
from her2mri.errors import Fault

_NEAR: Final = 0.72


@dataclass(frozen=True)
class MatchedColumns:
    """``columns``: the raw cells by the name of their variable."""

    columns: dict[str, pd.Series[str]]
    faults: tuple[Fault, ...]
    caveats: tuple[Caveat, ...]


def match_columns(table: RawTable, dictionary: DataDictionary) -> MatchedColumns:
    """Recognise the variables of the dictionary by name or label, whatever the case, spaces and hyphens.

    A variable given twice or a required one not given is a fault; a column that is no variable is a caveat
    with the nearest name there is, so that a misspelt one is noticed.
    """
    known = known_headers(dictionary)
    columns: dict[str, pd.Series[str]] = {}
    faults: list[Fault] = []
    unknown: list[str] = []
    for position, header in enumerate(table.frame.columns):
        name = known.get(fold_header(str(header)), "")
        if not name:
            unknown.append(str(header))
        elif name in columns:
            remedy = "keep one of the two columns"
            faults.append(Fault(table.name, "the column is there twice", remedy=remedy, column=name))
        else:
            columns[name] = table.frame.iloc[:, position]
    faults += _missing(table, dictionary, columns, unknown)
    caveats = tuple(_unknown_caveat(table.name, header, known, columns) for header in unknown)
    return MatchedColumns(columns, tuple(faults), caveats)


def fold_header(header: str) -> str:
    """A header without what people vary in it.

    >>> fold_header(" T-Category ")
    't_category'
    """
    return re.sub(r"[\s_\-–]+", "_", unicodedata.normalize("NFKC", header).strip().casefold())


def known_headers(dictionary: DataDictionary) -> dict[str, str]:
    """The name of the variable for each header that is recognised, as ``fold_header`` writes it."""
    known = {fold_header(variable.name): variable.name for variable in dictionary.variables}
    for variable in dictionary.variables:
        for header in (variable.label, variable.title):
            known.setdefault(fold_header(header), variable.name)
    return known


def _missing(
    table: RawTable, dictionary: DataDictionary, columns: dict[str, pd.Series[str]], unknown: list[str]
) -> Iterator[Fault]:
    for variable in dictionary.variables:
        if not variable.required or variable.name in columns:
            continue
        folded = {fold_header(header): header for header in unknown}
        near = difflib.get_close_matches(fold_header(variable.name), folded, 1, _NEAR)
        remedy = (
            f"rename {folded[near[0]]!r}"
            if near
            else ": ".join(filter(None, ("add it", variable.description)))
        )
        yield Fault(table.name, "a required column is missing", remedy=remedy, column=variable.name)


def _unknown_caveat(
    where: str, header: str, known: dict[str, str], columns: dict[str, pd.Series[str]]
) -> Caveat:
    if not header:
        return Caveat("unknown_column", "a column with values has no name; it was not read", where=where)
    near = difflib.get_close_matches(fold_header(header), known, 1, _NEAR)
    message = "not a variable of the dictionary; it was not read"
    if near and known[near[0]] not in columns:
        message += f" (did you mean {known[near[0]]}?)"
    return Caveat("unknown_column", message, column=header, where=where)
