"""A lesion is entered, answered, kept, corrected, found and exported, and nobody else's is seen."""

from __future__ import annotations

import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from visits import CHAIN, LESION, ON_SQLITE, shares

from her2mri.bundle.canonical import canonical
from her2mri.web.database.tables import AuditEntry, StoredAnswer
from her2mri.web.lesions.models import put_in_use, starting_bundles

OTHER = {**LESION, "adc": 1.1}


def answers(room):
    with room.database.reading() as session:
        return list(session.scalars(select(StoredAnswer).order_by(StoredAnswer.id)))


def test_the_answer_kept_is_that_of_the_bundles_to_the_last_digit(visit, room, clock):
    clock.turn(days=1)
    response = visit("reader.one").save()
    assert response.headers["location"] == "/lesions/1"
    (kept,) = answers(room)
    assert json.loads(kept.inputs) == LESION
    assert kept.output == canonical(json.loads(json.dumps(CHAIN.predict(LESION).as_dict())))
    assert [json.loads(kept.output)[part]["bundle"] for part in ("first", "second")] == [
        CHAIN.first.sha256,
        CHAIN.second.sha256,
    ]
    assert (kept.revision, kept.answered_by, kept.answered_at) == (1, 1, clock())


@ON_SQLITE
def test_the_stored_lesion_is_shown_with_its_findings_and_its_numbers(visit):
    reader = visit("reader.one")
    text = reader.get(reader.save().headers["location"]).text
    for share in shares(LESION):
        assert f"<b>{100 * share:.1f} %</b>" in text
    for said in ("BR-0417", "Upper right", "0.82 ×10⁻³ mm²/s", CHAIN.first.sha256[:8], "reader.one"):
        assert said in text
    (data,) = re.findall(r'<script type="application/json" id="room">(.*?)</script>', text)
    assert json.loads(data)["stored"] == shares(LESION)


def test_a_correction_is_a_new_revision_and_the_old_answer_stays(visit, room):
    reader = visit("reader.one")
    place = reader.save().headers["location"]
    assert "0.82" in reader.get(f"{place}/correct").text
    assert reader.correct(place, 1, OTHER).headers["location"] == place
    first, second = answers(room)
    assert (first.revision, second.revision) == (1, 2)
    assert json.loads(first.inputs) == LESION
    assert json.loads(second.inputs) == OTHER
    assert "revision 2" in reader.get("/lesions").text


def test_who_corrects_what_was_corrected_meanwhile_is_told_and_keeps_what_they_typed(visit, room):
    reader = visit("reader.one")
    place = reader.save().headers["location"]
    reader.correct(place, 1, OTHER)
    late = reader.correct(place, 1, {**LESION, "adc": 1.234})
    assert late.status_code == 409
    assert "this lesion was corrected meanwhile" in late.text
    assert "1.234" in late.text
    assert len(answers(room)) == 2


@ON_SQLITE
def test_what_the_page_showed_must_be_what_the_server_computes(visit, room):
    wrong = json.dumps([share + 1e-5 for share in shares(LESION)])
    response = visit("reader.one").save(seen=wrong)
    assert response.status_code == 409
    assert "the page showed another one" in response.text
    assert answers(room) == []


def test_a_model_that_came_into_use_meanwhile_is_not_answered_for(visit, room, clock):
    reader = visit("reader.one")
    place = reader.save().headers["location"]
    with room.database.writing() as session:
        assert put_in_use(session, clock(), "(tests)", starting_bundles()[:1])
    assert reader.save("BR-2").status_code == 409
    page = reader.get(place).text
    assert "another one is in use now" in page
    assert len(re.findall(r'<li class="first', page)) == 1  # answered by two bundles, shown by these two
    one = starting_bundles()[0]
    lesion = {name: value for name, value in LESION.items() if name in one.variables}
    share = one.predict(lesion).probability
    sent = {"model": 2, "lesion": json.dumps(lesion), "prevalence": "[null]"}
    seen = json.dumps([share, 1 - share])
    assert reader.correct(place, 1, LESION, **sent, seen=seen).status_code == 303
    assert reader.get("/lesions.csv").text.splitlines()[1].count(one.sha256) == 1


def test_the_same_models_are_put_in_use_once(room, clock):
    with room.database.writing() as session:
        assert not put_in_use(session, clock(), "(tests)", starting_bundles()[::-1])


