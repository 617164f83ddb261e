"""A table as it was typed: text, workbook or Parquet file in, raw cells with their spreadsheet rows out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NoReturn

import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.errors import Fault, TableError

LARGEST_FILE: Final = 200_000_000
MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 2_000
FORMATS: Final = ".csv, .tsv, .txt, .xlsx, .xlsm or .parquet"


@dataclass(frozen=True)
class RawTable:
    """Cells as they stand in one file.

    ``frame`` is indexed by the row as a spreadsheet counts it (the header is row 1); blank rows are left out,
    an empty cell is None. ``decimal_comma``: the file's own convention makes 0,64 a number.
    """

    name: str
    frame: pd.DataFrame
    sha256: str = ""
    decimal_comma: bool = False
    caveats: tuple[Caveat, ...] = ()


def read_table(path: Path) -> RawTable:
    """The cells of a csv (comma, semicolon or tab; UTF-8), Excel or Parquet file.

    Of a workbook the sheet named ``lesions`` is read, or the first. Raises TableError where the file is
    missing, empty, damaged, protected, too large or not a table.
    """
    return read_content(_content(path), path.name)


def read_content(content: bytes, name: str) -> RawTable:
    """The cells of a table that came as the bytes of a file of that name; TableError as in ``read_table``."""
    if not content.strip():
        refuse(name, "is empty", remedy="save the table again")
    frame, decimal_comma, caveats = _reader(Path(name))(content, name)
    if frame.empty:
        refuse(name, "has a header but no rows", remedy="add a row for each lesion")
    return RawTable(name, frame, hashlib.sha256(content).hexdigest(), decimal_comma, caveats)


Reader = Callable[[bytes, str], tuple[pd.DataFrame, bool, tuple[Caveat, ...]]]


def _reader(path: Path) -> Reader:
    from her2mri.cohort.read_parquet import read_parquet
    from her2mri.cohort.read_text import read_text
    from her2mri.cohort.read_workbook import read_workbook

    readers: dict[str, Reader] = {
        ".csv": read_text,
        ".tsv": read_text,
        ".txt": read_text,
        ".xlsx": read_workbook,
        ".xlsm": read_workbook,
        ".parquet": read_parquet,
    }
    suffix = path.suffix.lower()
    if suffix not in readers:
        refuse(path.name, "is not a kind of table that can be read", allowed=FORMATS, value=suffix)
    return readers[suffix]


def _content(path: Path) -> bytes:
    """The bytes of a file, or the plain reason why there are none."""
    try:
        if path.is_dir():
            refuse(path.name, "is a folder, not a table", allowed=FORMATS)
        if not path.exists():
            refuse(path.name, "does not exist", remedy="check the name and the folder")
        if not path.is_file():
            refuse(path.name, "is not a file", allowed=FORMATS)
        size = path.stat().st_size
        if size > LARGEST_FILE:
            refuse(
                path.name, f"is larger than {LARGEST_FILE // 1_000_000} MB", value=f"{size // 1_000_000} MB"
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise TableError([Fault(path.name, f"cannot be opened: {error.__class__.__name__}")]) from error
    return content


_TITLE: Final = "is there a title above the header? remove it: the first row names the columns"


def refuse(where: str, problem: str, *, allowed: str = "", remedy: str = "", value: str = "") -> NoReturn:
    """Raise the TableError that says why a file is no table."""
    raise TableError([Fault(where, problem, allowed=allowed, remedy=remedy, value=value)])


def table_of(
    header: Sequence[object], rows: Iterable[tuple[int, Sequence[object]]], where: str
) -> pd.DataFrame:
    """The frame of raw cells: blank rows and nameless empty columns left out, ragged rows padded.

    Raises TableError where there is no header, a row is longer than the header, or there are too many rows.
    """
    names = ["" if _is_blank(cell) else str(cell).strip() for cell in header]
    numbers: list[int] = []
    cells: list[list[object]] = []
    too_long: list[Fault] = []
    for number, row in rows:
        values = [None if _is_blank(cell) else cell for cell in row]
        while len(values) > len(names) and values[-1] is None:
            values.pop()
        if all(value is None for value in values):
            continue
        if len(values) > len(names):
            problem = f"the row has more cells than the {len(names)} columns of the header"
            remedy = (
                "look for a delimiter inside a value (put the value in quotes) or a column without a name"
            )
            too_long.append(Fault(where, problem, remedy=remedy, row=number, value=f"{len(values)} cells"))
            continue
        numbers.append(number)
        cells.append(values + [None] * (len(names) - len(values)))
        if len(cells) > MOST_ROWS:
            refuse(where, f"has more than {MOST_ROWS:,} rows", remedy="give one row a lesion")
    if not any(names):
        refuse(where, "has no header", remedy="name the columns in the first row")
    if len(names) > MOST_COLUMNS:
        refuse(where, f"has more than {MOST_COLUMNS:,} columns", value=str(len(names)))
    if len(too_long) > 1 and not cells:  # no row fits the header
        problem = f"every row has more cells than the header, which has {len(names)}"
        raise TableError([replace(too_long[0], problem=problem, remedy=_TITLE)])
    if too_long:
        raise TableError(too_long)
    frame = pd.DataFrame(cells, index=pd.Index(numbers, dtype="int64"), dtype=object)
    frame = frame.reindex(columns=range(len(names)))
    kept = [i for i, name in enumerate(names) if name or frame[i].notna().any()]
    if len(kept) > 1 and sum(map(bool, names)) == 1:
        refuse(where, f"names 1 of its {len(kept)} columns in the first row", remedy=_TITLE)
    frame = frame[kept]
    frame.columns = pd.Index([names[i] for i in kept], dtype=object)
    return frame


def _is_blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
