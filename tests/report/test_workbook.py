from __future__ import annotations

import time

import openpyxl
import pandas as pd

from her2mri.report.workbook import write_workbook

TABLES = {
    "performance": pd.DataFrame({"model": ["LR", "DT"], "estimate": [0.8, float("nan")]}),
    "a_name_that_is_longer_than_excel_allows": pd.DataFrame({"value": ["=1+1"]}),
}


def test_the_workbook_holds_every_table_and_leaves_missing_cells_empty(tmp_path):
    write_workbook(TABLES, tmp_path / "tables.xlsx", about="A study")
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    assert len(book.sheetnames) == 3
    assert [cell.value for cell in book["performance"]["B"]] == ["estimate", 0.8, None]
    assert all(len(name) <= 31 for name in book.sheetnames)


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    write_workbook(TABLES, tmp_path / "tables.xlsx", about="A study")
    cell = openpyxl.load_workbook(tmp_path / "tables.xlsx").worksheets[2]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_the_same_tables_give_the_same_bytes_at_another_time(tmp_path):
    write_workbook(TABLES, tmp_path / "first.xlsx", about="A study")
    time.sleep(2.1)  # the archive's clock counts in steps of two seconds
    write_workbook(TABLES, tmp_path / "second.xlsx", about="A study")
    assert (tmp_path / "first.xlsx").read_bytes() == (tmp_path / "second.xlsx").read_bytes()