@ON_SQLITE
def test_another_prevalence_is_kept_and_answered(visit, room):
    moved = (0.4, None)
    seen = json.dumps(shares(LESION, moved))
    visit("reader.one").save(prevalence="[0.4, null]", seen=seen)
    (kept,) = answers(room)
    assert json.loads(kept.prevalence) == [0.4, None]
    assert [part["probability"] for part in json.loads(kept.output)["classes"]] == shares(LESION, moved)


def test_what_is_not_known_is_kept_as_not_known(visit, room):
    lesion = {name: LESION[name] for name in ("adc", "eer", "quadrant", "n_category")}
    assert visit("reader.one").save(known=lesion).status_code == 303
    (kept,) = answers(room)
    assert json.loads(kept.inputs) == lesion
    assert "ki67_status" in json.loads(kept.output)["first"]["missing"]


def test_what_the_models_were_made_of_is_said_with_every_number(visit):
    reader = visit("reader.one")
    assert CHAIN.first.notice
    place = reader.save().headers["location"]
    assert reader.get("/lesions").text.count(CHAIN.first.notice) == 1
    assert CHAIN.first.notice in reader.get(place).text
    assert "not_patients" in reader.get("/lesions.csv").text


def test_a_lesion_that_the_models_were_not_made_for_is_kept_without_a_probability(visit, room):
    lesion = {**LESION, "pure_nme": "yes"}
    reader = visit("reader.one")
    place = reader.save(known=lesion).headers["location"]
    assert "not made for such lesions" in json.loads(answers(room)[0].output)["refused"]
    for page in (place, "/lesions"):
        assert "not made for such lesions" in reader.get(page).text
    assert "not made for such lesions" in reader.get("/lesions.csv").text


@ON_SQLITE
@pytest.mark.parametrize(
    ("lesion", "said"),
    [
        ({**LESION, "adc": 99}, "column adc: impossible"),
        ({**LESION, "shape": "heart"}, "not a level"),
        ({**LESION, "adc": "0.8"}, "must be a number"),
        ({**LESION, "adc": True}, "must be a number or a text"),
        ({}, "nothing is known of it"),
        ({**LESION, "patient_name": "Wang Fang"}, "reads like a name, a date of birth"),
        ({**LESION, "date_of_birth": "1957-03-14"}, "reads like a name, a date of birth"),
        ({**LESION, "remark": "Mrs W."}, "a field that no model asks for"),
    ],
)
def test_a_lesion_that_cannot_be_is_refused_with_the_reason(visit, room, lesion, said):
    possible = json.dumps(shares(LESION))
    fields = {"lesion": json.dumps(lesion), "seen": possible}
    response = visit("reader.one").save(**fields)
    assert response.status_code == 422
    assert said in response.text
    assert "Wang" not in response.text
    assert "Mrs W" not in response.text
    assert answers(room) == []


@ON_SQLITE
@pytest.mark.parametrize(
    "fields",
    [
        {"lesion": "[]"},
        {"lesion": "{"},
        {"lesion": '{"adc": NaN}'},
        {"lesion": '{"adc": 1, "adc": 2}'},
        {"lesion": "[" * 30000},
        {"lesion": '{"adc": 1' + "0" * 400 + "}"},
        {"lesion": '{"adc": "\ud800"}'},
        {"prevalence": "[2, null]"},
        {"prevalence": "[null]"},
        {"prevalence": "[NaN, null]"},
        {"prevalence": "{}"},
        {"seen": "1"},
        {"seen": ""},
        {"model": "x"},
        {"model": "99999999999"},
        {"model": "²"},
    ],
)
def test_a_form_that_no_page_sends_is_refused_and_nothing_is_kept(visit, room, fields):
    safe = {name: value.encode("utf-8", "replace") for name, value in fields.items()}
    assert visit("reader.one").save(**safe).status_code in {409, 422}
    assert answers(room) == []


@ON_SQLITE
@pytest.mark.parametrize(
    "pseudonym",
    ["", "7", "Wang Fang", "WangFang", "BR 7", "BR-7\n", "19570314", "14.03.1957", "X-1957-3-14", "3-14-1957",
     "a" * 31 + "12", "=7+1", "<b>7", "BR-７", "../7", "7' OR '1'='1"],
)  # fmt: skip
def test_a_pseudonym_that_reads_like_a_person_or_a_date_is_refused(visit, room, pseudonym):
    response = visit("reader.one").save(pseudonym)
    if pseudonym.strip() == "BR-7":
        assert response.status_code == 303  # a line end is no part of it
        return
    assert response.status_code == 422
    assert answers(room) == []


