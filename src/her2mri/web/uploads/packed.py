"""How large a table may be, packed and unpacked: by what the file says of itself, before anything is unpacked."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from her2mri.errors import Fault, TableError

LARGEST_FILE: Final = 8 * 1024 * 1024
LARGEST_UNPACKED: Final = 64 * 1024 * 1024
LARGEST_RATIO: Final = 100
"""How many times larger than packed a workbook may be; 2,000 equal rows are 14 times."""
MOST_ROWS: Final = 2_000
MOST_COLUMNS: Final = 256


def check_packed(content: bytes, suffix: str, name: str) -> None:
    """Raise TableError where a file that is named so and ends so is larger than a table of lesions can be."""
    if len(content) > LARGEST_FILE:
        raise too_large(name)
    if suffix in {".xlsx", ".xlsm"} and content.startswith(b"PK"):
        _check_archive(content, name)
    if suffix == ".parquet" and content.startswith(b"PAR1"):
        _check_parquet(content, name)


def _check_archive(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise TableError([_damaged(name)]) from error
    if unpacked > LARGEST_UNPACKED or unpacked > LARGEST_RATIO * len(content):
        raise TableError([Fault(name, "unpacks to far more than a table of lesions holds")])


def _check_parquet(content: bytes, name: str) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        metadata = parquet.ParquetFile(io.BytesIO(content)).metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        unpacked = sum(group.total_byte_size for group in groups)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise TableError([_damaged(name)]) from error
    if metadata.num_rows > MOST_ROWS or metadata.num_columns > MOST_COLUMNS:
        raise too_large(name)
    if unpacked > LARGEST_UNPACKED:
        raise TableError([Fault(name, "unpacks to far more than a table of lesions holds")])


def _damaged(name: str) -> Fault:
    return Fault(name, "is damaged, or not what the end of its name says", remedy="save the table again")


def too_large(name: str) -> TableError:
    """What is said of a table that is larger than any that is taken."""
    allowed = f"{MOST_ROWS:,} rows, {MOST_COLUMNS} columns, {LARGEST_FILE // 1024**2} MB"
    return TableError([Fault(name, "is too large", allowed=allowed, remedy="upload it in parts")])
