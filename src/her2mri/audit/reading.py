"""Csv and xlsx files as rows of text, exactly as printed: 0.80 stays 0.80."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from her2mri.errors import Fault, InputError

SUFFIXES: Final = (".csv", ".xlsx")
_SKIPPED_SHEETS: Final = {"about"}


@dataclass(frozen=True)
class TextTable:
    """A table of text: ``rows`` are pairs of the row as a spreadsheet counts it and its cells by column."""

    where: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_text_tables(path: Path) -> list[TextTable]:
    """The tables of a file: one of a csv, one a sheet of a workbook; InputError where it cannot be read."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError([Fault(str(path), "unknown kind of file", allowed=", ".join(SUFFIXES))])
    if not path.is_file():
        raise InputError([Fault(str(path), "no such file")])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError([Fault(str(path), f"cannot be read: {error.strerror}")]) from error
    sheets = _workbook(path, content) if path.suffix.lower() == ".xlsx" else [("", _lines(path, content))]
    tables = []
    for name, lines in sheets:
        if name.casefold() not in _SKIPPED_SHEETS and any(any(line) for line in lines):
            tables.append(_table(f"{path}, sheet {name}" if name and len(sheets) > 1 else str(path), lines))
    if not tables:
        raise InputError([Fault(str(path), "the file holds no table")])
    return tables


def _table(where: str, lines: list[list[str]]) -> TextTable:
    columns = tuple(cell.strip().casefold().replace(" ", "_") for cell in lines[0])
    doubled = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubled:
        raise InputError([Fault(where, "the column stands twice", column=name, row=1) for name in doubled])
    rows = []
    faults = []
    for number, line in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in line[len(columns) :]):
            faults.append(Fault(where, "more cells than columns", row=number, value=line[-1]))
        cells = dict(zip(columns, [cell.strip() for cell in line], strict=False))
        if any(cells.values()):
            rows.append((number, cells))
    if faults:
        raise InputError(faults)
    return TextTable(where, columns, tuple(rows))


def _lines(path: Path, content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        remedy = "save it as CSV UTF-8"
        raise InputError([Fault(str(path), "the text is not UTF-8", remedy=remedy)]) from error
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InputError([Fault(str(path), f"not a csv file: {error}")]) from error


def _workbook(path: Path, content: bytes) -> list[tuple[str, list[list[str]]]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
        return [
            (sheet.title, [[_shown(cell) for cell in row] for row in sheet.iter_rows()])
            for sheet in book.worksheets
        ]
    except (BadZipFile, KeyError, ValueError, OSError, EOFError, SyntaxError) as error:
        raise InputError([Fault(str(path), "not a workbook, or a damaged one")]) from error


def _shown(cell: Any) -> str:
    """A cell as the spreadsheet shows it, so that a format of 0.00 keeps its trailing zeros."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    pattern = str(cell.number_format).split(";")[0]
    percent = pattern.endswith("%")
    if percent or set(pattern) <= set("0#.,"):
        decimals = len(pattern.removesuffix("%").partition(".")[2])
        if percent or "." in pattern or pattern == "0":
            return f"{value:.{decimals}%}" if percent else f"{value:.{decimals}f}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
