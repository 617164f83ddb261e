"""What is logged: each request by its route, and nothing that was typed."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from uploaded import as_csv, score, send, table
from visits import LESION, ON_SQLITE, PASSWORD

from her2mri.web.logs import JsonLines
from her2mri.web.pages import lesion_pages

pytestmark = ON_SQLITE

SECRETS = ("BR-0417", "0417", "0.82", "upper_right", PASSWORD, "irregular")


@pytest.fixture
def lines():
    """Everything that is logged, as the server would write it."""
    buffer = io.StringIO()
    handler = logging.StreamHandler(buffer)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in ("her2mri.web", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.INFO)
    yield lambda: buffer.getvalue().splitlines()
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_line_holds_what_was_typed_asked_for_or_kept(visit, lines):
    reader = visit("reader.one")
    place = reader.save().headers["location"]
    reader.save()
    reader.save("Wang Fang")
    reader.correct(place, 1, {**LESION, "adc": 99})
    reader.get(place)
    reader.get("/lesions?q=BR-0417")
    reader.get("/lesions.csv?q=BR-0417")
    reader.get("/lesions/BR-0417")
    visit().sign_in(PASSWORD, "wrong")
    logged = "\n".join(line for line in lines() if "her2mri" in line or "request" in line)
    logged = re.sub(r'"(at|request)": "[^"]*"', "", logged)  # a second or a number may look like a value
    assert logged.count('"event": "request"') >= 10
    for secret in (*SECRETS, "Wang"):
        assert secret not in logged


@pytest.mark.usefixtures("read_here")
def test_no_line_holds_what_stood_in_a_table(visit, lines):
    reader = visit("reader.one")
    place = send(reader, as_csv(table({"eer": "0.77x"}, {"lesion_id": "Wang Fang"})), "Li Na.csv").headers[
        "location"
    ]
    reader.post(
        place, {"key": ["eer:2", "lesion_id:3"], "value eer:2": "0.77", "value lesion_id:3": "Zhang San"}
    )
    reader.post(place, {"key": "lesion_id:3", "value lesion_id:3": "Q-0815"})
    score(reader, place)
    reader.get(f"{place}/lesions.csv")
    send(reader, as_csv(table({"Name": "Zhao"})))
    logged = "\n".join(line for line in lines() if "her2mri" in line or "request" in line)
    logged = re.sub(r'"(at|request)": "[^"]*"', "", logged)
    assert logged.count('"event": "request"') >= 6
    for secret in ("0.77", "Wang", "Zhang", "Li Na", "0815", "Zhao", "irregular"):
        assert secret not in logged


def test_a_request_is_one_line_with_route_status_time_and_account(visit, lines):
    reader = visit("reader.one")
    response = reader.get("/lesions/77?q=secret")
    (line,) = [entry for entry in map(json.loads, lines()) if entry.get("route") == "/lesions/{number}"]
    assert line["request"] == response.headers["x-request-id"]
    assert (line["method"], line["status"], line["account"], line["event"]) == ("GET", 404, 1, "request")
    assert line["milliseconds"] > 0


def test_an_error_is_logged_by_type_and_place_without_its_message(visit, lines, monkeypatch):
    reader = visit("reader.one")

    def fail(*_args, **_options):
        raise RuntimeError("lesion BR-0417 of Wang Fang")

    monkeypatch.setattr(lesion_pages, "keep_new", fail)
    response = reader.save()
    assert response.status_code == 500
    (line,) = [entry for entry in map(json.loads, lines()) if entry["event"] == "request failed"]
    assert line["error"] == "RuntimeError"
    assert any("test_logs.py" in place for place in line["from"])
    assert line["request"] in response.text
    assert "BR-0417" not in response.text + json.dumps(line)


def test_an_error_of_the_database_does_not_repeat_what_was_to_be_written(room):
    with pytest.raises(SQLAlchemyError) as caught, room.database.reading() as session:
        session.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "BR-0417"})
    assert "BR-0417" not in str(caught.value)
