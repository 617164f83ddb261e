"""What was typed is checked the same before and after it was in the database."""

from __future__ import annotations

import datetime
import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from her2mri.cohort.lesion_table import check_tables
from her2mri.cohort.read import RawTable
from her2mri.dictionary import load_dictionary
from her2mri.web.uploads.cells import as_json, cell_of, of_json, text_of
from her2mri.web.uploads.typed_table import TypedRow, TypedTable

ODD = [
    None, "", " ", "irregular", "Irregularr", "０.７", "0,7", "1e400", "NaN", "unknown", "-", "<5", "7.0",
    "\u202e", "x" * 500,
    0, 1, 7, 10**30, 10**400, -3, True, False, 0.7, 820.0, 1e300, math.inf, math.nan, b"raw", [1], {"a": 1},
    datetime.date(2026, 3, 1), datetime.datetime(2026, 3, 1, 9, 30), datetime.time(9, 30), datetime.timedelta(hours=2),
]  # fmt: skip


@pytest.mark.parametrize("cell", ODD, ids=repr)
def test_every_cell_has_the_fault_that_check_finds_also_when_it_comes_back(cell):
    dictionary = load_dictionary()
    columns = ["patient_id", "lesion_id", "center", "shape", "adc", "mri_date", "n_category"]
    cells = ["P1", "L1", "A", cell, cell, cell, cell]
    index = pd.Index([2], dtype="int64")
    raw = RawTable("t", pd.DataFrame([cells], columns=columns, index=index, dtype=object))
    kept = TypedRow(2, {name: cell_of(value) for name, value in zip(columns, cells, strict=True)})
    back = TypedRow.of_text(2, kept.text())
    assert back == kept
    table = TypedTable("t", tuple(columns), (back,))
    again = TypedTable.from_json(json.loads(table.as_json()))
    found = [(fault.column, fault.problem, fault.remedy) for fault in check_tables([raw], dictionary).faults]
    assert [
        (fault.column, fault.problem, fault.remedy)
        for fault in check_tables([again.raw()], dictionary).faults
    ] == found


@given(some.text() | some.floats() | some.integers() | some.dates() | some.datetimes() | some.booleans())
def test_any_cell_can_be_kept_and_shown(value):
    cell = cell_of(value)
    assert of_json(json.loads(json.dumps(as_json(cell), allow_nan=False))) == cell
    text_of(cell).encode("utf-8")
    assert "\0" not in text_of(cell)
