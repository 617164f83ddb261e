"""Excel workbooks as raw cells: dates, numbers and text as stored, formulas by their stored results."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.cohort.read import refuse, table_of
from her2mri.errors import Fault, TableError

SHEET: Final = "lesions"
_LARGEST_UNPACKED: Final = 1_000_000_000
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0"
# What zipfile, the XML parsers and openpyxl raise for workbooks that are not whole or not workbooks.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    SyntaxError,
    NotImplementedError,
)


def read_workbook(content: bytes, where: str) -> tuple[pd.DataFrame, bool, tuple[Caveat, ...]]:
    """The cells of the sheet ``lesions``, or of the first sheet."""
    if content.startswith(_COMPOUND_FILE):
        problem = "is protected by a password, or an old .xls workbook"
        refuse(where, problem, remedy="save it as .xlsx without a password")
    try:
        _check_archive(content, where)
        with warnings.catch_warnings():
            # openpyxl warns of drop-downs and styles that it does not keep; values are not concerned.
            warnings.simplefilter("ignore")
            return _read(content, where)
    except _DAMAGE as error:
        problem = "is damaged or not an Excel workbook"
        fault = Fault(where, problem, remedy="open it in a spreadsheet program and save it again")
        raise TableError([fault]) from error


def _check_archive(content: bytes, where: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _LARGEST_UNPACKED:
            refuse(where, f"unpacks to more than {_LARGEST_UNPACKED // 1_000_000} MB")
        if any(part.flag_bits & 1 for part in archive.infolist()):
            refuse(where, "is protected by a password", remedy="save it without a password")
        if archive.testzip() is not None:
            refuse(where, "is damaged", remedy="open it in a spreadsheet program and save it again")


def _read(content: bytes, where: str) -> tuple[pd.DataFrame, bool, tuple[Caveat, ...]]:
    sheet, others = _sheet(content, where, results=True)
    rows, without_result = _stored(sheet)
    if without_result and (faults := list(_unfinished(content, where, without_result))):
        raise TableError(faults)
    caveats: tuple[Caveat, ...] = ()
    if others:
        message = f"the sheet {sheet.title!r} was read; not read: {', '.join(others)}"
        caveats = (Caveat("first_sheet", message, where=where),)
    if not rows:
        refuse(where, f"the sheet {sheet.title!r} is empty", remedy=f"name the sheet to read {SHEET!r}")
    (_, header), *body = rows
    return table_of(header, body, where), False, caveats


def _sheet(content: bytes, where: str, *, results: bool) -> tuple[Any, list[str]]:
    """The sheet to read, and the names of the others where no sheet says that it is the one."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=results)
    if not book.worksheets:
        refuse(where, "has no sheet with cells")
    named = [sheet for sheet in book.worksheets if sheet.title.strip().casefold() == SHEET]
    sheet, *others = named or book.worksheets
    # The extent that a file claims for itself is often wrong; the cells are not.
    sheet.reset_dimensions()
    return sheet, [] if named else [other.title for other in others]


def _stored(sheet: Any) -> tuple[list[tuple[int, list[object]]], set[tuple[int, int]]]:
    """The first row and all that are not blank, and the cells that exist without a value."""
    from openpyxl.cell.read_only import EMPTY_CELL

    rows: list[tuple[int, list[object]]] = []
    without_value: set[tuple[int, int]] = set()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        values = [cell.value for cell in row]
        if number == 1 or any(value is not None for value in values):
            rows.append((number, values))
        # A formula whose result is an empty text is stored as text ("str"), not as a number ("n").
        without_value |= {
            (number, column)
            for column, cell in enumerate(row)
            if cell.value is None and cell is not EMPTY_CELL and cell.data_type == "n"
        }
    return rows, without_value


def _unfinished(content: bytes, where: str, without_value: set[tuple[int, int]]) -> Iterator[Fault]:
    """Formulas that no spreadsheet program has worked out: read as empty they would be missing values."""
    from openpyxl.utils import get_column_letter

    sheet, _ = _sheet(content, where, results=False)
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        for column, cell in enumerate(row):
            if cell is not None and (number, column) in without_value:
                yield Fault(
                    where,
                    "a formula without a stored result",
                    remedy="open the workbook in a spreadsheet program and save it, or paste the values",
                    row=number,
                    column=get_column_letter(column + 1),
                    value=str(cell)[:60],
                )
