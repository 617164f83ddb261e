"""Tokens are made by people for themselves, shown once, do no more than their person may, and end."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest
from programs import program_at, token_of
from sqlalchemy import select
from typed_case import LESION
from visits import ON_SQLITE

from her2mri.web.database.tables import AuditEntry
from her2mri.web.database.token_tables import ApiToken
from her2mri.web.people.tokens import MOST_ALIVE

SHOWN = re.compile(r"<code>(her2mri_[^<]+)</code>")
FORM = {"name": "PACS bridge", "days": "30", "scopes": ["predict", "store"]}


def kept(room):
    with room.database.reading() as session:
        return list(session.scalars(select(ApiToken).order_by(ApiToken.id)))


def actions(room):
    with room.database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(entry.who, entry.action, entry.subject) for entry in entries]


def test_a_token_is_shown_once_kept_as_its_hash_used_and_revoked(visit, room, clock):
    reader = visit("reader.one")
    (token,) = SHOWN.findall(reader.post("/tokens", FORM).text)
    (row,) = kept(room)
    assert row.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert row.scopes == "predict store"
    listed = reader.get("/tokens").text
    assert token not in listed
    assert "PACS bridge" in listed
    assert "never" in listed
    clock.turn(minutes=3)
    program = program_at(room, token)
    assert program.predict(LESION).status_code == 200
    assert "2026-03-02 09:33" in reader.get("/tokens").text
    assert reader.post("/tokens/1").status_code == 200
    assert program.predict(LESION).status_code == 401
    assert ("reader.one", "token made", "token 1") in actions(room)
    assert ("reader.one", "token revoked", "token 1") in actions(room)


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"name": "<b>"}, {"name": "a" * 32}, {"days": "0"}, {"days": "367"}, {"days": "x"}, {"days": "²"},
     {"scopes": []}, {"scopes": ["metrics"]}, {"scopes": ["predict", "everything"]}],
)  # fmt: skip
@ON_SQLITE
def test_a_token_that_cannot_be_is_refused_with_the_reason(visit, room, change):
    response = visit("reader.one").post("/tokens", {**FORM, **change})
    assert response.status_code == 422
    assert next(iter(change)) in response.text
    assert kept(room) == []


def test_nobody_has_more_than_so_many_tokens(visit, room):
    for _ in range(MOST_ALIVE):
        token_of(room, "reader.one", "read")
    reader = visit("reader.one")
    assert "revoke one first" in reader.post("/tokens", FORM).text
    reader.post("/tokens/1")
    assert SHOWN.search(reader.post("/tokens", FORM).text)


def test_nobody_sees_or_revokes_anothers_token_but_an_administrator(visit, room):
    token = token_of(room, "reader.one", "read")
    other = visit("reader.two")
    assert "a program" not in other.get("/tokens").text
    assert other.post("/tokens/1").status_code == other.post("/tokens/2").status_code == 404
    assert program_at(room, token).get("/api/lesions").status_code == 200
    administrator = visit("the.administrator")
    assert "reader.one" in administrator.get("/tokens").text
    administrator.post("/tokens/1")
    assert program_at(room, token).get("/api/lesions").status_code == 401


@pytest.mark.parametrize("change", ["close", "password", "researcher"])
def test_tokens_end_with_the_account_its_role_and_a_password_given_by_another(visit, room, change):
    token = token_of(room, "reader.one", "read")
    administrator = visit("the.administrator")
    administrator.post("/people/1", {"change": change})
    administrator.post("/people/1", {"change": "reopen"})
    assert program_at(room, token).get("/api/lesions").status_code == 401
    assert ("the.administrator", "token revoked", "token 1") in actions(room)


def test_a_token_expires(room, clock):
    program = program_at(room, token_of(room, "reader.one", "read", days=2))
    clock.turn(days=1, hours=23, minutes=59)
    assert program.get("/api/lesions").status_code == 200
    clock.turn(minutes=1)
    assert program.get("/api/lesions").status_code == 401


@ON_SQLITE
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer x", "Basic cmVhZGVyOng=", "Bearer her2mri_é", "bearer\t x",
     "Bearer " + "x" * 9000],
)  # fmt: skip
def test_without_a_token_that_lets_in_nothing_is_done(room, header):
    headers = {} if header is None else {"Authorization": header.encode()}
    response = program_at(room).client.get("/api/lesions", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.json()["faults"]


def test_guesses_from_an_address_are_counted_noted_and_stopped_but_not_its_passwords(visit, room, clock):
    right = token_of(room, "reader.one", "read")
    wrong = program_at(room, "her2mri_guess", address="203.0.113.7")
    most = room.settings.failures_per_address
    assert {wrong.get("/api/lesions").status_code for _ in range(most)} == {401}
    assert actions(room).count(("(nobody)", "token refused", "")) == most
    stopped = program_at(room, right, address="203.0.113.7").get("/api/lesions")
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0
    assert program_at(room, right).get("/api/lesions").status_code == 200
    assert visit().sign_in("reader.one").headers["location"] == "/"
    clock.turn(minutes=6)
    assert program_at(room, right, address="203.0.113.7").get("/api/lesions").status_code == 200


@ON_SQLITE
def test_a_token_that_asks_too_often_waits_and_every_lesion_counts(room, clock):
    slow = replace(room, settings=replace(room.settings, requests_per_minute=5))
    program = program_at(slow, token_of(room, "reader.one", "predict"))
    other = program_at(slow, token_of(room, "reader.one", "predict"))
    lesions = [{"findings": LESION}] * 4
    assert program.post("/api/predict", {"lesions": lesions}).status_code == 200
    late = program.post("/api/predict", {"lesions": lesions[:2]})
    assert late.status_code == 429
    assert late.headers["retry-after"] == "60"
    assert other.get("/api/models").status_code == 200
    clock.turn(minutes=1)
    assert program.get("/api/models").status_code == 200


def test_cookies_open_nothing_here_and_other_sites_may_not_ask_even_with_a_token(visit, room):
    assert visit("reader.one").get("/api/lesions").status_code == 401
    token = token_of(room, "reader.one", "predict")
    headers = {"Authorization": f"Bearer {token}", "Origin": "https://elsewhere.example"}
    client = program_at(room).client
    body = {"lesions": {"findings": LESION}}
    assert client.post("/api/predict", json=body, headers=headers).status_code == 403
    answer = client.get("/api/models", headers=headers)
    assert "access-control-allow-origin" not in answer.headers
