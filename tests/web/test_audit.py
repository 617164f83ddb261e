"""The audit log and the stored answers: what is written stays, and who changed it all the same is found out."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from visits import CHAIN, LESION

from her2mri.web.audit_log import check_chain, holds, record
from her2mri.web.database.append_only import unguard
from her2mri.web.database.tables import APPEND_ONLY, AuditEntry, FrozenModel
from her2mri.web.lesions.recompute import recompute
from her2mri.web.room import Room

ROWS = (
    "INSERT INTO update_proposals (id, model_id, method, parent_sha256, sha256, comparison, proposed_by, proposed_at) "
    "VALUES (1, 1, 'intercept', :sha, :sha, '{}', 1, :at)",
    "INSERT INTO update_decisions (id, proposal_id, is_accepted, decided_by, decided_at) VALUES (1, 1, true, 1, :at)",
    "INSERT INTO measurements (id, reader_id, content, sha256, measured_at) VALUES (1, 1, '{}', :sha, :at)",
    "INSERT INTO measured_answers (answer_id, measurement_id) VALUES (1, 1)",
)
KEYS = dict.fromkeys(APPEND_ONLY, "id") | {
    "audit_entries": "number",
    "frozen_models": "sha256",
    "measured_answers": "answer_id",
}


def forge(room, table, statement, **values):
    """Change a table as somebody would who owns the database: the guard is taken away first."""
    with room.database.writing() as session:
        for guard in unguard(session.get_bind().dialect.name, table):
            session.execute(text(guard))
        session.execute(text(statement), values)


def chain_of(room):
    with room.database.reading() as session:
        return check_chain(session)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_database_lets_nobody_change_or_remove_what_only_grows(visit, room, table):
    reader = visit("reader.one")
    reader.save()
    reader.post("/lesions/1/pathology", {"revision": 0, "her2_ihc": "3+"})
    reader.post("/lesions/1/examination", {"revision": 0, "month": "2026-02"})
    with room.database.writing() as session:
        about = {"sha": CHAIN.first.sha256, "at": room.now()}
        for statement in ROWS:
            session.execute(text(statement), about)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {KEYS[table]} = {KEYS[table]}"):
        with pytest.raises(SQLAlchemyError), room.database.writing() as session:
            session.execute(text(statement))


def test_everything_that_was_done_is_in_a_whole_chain(visit, room):
    visit("reader.one").save()
    chain = chain_of(room)
    assert chain.is_whole
    with room.database.reading() as session:
        entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.number)))
    assert chain.entries == len(entries)
    assert [entry.action for entry in entries[-2:]] == ["signed in", "answer stored"]
    assert json.loads(entries[-1].detail) == {"answer": 1, "model": 1, "revision": 1}


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_entries SET who = 'someone' WHERE number = 3", "entry 3 was changed"),
        ("UPDATE audit_entries SET detail = '{}' WHERE number = 1", "entry 1 was changed"),
        ("DELETE FROM audit_entries WHERE number = 2", "entry 2 is missing"),
        ("DELETE FROM audit_entries WHERE number = 1", "entry 1 is missing"),
    ],
)
def test_a_change_behind_the_database_is_found(visit, room, statement, problem):
    forge(room, "audit_entries", statement)
    assert chain_of(room).problem == problem
    administrator = visit("the.administrator")
    assert f"Broken: {problem}" in administrator.post("/audit/check").text


def test_an_entry_written_anew_with_its_own_hash_breaks_the_next(room):
    with room.database.reading() as session:
        entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.number)))
    third = entries[2]
    third.who = "someone"
    from her2mri.web.audit_log import _hash

    forge(
        room,
        "audit_entries",
        "UPDATE audit_entries SET who = 'someone', sha256 = :sha256 WHERE number = 3",
        sha256=_hash(third),
    )
    assert chain_of(room).problem == "entry 4 does not follow the one before it"


def test_an_end_cut_off_shows_against_a_hash_noted_earlier(room):
    noted = chain_of(room)
    forge(room, "audit_entries", "DELETE FROM audit_entries WHERE number = :last", last=noted.entries)
    assert chain_of(room).is_whole
    with room.database.reading() as session:
        assert not holds(session, noted.last_sha256[:16])
        assert holds(session, chain_of(room).last_sha256)


def test_many_writers_at_once_make_one_chain(room):
    rooms = [Room.of(room.settings, now=room.now) for _ in range(2)]
    before = chain_of(room).entries

    def write(own):
        for i in range(10):
            with own.database.writing() as session:
                record(session, own.now(), "(tests)", "written", str(i))

    threads = [threading.Thread(target=write, args=(own,)) for own in rooms for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in rooms:
        own.database.close()
    chain = chain_of(room)
    assert chain.is_whole
    assert chain.entries == before + 60


def test_stored_answers_come_out_to_the_same_digits(visit, room):
    reader = visit("reader.one")
    reader.save("BR-1")
    reader.save("BR-2", {**LESION, "pure_nme": "yes"})
    reader.save("BR-3", {name: LESION[name] for name in ("adc", "n_category")})
    with room.database.reading() as session:
        again = recompute(Room.of(room.settings), session)
    assert (again.same, again.near, again.other) == (3, 0, ())
    assert "3 answers: 3 to the same digits" in visit("the.administrator").post("/audit/recompute").text


def test_an_answer_that_was_changed_is_found_by_its_number(visit, room):
    reader = visit("reader.one")
    for name in ("BR-1", "BR-2"):
        reader.save(name)
    forge(room, "answers", "UPDATE answers SET inputs = replace(inputs, '0.82', '0.83') WHERE id = 2")
    response = visit("the.administrator").post("/audit/recompute")
    assert "1 of 2 differ: answers 2." in response.text


def test_a_model_that_was_changed_answers_nothing(visit, room, databases):
    visit("reader.one").save()
    with room.database.reading() as session:
        (row, *_) = session.scalars(select(FrozenModel))
        content = row.content.replace('"intercept":', '"intercept":1', 1)
    forge(room, "frozen_models", "UPDATE frozen_models SET content = :text WHERE sha256 = :key",
          text=content, key=row.sha256)  # fmt: skip
    fresh = Room.of(room.settings, now=room.now)
    with fresh.database.reading() as session:
        assert recompute(fresh, session).other == (1,)
    fresh.database.close()


def test_the_log_is_paged_and_holds_no_pseudonym(visit, room):
    visit("reader.one").save("BR-0417")
    administrator = visit("the.administrator")
    with room.database.writing() as session:
        for i in range(55):
            record(session, room.now(), "(tests)", "written", str(i))
    first, second = (administrator.get(f"/audit?page={page}").text for page in (1, 2))
    assert first.count(">written<") == 50
    assert second.count(">written<") == 5
    assert second.count(">answer stored<") == 1
    assert "BR-0417" not in first + second