@ON_SQLITE
@pytest.mark.parametrize("pseudonym", ["BR-0417", "b7", "2026-0477.2", "C19570", "S_1234567890"])
def test_a_code_is_a_pseudonym(visit, pseudonym):
    assert visit("reader.one").save(pseudonym).status_code == 303


def test_a_reader_has_each_pseudonym_once_and_readers_do_not_disturb_each_other(visit):
    reader = visit("reader.one")
    reader.save()
    again = reader.save()
    assert again.status_code == 422
    assert "you have a lesion of that name already" in again.text
    assert visit("reader.two").save().status_code == 303


def test_no_reader_finds_opens_exports_or_corrects_what_is_anothers(visit, room):
    visit("reader.two").save("BR-9999")
    reader = visit("reader.one")
    assert reader.get("/lesions/1").status_code == 404
    assert reader.get("/lesions/1").text == reader.get("/lesions/2").text
    assert reader.get("/lesions/1/correct").status_code == 404
    assert reader.correct("/lesions/1", 1, OTHER).status_code == 404
    assert "BR-9999" not in reader.get("/lesions?q=BR").text
    assert "BR-9999" not in reader.get("/lesions.csv").text
    assert len(answers(room)) == 1


def test_a_researcher_sees_all_changes_none_and_that_they_looked_is_in_the_audit_log(visit, room):
    visit("reader.one").save("BR-1")
    visit("reader.two").save("BR-2")
    researcher = visit("the.researcher")
    assert {"BR-1", "BR-2"} <= set(re.findall(r"BR-\d", researcher.get("/lesions").text))
    page = researcher.get("/lesions/2").text
    assert "/correct" not in page
    with room.database.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert (last.who, last.action, last.subject) == ("the.researcher", "lesion seen", "lesion 2")


def test_lesions_are_found_by_any_part_of_the_pseudonym_and_signs_are_only_signs(visit):
    reader = visit("reader.one")
    for name in ("BR-01", "br_02", "XY-03"):
        reader.save(name)

    def found(wanted):
        return set(re.findall(r'">([^<]+)</a></th>', reader.get("/lesions", params={"q": wanted}).text))

    assert found("br") == {"BR-01", "br_02"}
    assert found("R_0") == {"br_02"}
    assert found("%") == set()
    assert found("\\") == set()
    assert found("  0 ") == {"BR-01", "br_02", "XY-03"}


def test_the_list_is_paged_newest_first_and_beyond_its_end_is_its_end(visit, clock):
    reader = visit("reader.one")
    for i in range(28):
        clock.turn(seconds=30)
        reader.save(f"P{i:02}")
    pages = [re.findall(r">(P\d\d)<", reader.get(f"/lesions?page={page}").text) for page in (1, 2, 99, -5)]
    assert pages[0] == [f"P{i:02}" for i in range(27, 2, -1)]
    assert pages[1] == pages[2] == ["P02", "P01", "P00"]
    assert pages[3] == pages[0]


def test_the_export_has_a_row_a_lesion_with_what_was_given_and_answered(visit, room):
    reader = visit("reader.one")
    place = reader.save("BR-1").headers["location"]
    reader.save("BR-2", {name: LESION[name] for name in ("adc", "eer", "n_category", "quadrant")})
    reader.correct(place, 1, OTHER)
    response = reader.get("/lesions.csv?q=BR")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = {row["pseudonym"]: row for row in csv.DictReader(io.StringIO(response.text))}
    assert (rows["BR-1"]["revision"], rows["BR-1"]["adc"]) == ("2", "1.1")
    assert rows["BR-2"]["ki67_status"] == ""
    labels = [part.label for part in CHAIN.predict(OTHER).classes]
    assert [float(rows["BR-1"][label]) for label in labels] == shares(OTHER)
    with room.database.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert (last.action, last.detail) == ("lesions exported", '{"count":2}')


@ON_SQLITE
def test_levels_are_kept_as_the_dictionary_spells_them(visit, room):
    lesion = {**LESION, "ki67_status": "HIGH", "quadrant": "Upper right"}
    visit("reader.one").save(known=lesion)
    assert json.loads(answers(room)[0].inputs) == LESION


def test_a_form_sent_twice_at_once_is_kept_once(visit, room):
    reader = visit("reader.one")
    with ThreadPoolExecutor(4) as senders:
        codes = sorted(senders.map(lambda _: reader.save().status_code, range(4)))
    assert codes == [303, 422, 422, 422]
    assert len(answers(room)) == 1
