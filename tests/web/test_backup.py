"""A room in one file: taken while others write, given back whole on either database, or not at all."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, inspect, select, text, update
from visits import LESION, ON_SQLITE

from her2mri.errors import InputError
from her2mri.web.audit_log import check_chain
from her2mri.web.backup.file import read_contents, read_rows
from her2mri.web.backup.making import LEFT_OUT, back_up
from her2mri.web.backup.restoring import restore
from her2mri.web.database.append_only import guard, unguard
from her2mri.web.database.migrate import current, migrate, newest
from her2mri.web.database.tables import Account, AuditEntry, Base, Lesion, SignIn, StoredAnswer
from her2mri.web.measuring.record import keep_measurement
from her2mri.web.people.accounts import account_named
from her2mri.web.room import Room


def kept(path):
    """Every table of a backup, but for the audit log, which notes backups and restores."""
    tables = {name: (columns, list(rows)) for name, columns, rows in read_rows(path)}
    return {name: rows for name, rows in tables.items() if name != "audit_entries"}


@pytest.fixture
def beside(room, tmp_path):
    """Another room, in a file of its own, where nothing is yet."""
    found = Room.of(replace(room.settings, database=f"sqlite:///{tmp_path / 'beside.sqlite'}"), now=room.now)
    with closing(found.database):
        yield found


def test_a_room_moves_from_one_database_to_the_other_and_back_to_the_letter(room, beside, visit, tmp_path):
    reader = visit("reader.one")
    place = reader.save("BR-1").headers["location"]
    reader.correct(place, 1, {**LESION, "adc": 1.2})
    made = back_up(room, tmp_path / "first")
    assert set(made.rows) == set(Base.metadata.tables) - set(LEFT_OUT)
    assert made.rows["answers"] == 2

    assert restore(beside, tmp_path / "first").found.is_sound
    back_up(beside, tmp_path / "second")
    restored = restore(room, tmp_path / "second", is_replacing=True)
    assert (restored.found.again.same, restored.found.chain.is_whole) == (2, True)
    back_up(room, tmp_path / "third")
    assert kept(tmp_path / "first") == kept(tmp_path / "second") == kept(tmp_path / "third")


def test_a_restored_room_goes_on_with_nobody_signed_in_and_a_log_that_says_where_it_came_from(
    room, visit, tmp_path
):
    reader = visit("reader.one")
    reader.save("BR-1")
    made = back_up(room, tmp_path / "backup")
    reader.save("BR-2")
    restore(room, tmp_path / "backup", is_replacing=True)
    assert reader.get("/lesions").headers["location"] == "/sign-in"
    again = visit("reader.one")
    assert again.save("BR-3").headers["location"] == "/lesions/2"
    with room.database.reading() as session:
        assert list(session.scalars(select(Lesion.pseudonym).order_by(Lesion.id))) == ["BR-1", "BR-3"]
        actions = dict(session.execute(select(AuditEntry.action, AuditEntry.detail)).all())
        assert json.loads(actions["room restored"]) == {"sha256": made.sha256}
        assert check_chain(session).is_whole
        with pytest.raises(Exception, match="only grows"):
            session.execute(update(StoredAnswer).values(software="x"))


def test_a_backup_taken_while_others_write_is_one_moment(room, beside, visit, tmp_path):
    readers = [visit("reader.one"), visit("reader.two")]
    enough, done = threading.Semaphore(0), threading.Event()
    acknowledged = []

    def write(reader, prefix):
        number = 0
        while not done.is_set():
            number += 1
            assert reader.save(f"{prefix}-{number}").status_code == 303
            acknowledged.append(f"{prefix}-{number}")
            enough.release()

    writers = [threading.Thread(target=write, args=(r, f"W{i}")) for i, r in enumerate(readers)]
    for writer in writers:
        writer.start()
    for _ in range(5):
        enough.acquire(timeout=20)
    before = set(acknowledged)
    back_up(room, tmp_path / "backup")
    done.set()
    for writer in writers:
        writer.join()

    assert restore(beside, tmp_path / "backup").found.is_sound
    with beside.database.reading() as session:
        lesions = dict(session.execute(select(Lesion.pseudonym, Lesion.id)).all())
        answered = list(session.scalars(select(StoredAnswer.lesion_id)))
        noted = session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "answer stored"))
        assert before <= set(lesions)
        assert sorted(answered) == sorted(lesions.values())
        assert sorted(noted) == sorted(f"lesion {number}" for number in lesions.values())


def test_an_older_backup_is_brought_up_to_date(room, tmp_path):
    migrate(room.database, "0001")
    made = back_up(room, tmp_path / "backup")
    assert made.tables == "0001"
    assert "answers" not in made.rows
    migrate(room.database, "base")
    restore(room, tmp_path / "backup")
    assert current(room.database) == newest()
    with room.database.reading() as session:
        assert account_named(session, "reader.one") is not None
        assert inspect(session.connection()).has_table("answers")


def test_a_room_with_accounts_is_not_replaced_unless_that_is_said(room, tmp_path):
    back_up(room, tmp_path / "backup")
    with pytest.raises(InputError, match="add --replace"):
        restore(room, tmp_path / "backup")


def test_a_backup_whose_log_answers_or_measurements_are_not_as_they_were_is_refused_and_changes_nothing(
    room, beside, visit, tmp_path
):
    visit("reader.one").save()
    damaged = ("answers", "audit_entries", "measurements")
    with room.database.writing() as session:
        reader = account_named(session, "reader.one")
        keep_measurement(room, session, SimpleNamespace(account_id=reader.id, name=reader.name), {"eer": 1.1})
        dialect = session.get_bind().dialect.name
        for table in damaged:
            for statement in unguard(dialect, table):
                session.execute(text(statement))
        session.execute(text("UPDATE answers SET output = replace(output, '0.', '1.')"))
        session.execute(text("UPDATE measurements SET content = replace(content, '1.1', '1.2')"))
        session.execute(delete(AuditEntry).where(AuditEntry.number == 2))
        for table in damaged:
            for statement in guard(dialect, table):
                session.execute(text(statement))
    back_up(room, tmp_path / "backup")
    with pytest.raises(InputError) as caught:
        restore(beside, tmp_path / "backup")
    assert "entry 2 is missing" in str(caught.value)
    assert "1 of 1 answers do not come out again (number 1)" in str(caught.value)
    assert "1 measurements not as they were kept (number 1)" in str(caught.value)
    assert current(beside.database) is None
    assert not restore(beside, tmp_path / "backup", is_forced=True).found.is_sound
    assert current(beside.database) == newest()


def rewritten(change):
    def damage(content):
        return gzip.compress(change(gzip.decompress(content)))

    return damage


DAMAGES = {
    "cut off": lambda content: content[: len(content) // 2],
    "no gzip": lambda content: b"room" + content,
    "empty": lambda _content: b"",
    "a value changed": rewritten(lambda content: content.replace(b"reader.one", b"reader.six")),
    "a row gone": rewritten(lambda content: b"".join(content.splitlines(keepends=True)[:-2])),
    "the last line gone": rewritten(lambda content: b"".join(content.splitlines(keepends=True)[:-1])),
    "of another kind": rewritten(lambda _content: b'{"format": "other"}\n{}\n'),
    "newer": rewritten(lambda content: content.replace(b'"version":1', b'"version":2', 1)),
}


@ON_SQLITE
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_not_what_was_written_is_refused(room, beside, tmp_path, damage):
    path = tmp_path / "backup"
    back_up(room, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"damaged|no backup|not whole|newer software"):
        restore(beside, path)
    assert current(beside.database) is None


@ON_SQLITE
def test_tables_of_a_newer_software_are_neither_restored_nor_served(room, beside, tmp_path, monkeypatch):
    back_up(room, tmp_path / "backup")
    with room.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="of a newer software"):
        migrate(room.database)
    back_up(room, tmp_path / "newer")
    with pytest.raises(InputError, match="made by a newer software"):
        restore(beside, tmp_path / "newer")


@ON_SQLITE
def test_a_backup_is_for_its_owner_alone_holds_no_session_and_replaces_no_file(room, visit, tmp_path):
    visit("reader.one")
    path = tmp_path / "backup"
    made = back_up(room, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    with room.database.reading() as session:
        (signed_in,) = session.scalars(select(SignIn.token_sha256))
        password = session.scalar(select(Account.password).where(Account.name == "reader.one"))
    content = gzip.decompress(path.read_bytes()).decode()
    assert signed_in not in content
    assert password in content
    assert read_contents(path) == made
    with pytest.raises(InputError, match="is there already"):
        back_up(room, path)
    with pytest.raises(InputError, match="there is no such folder"):
        back_up(room, tmp_path / "nowhere" / "backup")


def test_the_commands_say_what_was_taken_and_what_the_checks_found(her2mri, tmp_path):
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "room.backup"
    assert her2mri("room", "backup", file, "--data", here)[0] == 2
    her2mri("room", "open", "admin", "--role", "administrator", "--generate", "--data", here)
    code, out, _ = her2mri("room", "backup", file, "--data", here)
    assert (code, f"sha256 {read_contents(file).sha256}" in out) == (0, True)
    code, out, _ = her2mri("room", "restore", file, "--data", there)
    assert (code, "audit log: whole, 2 entries" in out, "answers: 0 same" in out) == (0, True, True)
    code, _, err = her2mri("room", "restore", file, "--data", there)
    assert (code, "--replace" in err) == (2, True)
