"""Tables that readers upload: checked as ``check`` does, mended in the page, scored once each, then forgotten."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from sqlalchemy import select, text
from uploaded import CLEAN, as_csv, as_parquet, as_workbook, form_of, score, send, table
from visits import LESION, ON_SQLITE, shares

from her2mri.cohort.lesion_table import check_files
from her2mri.dictionary import load_dictionary
from her2mri.errors import TableError
from her2mri.web.audit_log import check_chain
from her2mri.web.database.tables import AuditEntry, Lesion, StoredAnswer
from her2mri.web.database.uploads_tables import Upload, UploadedRow
from her2mri.web.lesions.answering import shares_of
from her2mri.web.lesions.recompute import recompute
from her2mri.web.uploads import looking, scoring
from her2mri.web.uploads.keeping import KEPT_FOR
from her2mri.web.uploads.reading import read_typed

pytestmark = pytest.mark.usefixtures("read_here")

BAD = table(
    {"shape": "Irregularr", "eer": "0.7x"},
    {"lesion_id": "Wang Fang", "n_category": "N9"},
    {"shape": "Irregularr"},
    {"adc": "820"},
    {},
)


def test_a_clean_table_is_scored_as_each_lesion_typed_would_be(visit, room):
    reader = visit("reader.one")
    place = send(reader, as_csv(table({}, {"shape": "round"}))).headers["location"]
    assert "No fault." in reader.get(place).text
    score(reader, place)
    with room.database.reading() as session:
        answers = list(session.scalars(select(StoredAnswer).order_by(StoredAnswer.id)))
        assert [json.loads(answer.inputs) for answer in answers] == [
            LESION,
            {**LESION, "shape": "round_or_oval"},
        ]
        assert shares_of(json.loads(answers[0].output)) == pytest.approx(shares(LESION), abs=1e-12)
        assert recompute(room, session).same == 2
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))
        assert actions[-5:] == ["table uploaded", "scoring begun", *["answer stored"] * 2, "scoring ended"]
        assert check_chain(session).is_whole
    page = reader.get(place).text
    assert "2 lesions answered" in page
    assert page.count('href="/lesions/') >= 2
    rows = list(csv.DictReader(io.StringIO(reader.get(f"{place}/lesions.csv").text)))
    assert [row["pseudonym"] for row in rows] == ["L-01", "L-02"]
    assert reader.get("/lesions/1").status_code == 200


@ON_SQLITE
@pytest.mark.parametrize(
    ("write", "suffix"), [(as_csv, ".csv"), (as_workbook, ".xlsx"), (as_parquet, ".parquet")]
)
def test_the_faults_are_those_of_check(visit, tmp_path, write, suffix):
    rows = [{**row, "adc": str(row["adc"]), "eer": str(row["eer"])} for row in BAD]
    rows[1]["lesion_id"] = "L-02"
    file = Path(tmp_path, f"table{suffix}")
    file.write_bytes(write(rows))
    expected = check_files([file], load_dictionary()).faults
    reader = visit("reader.one")
    response = send(reader, file.read_bytes(), file.name)
    page = reader.get(response.headers["location"]).text
    for fault in expected:
        assert fault.problem in page
        assert fault.value in page
    assert page.count('name="key"') == len({(fault.column, fault.value) for fault in expected}) == 4


def test_faults_are_mended_in_the_page_and_nothing_typed_is_lost(visit, room):
    reader = visit("reader.one")
    place = send(reader, as_csv(BAD)).headers["location"]
    page = reader.get(place).text
    assert "5 faults to mend" in page
    assert "Wang" not in page
    typed = form_of(page)
    typed |= {
        "value eer:2": "0,7",
        "value lesion_id:3": "Li Na",
        "value adc:5": "0.82",
        "value shape:2": "irregular",
    }
    second = reader.post(place, typed)
    assert second.status_code == 422
    assert "3 faults still to mend" in second.text
    kept = form_of(second.text)
    assert kept["value eer:2"] == "0,7"  # wrong, but what was typed
    assert kept["value lesion_id:3"] == "Li Na"  # shown again to who typed it
    with room.database.reading() as session:
        assert not [row for row in session.scalars(select(UploadedRow)) if "Li Na" in row.typed]
    typed = kept | {"value eer:2": "0.7", "value lesion_id:3": "L-22", "value n_category:3": "N2"}
    assert reader.post(place, typed).headers["location"] == place
    assert "No fault." in reader.get(place).text
    score(reader, place)
    with room.database.reading() as session:
        assert set(session.scalars(select(Lesion.pseudonym))) == {"L-01", "L-22", "L-03", "L-04", "L-05"}
        first = session.scalars(select(StoredAnswer).order_by(StoredAnswer.id)).first()
        assert json.loads(first.inputs) == {**LESION, "eer": 0.7}


@ON_SQLITE
def test_rows_are_left_out_and_taken_back(visit, room):
    reader = visit("reader.one")
    place = send(reader, as_csv(BAD)).headers["location"]
    typed = form_of(reader.get(place).text)
    response = reader.post(
        place, {**typed, "out": [key for key in typed["key"] if not key.startswith("adc")]}
    )
    assert "1 fault still to mend" in response.text
    assert "3 rows left out" in response.text
    back = form_of(response.text)
    response = reader.post(place, {**back, "value adc:5": "0.8", "out": ["row 2", "row 4"]})
    assert "2 rows left out" in response.text
    assert "2 faults still to mend" in response.text
    typed = form_of(response.text)
    reader.post(place, {**typed, "out": typed["key"]})
    score(reader, place)
    with room.database.reading() as session:
        assert set(session.scalars(select(Lesion.pseudonym))) == {"L-04", "L-05"}


@ON_SQLITE
def test_a_column_in_another_unit_is_multiplied_in_the_page(visit, room):
    reader = visit("reader.one")
    rows = table(*({"ki67_percent": 0.4 + i / 100} for i in range(12)))
    place = send(reader, as_csv(rows)).headers["location"]
    page = reader.get(place).text
    assert "looks like fractions, not per cent" in page
    assert reader.post(place, {"factor ki67_percent": "7"}).status_code == 422  # not what the page offered
    assert reader.post(place, {"factor ki67_percent": "100.0"}).headers["location"] == place
    score(reader, place)
    with room.database.reading() as session:
        found = [json.loads(row)["ki67_status"] for row in session.scalars(select(StoredAnswer.inputs))]
    assert found == ["high"] * 12


@ON_SQLITE
@pytest.mark.parametrize(("cell", "status"), [("nan", 303), ("inf", 422), ("1e308", 422)])
def test_what_no_factor_makes_a_number_stays_what_it_was_missing_or_to_be_mended(visit, cell, status):
    reader = visit("reader.one")
    rows = table(*({"ki67_percent": 0.4 + i / 100} for i in range(12)), {"ki67_percent": cell})
    place = send(reader, as_csv(rows)).headers["location"]
    assert reader.post(place, {"factor ki67_percent": "100.0"}).status_code == status


@ON_SQLITE
@pytest.mark.parametrize(
    "header",
    [
        "Name",
        "patient name",
        "Date of birth",
        "DOB",
        "MRN",
        "E-mail",
        "姓名",
        "Geburtsdatum",
        "SSN",
        "hospital_no",
        "initials",
        "电话",
    ],
)
def test_a_column_that_says_who_somebody_is_is_refused_and_neither_repeated_nor_kept(visit, room, header):
    reader = visit("reader.one")
    response = send(reader, as_csv(table({header: "Xyzzy Quux"}, {})))
    assert response.status_code == 422
    assert "column 14" in response.text
    assert "reads like who somebody is" in response.text
    assert "Xyzzy" not in response.text
    assert f"<q>{header}" not in response.text
    with room.database.reading() as session:
        assert session.scalar(select(Upload.id)) is None


@ON_SQLITE
def test_a_column_that_is_no_variable_is_not_kept_and_its_header_not_shown(visit, room):
    reader = visit("reader.one")
    place = send(reader, as_csv(table({"Zhang San": "1957-03-14"}))).headers["location"]
    page = reader.get(place).text
    assert "Column 14 (empty ones not counted) is no variable of the dictionary" in page
    assert "Zhang" not in page
    with room.database.reading() as session:
        assert "1957" not in session.scalar(select(UploadedRow.typed))


@ON_SQLITE
@pytest.mark.parametrize("name", ["Wang Fang", "14.03.1957", "王芳", "MRN19570314", "a" * 33])
@pytest.mark.parametrize("column", ["patient_id", "lesion_id"])
def test_an_identifier_that_reads_like_a_person_or_a_date_is_never_kept(visit, room, column, name):
    reader = visit("reader.one")
    place = send(reader, as_csv(table({column: name}))).headers["location"]
    page = reader.get(place).text
    assert "was no pseudonym, perhaps a name or a date, and was not kept" in page
    assert name not in page
    with room.database.reading() as session:
        assert name not in session.scalar(select(UploadedRow.typed))
        assert name not in " ".join(session.scalars(select(AuditEntry.detail)))


def test_what_was_typed_is_forgotten_when_scoring_begins_and_the_answers_stay(visit, room):
    reader = visit("reader.one")
    place = send(reader, as_csv(table({"age": 61, "mri_date": "2026-02-03"}))).headers["location"]
    with room.database.reading() as session:
        assert "2026-02-03" in session.scalar(select(UploadedRow.typed))
    score(reader, place)
    with room.database.reading() as session:
        row = session.scalars(select(UploadedRow)).one()
        assert (row.typed, row.inputs) == ("", "")
        assert "age" not in json.loads(session.scalar(select(StoredAnswer.inputs)))


def test_a_lesion_is_answered_exactly_once_whoever_scores_and_however_often(visit, room):
    reader, window = visit("reader.one"), visit("reader.one")
    place = send(reader, as_csv(table(*[{}] * 7))).headers["location"]
    window.get(place)
    score(reader, place)
    again = window.post(f"{place}/score", {"version": "1"}, headers={"Accept": "application/json"})
    assert again.json() == {"lesions": 7, "left": 0}
    with room.database.reading() as session:
        assert len(list(session.scalars(select(StoredAnswer)))) == 7
        ended = session.scalars(select(AuditEntry).where(AuditEntry.action == "scoring ended")).all()
        assert [json.loads(entry.detail) for entry in ended] == [{"answered": 7, "failed": 0}]


@ON_SQLITE
def test_a_pseudonym_that_the_reader_has_already_is_a_fault_and_one_taken_meanwhile_is_not_answered(
    visit, room
):
    reader = visit("reader.one")
    reader.save("L-01")
    place = send(reader, as_csv(table({}, {}))).headers["location"]
    assert "you have a lesion of that name already" in reader.get(place).text
    reader.post(place, {**form_of(reader.get(place).text), "value lesion_id:2": "L-77"})
    version = form_version(reader.get(place).text)
    reader.save("L-02")
    response = reader.post(f"{place}/score", {"version": version})
    assert response.status_code == 422  # it is found when scoring begins
    assert "you have a lesion of that name already" in response.text


def form_version(page):
    return page.split('name="version" value="')[1].split('"')[0]


@ON_SQLITE
def test_a_lesion_entered_while_a_table_is_scored_keeps_its_name_and_the_row_says_so(visit, room):
    reader = visit("reader.one")
    place = send(reader, as_csv(table({}, {}))).headers["location"]
    usual = scoring.score_some
    version = form_version(reader.get(place).text)

    def meanwhile(*given):
        reader.save("L-02")
        return usual(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("her2mri.web.pages.upload_pages.score_some", meanwhile)
        reader.post(f"{place}/score", {"version": version})
    page = reader.get(place).text
    assert "1 lesion answered, 1 not" in page
    assert "Row 3: you entered a lesion of that name meanwhile." in page


@ON_SQLITE
def test_what_two_windows_mend_at_once_is_both_kept(visit, monkeypatch):
    one, two = visit("reader.one"), visit("reader.one")
    place = send(one, as_csv(BAD)).headers["location"]
    two.get(place)
    one.get(place)
    usual, overtook = looking.mended, []

    def overtaken(*given):
        if not overtook:  # between what the first window saw and what it writes
            overtook.append(True)
            two.post(place, {"key": "adc:5", "value adc:5": "0.83"})
        return usual(*given)

    monkeypatch.setattr(looking, "mended", overtaken)
    one.post(place, {"key": "eer:2", "value eer:2": "0.71"})
    assert overtook
    page = one.get(place).text
    assert "820" not in page
    assert "0.7x" not in page


@ON_SQLITE
def test_a_table_can_be_removed_and_one_that_nobody_scores_is_after_a_week(visit, room, clock):
    reader = visit("reader.one")
    places = [send(reader, as_csv(table({}))).headers["location"] for _ in range(2)]
    assert reader.post(f"{places[0]}/remove").headers["location"] == "/uploads"
    assert reader.get(places[0]).status_code == 404
    clock.turn(days=KEPT_FOR.days, minutes=1)
    later = visit("reader.one")
    send(later, as_csv(table({})))
    with room.database.reading() as session:
        assert len(list(session.scalars(select(Upload)))) == 1
        assert session.scalar(text("SELECT count(*) FROM uploaded_rows")) == 1
        removed = session.scalars(select(AuditEntry).where(AuditEntry.action == "table removed")).all()
    assert [(entry.who, entry.subject) for entry in removed] == [
        ("reader.one", "table 1"),
        ("(too old)", "table 2"),
    ]


@ON_SQLITE
def test_a_table_that_is_scored_stays_and_ten_that_wait_are_enough(visit, room):
    reader = visit("reader.one")
    place = send(reader, as_csv(table({}))).headers["location"]
    score(reader, place)
    assert "is scored: its lesions stay" in reader.post(f"{place}/remove").text
    for _ in range(10):
        assert send(reader, as_csv(table({}))).status_code == 303
    assert "10 of yours wait already" in send(reader, as_csv(table({}))).text


@ON_SQLITE
def test_a_row_of_which_the_model_asks_nothing_can_only_be_left_out(visit):
    reader = visit("reader.one")
    nothing = {name: "" for name in CLEAN if name not in {"patient_id", "lesion_id", "center"}}
    place = send(reader, as_csv(table({}, {**nothing, "age": 50}))).headers["location"]
    page = reader.get(place).text
    assert "nothing is known that the model asks for" in page
    response = reader.post(place, {"key": ":3", "out": ":3"})
    assert response.headers["location"] == place
    assert "1 row left out" in reader.get(place).text


@ON_SQLITE
def test_the_template_is_read_back_without_a_fault_of_its_own(visit):
    reader = visit("reader.one")
    response = reader.get("/uploads/template.xlsx")
    assert response.headers["content-type"].endswith("spreadsheetml.sheet")
    with pytest.raises(TableError, match="has a header but no rows"):
        read_typed(response.content, ".xlsx", load_dictionary())
