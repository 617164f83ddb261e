"""From the bytes that were sent to a table as it was typed: bounded first, then read as ``check`` reads it.

What is not needed is dropped here: unknown columns, names of files, of sheets and of columns, and what stands where
a pseudonym should be and is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from her2mri.errors import Fault, TableError
from her2mri.web.uploads.cells import cell_of
from her2mri.web.uploads.packed import MOST_COLUMNS, MOST_ROWS, check_packed, too_large
from her2mri.web.uploads.personal import IDENTIFIERS, is_personal_column, is_pseudonym
from her2mri.web.uploads.typed_table import TypedRow, TypedTable, without

if TYPE_CHECKING:
    from her2mri.cohort.columns import MatchedColumns
    from her2mri.cohort.read import RawTable
    from her2mri.dictionary import DataDictionary

MOST_FAULTS: Final = 5_000
SUFFIXES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet")


def suffix_of(name: str) -> str:
    r"""The end of a file's name: all of it that is looked at, and none of it is kept.

    >>> suffix_of("..\\..\\C:/etc/Wang Fang 1957.CSV"), suffix_of("lesions")
    ('.csv', '')
    """
    return PurePosixPath(name.replace("\\", "/").replace("\0", "")).suffix.lower()


def read_typed(content: bytes, suffix: str, dictionary: DataDictionary) -> TypedTable:
    """The table in the bytes of a file whose name ends so.

    Raises TableError with every fault that cannot be mended in a page: no table, too large, without a column that
    is required, with one that says who somebody is.
    """
    from her2mri.cohort.columns import match_columns
    from her2mri.cohort.lesion_table import check_tables

    raw = read_bounded(content, suffix)
    matched = match_columns(raw, dictionary)
    if faults := [*_personal(raw, dictionary), *matched.faults]:
        raise TableError(faults)
    table = _typed(raw, matched, tuple(_said(raw, dictionary)))
    n_faults = len(check_tables([table.raw()], dictionary).faults)
    if n_faults > MOST_FAULTS:
        problem = f"has {n_faults:,} faulty cells, which is more than a page can mend"
        remedy = f"mend it in a spreadsheet program until fewer than {MOST_FAULTS:,} are left"
        raise TableError([Fault(raw.name, problem, remedy=remedy)])
    return table


def read_bounded(content: bytes, suffix: str) -> RawTable:
    """The cells in the bytes of a file whose name ends so; TableError where it is none, or too large."""
    from her2mri.cohort.read import read_content

    name = f"table{suffix if suffix in SUFFIXES else ''}"
    check_packed(content, suffix, name)
    raw = read_content(content, name)
    if len(raw.frame) > MOST_ROWS or len(raw.frame.columns) > MOST_COLUMNS:
        raise too_large(name)
    return raw


def _personal(raw: RawTable, dictionary: DataDictionary) -> Iterator[Fault]:
    """The headers are not repeated: they may be names themselves, where a table has no header."""
    for number, header in _unknown(raw, dictionary):
        if is_personal_column(header):
            problem = f"column {number} (empty ones not counted) reads like who somebody is"
            remedy = "remove the column and upload the table again: neither its name nor a value was kept"
            yield Fault(raw.name, problem, remedy=remedy)


def _unknown(raw: RawTable, dictionary: DataDictionary) -> Iterator[tuple[int, str]]:
    """Columns that are no variable, with their number among those that are not empty."""
    from her2mri.cohort.columns import fold_header, known_headers

    known = known_headers(dictionary)
    for number, header in enumerate(raw.frame.columns, start=1):
        if fold_header(str(header)) not in known:
            yield number, str(header)


def _typed(raw: RawTable, matched: MatchedColumns, said: tuple[str, ...]) -> TypedTable:
    columns = tuple(matched.columns)
    rows = []
    for position, row in enumerate(raw.frame.index):
        cells = {name: cell_of(matched.columns[name].iloc[position]) for name in columns}
        withheld = frozenset(name for name in IDENTIFIERS if name in cells and not is_pseudonym(cells[name]))
        rows.append(TypedRow(int(row), without(cells, withheld), withheld))
    return TypedTable(raw.name, columns, tuple(rows), raw.decimal_comma, raw.sha256, said)


def _said(raw: RawTable, dictionary: DataDictionary) -> Iterator[str]:
    """What must be known of the file, once, in words without a value of it."""
    unknown = [str(number) for number, _ in _unknown(raw, dictionary)]
    if unknown:
        noun = "Column" if len(unknown) == 1 else "Columns"
        verb = "is no variable" if len(unknown) == 1 else "are no variables"
        yield f"{noun} {', '.join(unknown)} (empty ones not counted) {verb} of the dictionary: not read, not kept."
    codes = [caveat.code for caveat in raw.caveats]
    if "first_sheet" in codes:
        yield "The first sheet was read; the workbook has others, and none is named lesions."
    if short := [str(caveat.row) for caveat in raw.caveats if caveat.code == "short_row"]:
        shown = ", ".join(short[:5]) + (f" and {len(short) - 5} more" if len(short) > 5 else "")
        yield f"Rows {shown} have fewer cells than the header; the missing ones were read as empty."
