"""What an audit reads: exactly what is printed, and every fault at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from her2mri.audit import audit
from her2mri.audit.checks import CHECKS
from her2mri.audit.example import example_rows, example_tables
from her2mri.audit.formats import CHARACTERISTICS, FORMATS, PERFORMANCE
from her2mri.audit.page import render_page
from her2mri.audit.read import read_tables
from her2mri.audit.writing import WORKBOOK, write_audit, write_tables
from her2mri.errors import InputError

HEADER = "table,set,model,metric,estimate,n_positive,n_negative\n"


def faults_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_tables([path])
    return [str(fault) for fault in caught.value.faults]


def test_the_example_is_the_same_from_csv_and_from_a_workbook(tmp_path: Path) -> None:
    write_tables(example_rows(), tmp_path)
    from_csv = read_tables([tmp_path / f"{form.name}.csv" for form in FORMATS])
    from_workbook = read_tables([tmp_path / WORKBOOK])
    for tables in (from_csv, from_workbook):
        assert dataclasses.replace(tables, sources=()) == dataclasses.replace(example_tables(), sources=())


def test_an_empty_template_names_every_column_and_is_no_table_yet(tmp_path: Path) -> None:
    write_tables({}, tmp_path)
    for form in (PERFORMANCE, CHARACTERISTICS):
        assert (tmp_path / f"{form.name}.csv").read_text().strip().split(",") == list(form.names)
    assert faults_of(tmp_path / "performance.csv") == [
        "input: no row of a performance table or of characteristics"
    ]


def test_numbers_of_a_workbook_are_read_as_shown(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["model", "metric", "estimate", "conf_low"])
    sheet.append(["M", "auc", 0.8, 0.805])
    sheet.append(["M", "ppv", 0.625, 0.7])
    sheet["C2"].number_format = "0.00"
    sheet["C3"].number_format = "0.0%"
    book.save(tmp_path / "t.xlsx")
    first, second = read_tables([tmp_path / "t.xlsx"]).figures
    assert [each.text for each in (first.estimate, first.conf_low, second.estimate) if each] == [
        "0.80", "0.805", "62.5%",
    ]  # fmt: skip


def test_a_studys_own_performance_file_is_read(tmp_path: Path) -> None:
    text = (
        "task,model,sample,metric,estimate,conf_low,conf_high,threshold,threshold_rule,positive,n,n_events,method\n"
        f"t,LR,training,sensitivity,{26 / 42!r},0.4,0.8,0.5,fixed,P,184,42,bootstrap\n"
    )
    (tmp_path / "performance.csv").write_text(text)
    (figure,) = read_tables([tmp_path / "performance.csv"]).figures
    assert (figure.table, figure.set, figure.n_positive, figure.n_negative) == ("t", "training", 42, 142)
    assert audit(read_tables([tmp_path / "performance.csv"])).findings == ()


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        HEADER + "T,s,M,auc,high,40,60\nT,s,M,auc,0.8,41,60.5\n,,,,,,\nT,s,,ppv,0.5,40,60\n"
    )
    (tmp_path / "b.csv").write_text("x,y\n1,2\n")
    with pytest.raises(InputError) as caught:
        read_tables([tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv", tmp_path / "d.pdf"])
    places = {(Path(fault.where).name, fault.row, fault.column) for fault in caught.value.faults}
    assert places >= {
        ("a.csv", 2, "estimate"),
        ("a.csv", 3, "metric"),
        ("a.csv", 3, "n_positive"),
        ("a.csv", 3, "n_negative"),
        ("a.csv", 5, "model"),
        ("b.csv", 1, ""),
        ("c.csv", None, ""),
        ("d.pdf", None, ""),
    }


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.csv", b"", "holds no table"),
        ("t.csv", HEADER.encode() + "T,s,M\xe9,auc,0.8,1,1".encode("latin-1"), "not UTF-8"),
        ("t.csv", b'model,metric,estimate\n"M,auc,0.8', "not a csv file"),
        ("t.csv", b"model,model,metric,estimate\nM,M,auc,0.8", "stands twice"),
        ("t.csv", b"model,metric,estimate\nM,auc,0,8", "more cells than columns"),
        ("t.xlsx", b"PK\x03\x04 not a workbook", "damaged"),
        ("t.csv", b"group,variable,step\nG,age,-1", "not a step"),
        ("t.csv", b"group,n,variable\nG,10,age\nG,11,bmi", "differs between rows"),
    ],
)
def test_an_unreadable_file_is_a_fault(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert problem in "\n".join(faults_of(tmp_path / name))


def test_a_truncated_workbook_is_a_fault(tmp_path: Path) -> None:
    write_tables(example_rows(), tmp_path)
    whole = (tmp_path / WORKBOOK).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    assert "damaged" in faults_of(tmp_path / "cut.xlsx")[0]


CELLS = ["T", "auc", "ppv", "0.8", "1.2", "-1", "<0.001", "", "40", "0", "x", "9" * 30]


def test_a_count_that_no_registry_has_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HEADER + f"T,s,M,sensitivity,0.81,40,{'9' * 30}\n")
    assert "at most 10 digits" in faults_of(tmp_path / "t.csv")[0]


@given(st.lists(st.lists(st.sampled_from(CELLS), max_size=7), max_size=5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_audited_or_refused(tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "any.csv"
    path.write_text(HEADER + "\n".join(",".join(row) for row in rows))
    try:
        answer = audit(read_tables([path]))
    except InputError:
        return
    assert answer.rows >= 1


def test_the_page_is_self_contained_and_escapes_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HEADER + "<script>,s,M,sensitivity,0.81,40,60\n")
    page = render_page(audit(read_tables([tmp_path / "t.csv"])))
    assert "<script" not in page
    assert "http" not in page
    assert "&lt;script&gt;" in page


def test_page_csv_and_json_are_written_the_same_each_time(tmp_path: Path) -> None:
    answer = audit(example_tables())
    for folder in ("one", "two"):
        write_audit(answer, tmp_path / folder)
    for name in ("audit.html", "findings.csv", "findings.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_every_check_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    assert [code for code in CHECKS if f"`{code}`" not in text] == []
    columns = {column.name for form in FORMATS for column in form.columns}
    assert [name for name in sorted(columns) if f"`{name}`" not in text] == []
