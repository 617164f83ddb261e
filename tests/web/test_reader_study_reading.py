"""Each reader reads blind, in an order of their own, each case once in a session, timed by the server."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from studies import TRUTHS, answer, close, drafted, freeze, opened, place_shown, read_session, rows, table
from visits import ON_SQLITE

from her2mri.web.audit_log import check_chain
from her2mri.web.database.reader_study_tables import CaseRead, CaseShowing
from her2mri.web.lesions.models import put_in_use, starting_bundles

pytestmark = pytest.mark.usefixtures("read_here")

N = len(TRUTHS)


def orders(visit, number):
    """By reader and session: the ADC of the cases, which tells them apart, as the page shows them."""
    content = visit("the.researcher").get(f"/studies/{number}/setup.json").json()
    adc = [f"{case['inputs']['adc']:.6g} ×10⁻³ mm²/s" for case in content["cases"]]
    return {name: [[adc[i] for i in order] for order in both] for name, both in content["orders"].items()}


def test_each_session_has_the_order_that_was_recorded_and_the_second_waits_for_the_washout(visit, clock):
    number = opened(visit("the.researcher"))
    expected = orders(visit, number)
    for name in ("reader.one", "reader.two"):
        reader = visit(name)
        for place, adc in enumerate(expected[name][0], start=1):
            page = reader.get(f"/reading/{number}/case")
            assert place_shown(page) == ("1", str(place))
            assert f"<dd>{adc}</dd>" in page.text
            assert answer(reader, number).status_code == 303
        clock.turn(minutes=10)
    early = visit("reader.one")
    assert early.get(f"/reading/{number}/case").headers["location"] == f"/reading/{number}"
    clock.turn(days=28, minutes=-20, seconds=-1)
    early = visit("reader.one")
    assert early.get(f"/reading/{number}/case").headers["location"] == f"/reading/{number}"
    assert "opens <b>2026-03-30 09:30 UTC</b>" in early.get(f"/reading/{number}").text
    refused = early.post(
        f"/reading/{number}/case", {"session": 2, "place": 1, "call": "positive", "confidence": 1}
    )
    assert refused.status_code == 409
    clock.turn(seconds=1)
    reader = visit("reader.one")
    for place, adc in enumerate(expected["reader.one"][1], start=1):
        page = reader.get(f"/reading/{number}/case")
        assert place_shown(page) == ("2", str(place))
        assert f"<dd>{adc}</dd>" in page.text
        answer(reader, number)
    assert "You have read all cases twice" in reader.get(f"/reading/{number}").text
    assert (
        visit("reader.two").get(f"/reading/{number}/case").status_code == 303
    )  # their own ten minutes later


def test_the_model_is_shown_in_the_aided_session_alone_and_as_it_was_when_the_study_was_opened(
    visit, clock, room
):
    number = opened(visit("the.researcher"))
    reader = visit("reader.one")
    page = reader.get(f"/reading/{number}/case").text
    for part in ("calculator.js", "bundles", "headline", "stored"):
        assert part not in page
    read_session(reader, number)
    with room.database.writing() as session:
        assert put_in_use(session, room.now(), "(tests)", starting_bundles()[:1])
    clock.turn(days=28)
    page = visit("reader.one").get(f"/reading/{number}/case").text
    assert "calculator.js" in page
    assert page.count('"format":') == 2  # both bundles of the chain, though one alone is in use by now
    assert '"stored":[' in page


def test_of_all_that_is_sent_for_a_case_one_read_is_kept(visit, room):
    number = opened(visit("the.researcher"))
    tabs = [visit("reader.one") for _ in range(6)]
    for tab in tabs:
        assert place_shown(tab.get(f"/reading/{number}/case")) == ("1", "1")

    def send(tab, sure):
        fields = {"session": 1, "place": 1, "call": "positive", "confidence": sure}
        return tab.post(f"/reading/{number}/case", fields).status_code

    with ThreadPoolExecutor(6) as browsers:
        found = list(browsers.map(send, tabs, range(6)))
    assert sorted(found) == [303, 409, 409, 409, 409, 409]
    with room.database.reading() as session:
        kept = list(session.scalars(select(CaseRead)))
        assert [read.confidence for read in kept] == [found.index(303)]
        assert check_chain(session).is_whole
    again = send(tabs[0], kept[0].confidence)
    assert again == 303  # the same read sent twice is no error, and no second read
    with room.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaseRead)) == 1
    for statement in ("UPDATE case_reads SET confidence = 1", "DELETE FROM case_showings"):
        with pytest.raises(SQLAlchemyError), room.database.writing() as session:
            session.execute(text(statement))


FORGED = [
    ({"place": 2}, 409, "is not the one to be read now"),
    ({"place": 0}, 409, "is not the one to be read now"),
    ({"session": 2}, 409, "is not the one to be read now"),
    ({"session": "1; DROP TABLE case_reads"}, 409, "is not the one that was shown"),
    ({"place": "9" * 30}, 409, "is not the one that was shown"),
    ({"call": "low"}, 422, "choose one"),
    ({"call": ""}, 422, "choose one"),
    ({"confidence": ""}, 422, "from 0 to 100"),
    ({"confidence": 101}, 422, "from 0 to 100"),
    ({"confidence": -1}, 422, "from 0 to 100"),
    ({"confidence": "٣"}, 422, "from 0 to 100"),
    ({"confidence": "nan"}, 422, "from 0 to 100"),
]


@ON_SQLITE
@pytest.mark.parametrize(("forged", "status", "said"), FORGED)
def test_a_forged_read_is_refused_and_the_turn_stays(visit, room, forged, status, said):
    number = opened(visit("the.researcher"))
    reader = visit("reader.one")
    response = answer(reader, number, **forged)
    assert response.status_code == status
    assert said in response.text
    with room.database.reading() as session:
        assert session.scalar(select(CaseRead)) is None
    assert place_shown(reader.get(f"/reading/{number}/case")) == ("1", "1")


@ON_SQLITE
def test_a_case_that_was_not_shown_cannot_be_answered(visit, room):
    number = opened(visit("the.researcher"))
    reader = visit("reader.one")
    fields = {"session": 1, "place": 1, "call": "positive", "confidence": 50}
    assert reader.post(f"/reading/{number}/case", fields).status_code == 409
    assert answer(reader, number).status_code == 303
    assert reader.post(f"/reading/{number}/case", {**fields, "place": 2}).status_code == 409
    with room.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaseRead)) == 1


def test_nobody_reads_in_a_study_of_others_in_a_draft_or_in_a_closed_one(visit):
    researcher = visit("the.researcher")
    draft = drafted(researcher).rsplit("/", 1)[1]
    others = opened(researcher, reader=["reader.two"])
    reader = visit("reader.one")
    assert reader.get("/reading").text.count("/reading/") == 0
    for number in (draft, others, "99", "0", str(2**40)):
        for path in (f"/reading/{number}", f"/reading/{number}/case", f"/reading/{number}/case/1/1/1"):
            assert reader.get(path).status_code == 404
        fields = {"session": 1, "place": 1, "call": "positive", "confidence": 50}
        assert reader.post(f"/reading/{number}/case", fields).status_code == 404
    second = visit("reader.two")
    shown = place_shown(second.get(f"/reading/{others}/case"))
    assert close(researcher, others).status_code == 303
    fields = {"session": shown[0], "place": shown[1], "call": "positive", "confidence": 50}
    response = second.post(f"/reading/{others}/case", fields)
    assert response.status_code == 409
    assert "is closed" in response.text
    assert second.get(f"/reading/{others}/case").headers["location"] == f"/reading/{others}"


def test_the_server_takes_the_time_whatever_is_sent_and_says_what_was_interrupted(visit, clock):
    researcher = visit("the.researcher")
    number = opened(researcher, reader=["reader.one"])
    reader = visit("reader.one")
    page = reader.get(f"/reading/{number}/case")
    clock.turn(seconds=42.5)
    session, place = place_shown(page)
    forged = {"seconds": 1, "shown_at": "2026-01-01", "answered_at": "2026-01-01", "elapsed": 0}
    fields = {"session": session, "place": place, "call": "positive", "confidence": 50, **forged}
    wrong = reader.post(f"/reading/{number}/case", {**fields, "confidence": ""})
    assert wrong.status_code == 422
    assert place_shown(wrong) == (session, place)
    clock.turn(seconds=7.5)
    assert reader.post(f"/reading/{number}/case", fields).status_code == 303
    reader.get(f"/reading/{number}/case")
    clock.turn(minutes=31)  # the session is over; the case is opened again the next day
    clock.turn(days=1)
    reader = visit("reader.one")
    clock.turn(seconds=5)
    assert answer(reader, number).status_code == 303
    close(visit("the.researcher"), number)
    lines = visit("the.researcher").get(f"/studies/{number}/reads.csv").text.splitlines()
    cells = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert [(cell["seconds"], cell["times_shown"]) for cell in cells] == [("50.000", "1"), ("", "2")]
    assert cells[1]["shown_at"].startswith("2026-03-02")
    assert cells[1]["date"] == "2026-03-03"


def test_truth_and_scores_are_nowhere_before_the_study_is_closed(visit):
    researcher = visit("the.researcher")
    number = opened(researcher)
    reader = visit("reader.one")
    read_session(reader, number)
    assert "Truth" not in reader.get(f"/reading/{number}").text
    for path in ("reads.csv", "truth.csv", "analysis"):
        assert researcher.get(f"/studies/{number}/{path}").status_code == 404
    page = researcher.get(f"/studies/{number}").text
    assert "6 of 6" in page
    assert "C-0" not in page
    assert researcher.post(f"/studies/{number}/close", {"missing": 24}).status_code == 409
    assert close(researcher, number).status_code == 303
    page = visit("reader.one").get(f"/reading/{number}").text
    assert page.count("(not your call)") == 4
    assert page.count("C-0") == 6
    other = visit("reader.two").get(f"/reading/{number}").text
    assert "C-0" not in other


@ON_SQLITE
def test_an_image_is_served_for_the_case_before_the_reader_and_for_no_other(visit, room):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    files = []
    for i in range(1, N + 1):
        buffer = io.BytesIO()
        Image.new("L", (8, 8), 10 * i).save(buffer, "PNG")
        files.append(("images", (f"C-0{i}.png", buffer.getvalue())))
    assert researcher.post("/study-images/1", files=files).status_code == 303
    assert freeze(researcher, place).status_code == 303
    reader, other = visit("reader.one"), visit("reader.two")
    every = [f"/reading/1/case/{part}/{k}/{i}" for part in (1, 2) for k in range(4) for i in (0, 1, 2)]
    assert {reader.get(path).status_code for path in every} == {404}  # nothing was shown yet
    for k in (1, 2):
        page = reader.get("/reading/1/case")
        served = [path for path in every if reader.get(path).status_code == 200]
        assert served == [f"/reading/1/case/1/{k}/1"]
        assert served[0] in page.text
        response = reader.get(served[0])
        assert response.headers["cache-control"] == "no-store"
        assert Image.open(io.BytesIO(response.content)).size == (8, 8)
        assert {other.get(path).status_code for path in served} == {404}
        assert reader.get("/study-images/1/1").status_code == 403
        assert answer(reader, "1").status_code == 303
        assert reader.get(served[0]).status_code == 404  # no way back


def test_reading_goes_on_where_it_was_left_days_later_and_with_another_server(visit, room, clock):
    number = opened(visit("the.researcher"), table(rows([*TRUTHS, "low"])))
    reader = visit("reader.one")
    for _ in range(3):
        answer(reader, number)
    clock.turn(days=3)
    room.database.close()
    reader = visit("reader.one", idle_minutes=31)  # an application of its own
    assert "3 of 7 read" in reader.get(f"/reading/{number}").text
    assert place_shown(reader.get(f"/reading/{number}/case")) == ("1", "4")
    with room.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaseShowing)) == 4
