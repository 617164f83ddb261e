"""What pathology found: one rule, revisions that only grow, one lesion or a table of them."""

from __future__ import annotations

import io
import json

import pytest
from openpyxl import Workbook
from sqlalchemy import select, text
from visits import LESION, ON_SQLITE

from her2mri.web.database.tables import AuditEntry
from her2mri.web.database.truth_tables import Examination, Pathology

pytestmark = pytest.mark.usefixtures("read_here")


def reported(visitor, number=1, revision=0, **report):
    return visitor.post(f"/lesions/{number}/pathology", {"revision": revision, **report})


def stored(room, table=Pathology):
    with room.database.reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def actions(room):
    with room.database.reading() as session:
        return [
            (entry.action, entry.subject)
            for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        ]


def table(visitor, content, name="pathology.csv"):
    content = content.encode() if isinstance(content, str) else content
    return visitor.post("/truth", files={"table": (name, content)})


def test_a_report_is_labelled_by_the_rule_of_the_model_and_corrected_by_a_revision(visit, room):
    reader = visit("reader.one")
    reader.save()
    assert reported(reader, her2_ihc="2+").headers["location"] == "/lesions/1/truth"
    assert "waits for in situ" in reader.get("/lesions/1/truth").text
    reported(reader, revision=1, her2_ihc="2+", her2_ish="amplified")
    reported(visit("the.researcher"), revision=2, her2_ihc="1+")
    rows = [(row.revision, row.her2_ihc, row.her2_ish, row.status, row.label_rule) for row in stored(room)]
    assert rows == [
        (1, "2+", None, None, "asco_cap_2018"),
        (2, "2+", "amplified", "positive", "asco_cap_2018"),
        (3, "1+", None, "low", "asco_cap_2018"),
    ]
    assert actions(room).count(("pathology entered", "lesion 1")) == 3


def test_the_answer_that_counts_is_the_one_that_stood_when_the_first_report_came(visit, room):
    reader = visit("reader.one")
    reader.save()
    reader.correct("/lesions/1", 1, {**LESION, "adc": 1.1})
    reported(reader, her2_ihc="1+")
    reader.correct("/lesions/1", 2, {**LESION, "adc": 0.5})
    reported(reader, revision=1, her2_ihc="3+")
    assert [row.answer_id for row in stored(room)] == [2, 2]


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ({"her2_ihc": "3+", "her2_ish": "not_amplified"}, "IHC 3+ but ISH not amplified"),
        ({"her2_ihc": "0", "her2_ish": "amplified"}, "IHC 0 but ISH amplified"),
        ({"her2_ihc": "4+"}, "none of its levels; allowed: 0, 1+, 2+, 3+"),
        ({}, "says nothing"),
        ({"her2_ihc": "3+", "revision": "first"}, "open the page again"),
    ],
)
@ON_SQLITE
def test_a_report_that_cannot_be_is_refused_with_the_reason_and_nothing_is_stored(visit, room, report, said):
    reader = visit("reader.one")
    reader.save()
    response = reported(reader, **report)
    assert (response.status_code, said in response.text) == (422, True)
    assert stored(room) == []


@ON_SQLITE
def test_nobody_overwrites_a_report_they_have_not_seen_and_the_same_is_not_stored_twice(visit, room):
    reader = visit("reader.one")
    reader.save()
    reported(reader, her2_ihc="3+")
    assert reported(visit("the.researcher"), her2_ihc="0").status_code == 409
    assert reported(reader, revision=1, her2_ihc="3+").status_code == 422
    assert reported(visit("reader.two"), revision=1, her2_ihc="0").status_code == 404
    assert len(stored(room)) == 1


def test_a_report_of_another_lesion_is_withdrawn(visit, room):
    reader = visit("reader.one")
    reader.save()
    reported(reader, her2_ihc="3+")
    reported(reader, revision=1)
    assert stored(room)[-1].status is None
    assert "withdrawn" in reader.get("/lesions/1/truth").text
    assert ("pathology withdrawn", "lesion 1") in actions(room)


