from __future__ import annotations

import datetime
import zipfile

import openpyxl
import pandas as pd
import pytest

from her2mri.cohort import read
from her2mri.cohort.lesion_table import read_cohort
from her2mri.cohort.read import read_table
from her2mri.errors import TableError


def refusal(path) -> str:
    with pytest.raises(TableError) as caught:
        read_table(path)
    return str(caught.value)


def test_the_same_lesions_come_from_every_format(tmp_path, make_lesions, dictionary):
    frame = make_lesions(24)
    paths = [
        tmp_path / name for name in ("t.csv", "t.tsv", "semicolon.csv", "bom.csv", "t.xlsx", "t.parquet")
    ]
    frame.to_csv(paths[0], index=False)
    frame.to_csv(paths[1], index=False, sep="\t")
    frame.to_csv(paths[2], index=False, sep=";", decimal=",")
    frame.to_csv(paths[3], index=False, encoding="utf-8-sig")
    frame.to_excel(paths[4], index=False)
    frame.to_parquet(paths[5], index=False)
    first, *others = [read_cohort([path], dictionary).frame for path in paths]
    assert len(first) == 24
    for other in others:
        pd.testing.assert_frame_equal(first, other)


def test_rows_count_as_in_the_spreadsheet_and_blank_ones_are_left_out(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('patient_id,center\np1,"two\nlines"\n,\n\np2,B\n')
    assert read_table(path).frame.index.tolist() == [2, 5]


def test_the_sheet_named_lesions_is_read_or_the_first_and_that_is_said(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["about"])
    book.active.append(["text"])
    sheet = book.create_sheet("Other")
    sheet.append(["patient_id"])
    sheet.append(["p1"])
    book.save(tmp_path / "first.xlsx")
    first = read_table(tmp_path / "first.xlsx")
    assert first.frame.columns.tolist() == ["about"]
    assert [caveat.code for caveat in first.caveats] == ["first_sheet"]
    sheet.title = " Lesions"
    book.save(tmp_path / "named.xlsx")
    named = read_table(tmp_path / "named.xlsx")
    assert named.frame.columns.tolist() == ["patient_id"]
    assert named.caveats == ()


def test_a_formula_that_was_never_worked_out_is_a_fault_and_not_a_missing_value(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["patient_id", "adc"])
    book.active.append(["p1", "=1/2"])
    book.save(tmp_path / "t.xlsx")
    assert "t.xlsx, row 2, column B: a formula without a stored result" in refusal(tmp_path / "t.xlsx")


def test_dates_and_numbers_of_a_workbook_keep_their_kind(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["mri_date", "age"])
    book.active.append([datetime.date(2023, 5, 1), 50])
    book.save(tmp_path / "t.xlsx")
    row = read_table(tmp_path / "t.xlsx").frame.iloc[0].tolist()
    assert row == [datetime.datetime(2023, 5, 1), 50]


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_a_truncated_file_is_said_to_be_damaged(tmp_path, make_lesions, suffix, kept):
    path = tmp_path / f"t{suffix}"
    make_lesions(5).to_excel(path) if suffix == ".xlsx" else make_lesions(5).to_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "is damaged or not" in refusal(path)


@pytest.mark.parametrize("broken", ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_with_a_broken_part_is_said_to_be_damaged(tmp_path, make_lesions, broken):
    make_lesions(3).to_excel(tmp_path / "whole.xlsx")
    path = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(path, "w") as target:
        for name in whole.namelist():
            content = whole.read(name)
            target.writestr(name, content[: len(content) // 2] if name == broken else content)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty"),
        (b"patient_id,center\n", "has a header but no rows"),
        (b",,\np1,A,B\n", "has no header"),
        ("center\nQilu Höspital\n".encode("latin-1"), "is not UTF-8 text (first seen in line 2)"),
        ("center\n山东大学\n".encode("gb18030"), "is not UTF-8 text"),
        ("center\nA\n".encode("utf-16-le"), "is not text"),
        (b"PK\x03\x04 and so on", "rename it to end in .xlsx"),
        (b'patient_id,center\np1,"open\n', "quotation mark that is not closed"),
        (b"patient_id,center\np1,A,B\n", "row 2: the row has more cells than the 2 columns"),
        (
            b"Readings of 2025\npatient_id,center\np1,A\np2,B\n",
            "row 2: every row has more cells than the header, which has 1",
        ),
        (b"Readings of 2025,\npatient_id,center\np1,A\n", "is there a title above the header?"),
        (b"patient_id,center\n" + b"x" * 200_000 + b",A\n", "the text is damaged"),
    ],
)
def test_text_that_is_no_table_is_refused_with_the_reason(tmp_path, content, said):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert said in refusal(path)


def test_files_that_are_not_there_or_not_tables_are_refused(tmp_path, monkeypatch):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (tmp_path / "large.csv").write_text("patient_id\np1\n")
    monkeypatch.setattr(read, "LARGEST_FILE", 5)
    assert "does not exist" in refusal(tmp_path / "none.csv")
    assert "is a folder" in refusal(tmp_path / "folder.csv")
    assert "is larger than" in refusal(tmp_path / "large.csv")
    monkeypatch.undo()
    assert "allowed: .csv" in refusal(tmp_path / "old.xls")
    assert "protected by a password" in refusal(tmp_path / "locked.xlsx")


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "MOST_ROWS", 2)
    (tmp_path / "t.csv").write_text("patient_id\n1\n2\n3\n")
    assert "has more than 2 rows" in refusal(tmp_path / "t.csv")


def test_utf_16_with_its_mark_is_read(tmp_path):
    (tmp_path / "t.csv").write_bytes("center\tadc\n山东\t1\n".encode("utf-16"))
    assert read_table(tmp_path / "t.csv").frame["center"].tolist() == ["山东"]


def test_a_row_that_ends_early_is_said(tmp_path):
    (tmp_path / "t.csv").write_text("patient_id,center,adc\np1,A,1\np2,B\n")
    table = read_table(tmp_path / "t.csv")
    assert [(caveat.code, caveat.row) for caveat in table.caveats] == [("short_row", 3)]
    assert table.frame.loc[3, "adc"] is None
