"""Delimited text: the encoding is UTF-8 or it is a fault, the delimiter is what the header is divided by."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Final

import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.cohort.read import refuse, table_of
from her2mri.errors import Fault, TableError

_DELIMITERS: Final = (",", ";", "\t")
_ENCODING_REMEDY: Final = 'save it as "CSV UTF-8", or as .xlsx'
_LONGEST_CELL: Final = 131_072


def read_text(content: bytes, where: str) -> tuple[pd.DataFrame, bool, tuple[Caveat, ...]]:
    """The cells of delimited text, whether 0,64 is a number in it, and what must be said of it."""
    text = _decoded(content, where)
    delimiter = header_delimiter(text)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        records = list(reader)
    except csv.Error as error:
        fault = Fault(
            where,
            f"the text is damaged near line {reader.line_num}: {error}",
            remedy="look for a quotation mark that is not closed, or save the table again",
        )
        raise TableError([fault]) from error
    if not records:
        refuse(where, "is empty", remedy="save the table again")
    header, *rows = records
    short = [number for number, row in enumerate(rows, start=2) if row and len(row) < len(header)]
    caveats = tuple(
        Caveat(
            "short_row",
            "the row has fewer cells than the header; the missing ones were read as empty",
            row=number,
            where=where,
        )
        for number in short
    )
    return table_of(header, enumerate(rows, start=2), where), delimiter == ";", caveats


def _decoded(content: bytes, where: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif content.startswith(b"PK\x03\x04"):
        refuse(where, "is a workbook, not text", remedy="rename it to end in .xlsx")
    else:
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        # A guess between the old code pages of Europe and China would garble names without a trace.
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8 text (first seen in line {line})"
        raise TableError([Fault(where, problem, remedy=_ENCODING_REMEDY)]) from error
    if "\0" in text:
        refuse(where, "is not text", remedy=_ENCODING_REMEDY)
    return text


def header_delimiter(text: str) -> str:
    """Comma, semicolon or tab, whichever divides the first line most often outside quotes.

    >>> header_delimiter('patient_id;"age, years";adc')
    ';'
    """
    first = text.lstrip().split("\n", 1)[0]
    unquoted = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count)
