"""All tables of a study in one Excel workbook, with the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from openpyxl import Workbook

_LONGEST_SHEET_NAME: Final = 31
_FIRST_SHEET: Final = "About"
_MOST_ROWS: Final = 1_048_575
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def write_workbook(tables: Mapping[str, pd.DataFrame], path: Path, *, about: str) -> None:
    """A sheet for each table behind a first sheet that says what they are.

    Text that a spreadsheet would run as a formula is kept as text.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    titles = sheet_names(list(tables))
    listed = [[titles[name], f"tables/{name}.csv", len(table)] for name, table in tables.items()]
    first = book.create_sheet(_FIRST_SHEET)
    first.column_dimensions["A"].width = first.column_dimensions["B"].width = 36
    for row in ([about], [], ["Sheet", "Table", "Rows"], *listed):
        first.append(row)
    for name, table in tables.items():
        _add_sheet(book, titles[name], table)
    content = io.BytesIO()
    book.save(content)
    path.write_bytes(without_dates(content.getvalue()))


def _add_sheet(book: Workbook, title: str, table: pd.DataFrame) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    header = []
    for index, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = min(40, max(10, len(str(column)) + 2))
        cell = WriteOnlyCell(sheet, str(column))
        cell.font = Font(bold=True)
        header.append(cell)
    sheet.append(header)

    def kept(value: object) -> object:
        """The value, or as a cell of text where a spreadsheet would take it for a formula."""
        if not (isinstance(value, str) and value.startswith("=")):
            return value
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        return cell

    shown = table.head(_MOST_ROWS)
    for row in shown.astype(object).where(shown.notna(), None).itertuples(index=False):
        sheet.append([kept(value) for value in row])


def sheet_name(name: str) -> str:
    """A table's name in the 31 characters that Excel allows.

    >>> sheet_name("selection_her2_positive")
    'selection_her2_positive'
    >>> sheet_name("recommended_net_benefit_difference")
    'rec_net_benefit_difference'
    """
    if len(name) > _LONGEST_SHEET_NAME:
        name = name.replace("recommended_", "rec_", 1)
    return name if len(name) <= _LONGEST_SHEET_NAME else name[: _LONGEST_SHEET_NAME - 1] + "…"


def sheet_names(names: Sequence[str]) -> dict[str, str]:
    """A name for each table's sheet that no other has, whatever their case.

    >>> list(sheet_names(["a" * 31 + "b", "a" * 31 + "c"]).values())
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa…2']
    """
    titles: dict[str, str] = {}
    taken = {_FIRST_SHEET.lower()}
    for name in names:
        title, n = sheet_name(name), 1
        while title.lower() in taken:
            n += 1
            title = f"{name[: _LONGEST_SHEET_NAME - 1 - len(str(n))]}…{n}"
        taken.add(title.lower())
        titles[name] = title
    return titles


def without_dates(content: bytes) -> bytes:
    """The same workbook with the time of writing taken out of the archive and its properties."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, "w") as target:
        for name in sorted(source.namelist()):
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*(<)", rb"\g<1>1980-01-01T00:00:00Z\g<2>", part)
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, part)
    return result.getvalue()
