"""Parquet files as raw cells."""

from __future__ import annotations

import io

import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.cohort.read import MOST_COLUMNS, MOST_ROWS, refuse, table_of
from her2mri.errors import Fault, TableError


def read_parquet(content: bytes, where: str) -> tuple[pd.DataFrame, bool, tuple[Caveat, ...]]:
    """The cells of a Parquet file; a row counts as if there were a header above it."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        if file.metadata.num_rows > MOST_ROWS or file.metadata.num_columns > MOST_COLUMNS:
            refuse(where, f"has more than {MOST_ROWS:,} rows or {MOST_COLUMNS:,} columns")
        table = file.read()
        columns = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        fault = Fault(where, "is damaged or not a Parquet file", remedy="write the file again")
        raise TableError([fault]) from error
    rows = zip(*columns, strict=True)
    return table_of(table.column_names, enumerate(rows, start=2), where), False, ()