def test_of_the_examination_there_is_a_listed_scanner_a_month_and_a_code(visit, room):
    reader, administrator = visit("reader.one"), visit("the.administrator")
    reader.save()
    administrator.get("/scanners")
    administrator.post("/scanners", {"code": "MR1-3T"})
    reader.get("/lesions/1/truth")
    facts = {"scanner": "MR1-3T", "month": "2026-02", "patient": "BR-0417"}
    reader.post("/lesions/1/examination", {"revision": 0, **facts})
    administrator.post("/scanners", {"code": "MR1-3T", "change": "close"})
    bad = {"scanner": "MR1-3T", "month": "2026-04", "patient": "Chen 1957"}
    refused = reader.post("/lesions/1/examination", {"revision": 1, **bad})
    for said in (
        "scanner: is not on the list",
        "allowed: 2000-01 to 2026-03",
        "patient: cannot be a pseudonym",
    ):
        assert said in refused.text
    assert [(row.scanner, row.month, row.patient) for row in stored(room, Examination)] == [
        ("MR1-3T", "2026-02", "BR-0417")
    ]


def test_a_table_brings_many_reports_or_none(visit, room):
    reader = visit("reader.one")
    for number in range(1, 4):
        reader.save(f"BR-{number}")
    reported(reader, number=3, her2_ihc="2+")
    bad = "pseudonym;her2_ihc;her2_ish\nBR-1;3+;not amplified\nBR-2;5;\nBR-9;0;\n"
    refused = table(reader, bad)
    assert refused.status_code == 422
    assert "row 3, column her2_ihc: is not one of the values allowed" in refused.text
    bad = "pseudonym,her2_ihc,her2_ish,scanner\nBR-1,3+,not amplified,MR9\nBR-2,0,,\nBR-9,0,,\nBR-2,1+,,\n"
    refused = table(reader, bad).text
    for said in (
        "row 2, column pathology: contradicts itself",
        "row 2, column scanner: is not on the list",
        "row 4: no lesion",
        "row 5: is the lesion of row 3",
    ):
        assert said in refused
    assert len(stored(room)) == 1

    book = Workbook()
    for row in (("Pseudonym", "her2_ihc", "her2_ish", "month"), ("BR-1", "3+", None, "2026-01"),
                ("BR-2", 0, None, None), ("BR-3", None, "amplified", None)):  # fmt: skip
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    good = table(reader, content.getvalue(), "reports.xlsx")
    assert "3 reports and 1 examination" in good.text
    with room.database.reading() as session:
        found = session.execute(
            text("SELECT lesion_id, her2_ihc, her2_ish, status FROM pathology ORDER BY id")
        )
        rows = [tuple(row) for row in found]
    assert rows == [
        (3, "2+", None, None),
        (1, "3+", None, "positive"),
        (2, "0", None, "zero"),
        (3, "2+", "amplified", "positive"),
    ]
    assert (
        "0 reports and 0 examinations. 3 rows said nothing new"
        in table(reader, content.getvalue(), "reports.xlsx").text
    )
    with room.database.reading() as session:
        query = select(AuditEntry).where(AuditEntry.action == "pathology table read")
        assert json.loads(session.scalars(query).first().detail) == {
            "examinations": 1,
            "reports": 3,
            "rows": 3,
        }


@ON_SQLITE
@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("pseudonym,her2_ihc,birth\nBR-1,3+,1957-03-14\n", "p.csv", "1 of its columns is not asked for"),
        ("her2_ihc\n3+\n", "p.csv", "column pseudonym: a required column is missing; add it<"),
        ("pseudonym,her2_ihc\n", "p.csv", "has a header but no rows"),
        ("", "p.csv", "is empty"),
        ("PK\x03\x04", "p.xlsx", "is damaged"),
        ("x", "p.exe", "is not a kind of table that can be read"),
        ("pseudonym\nBR-1\n" * 1001, "p.csv", "is too large"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_and_no_value_of_it_repeated(visit, content, name, said):
    reader = visit("reader.one")
    reader.save("BR-1")
    refused = table(reader, content, name)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert "1957" not in refused.text


@ON_SQLITE
def test_of_two_readers_with_one_pseudonym_the_table_names_the_one_meant(visit, room):
    visit("reader.one").save("BR-1")
    visit("reader.two").save("BR-1")
    researcher = visit("the.researcher")
    assert "add a column reader" in table(researcher, "pseudonym,her2_ihc\nBR-1,0\n").text
    table(researcher, "pseudonym,reader,her2_ihc\nBR-1,reader.two,0\n")
    assert [row.lesion_id for row in stored(room)] == [2]
    assert (
        "no lesion here has this pseudonym"
        in table(visit("reader.one"), "pseudonym,reader,her2_ihc\nBR-1,reader.two,0\n").text
    )
