"""``her2mri serve`` and ``her2mri room``: a room from nothing, its accounts, its checks."""

from __future__ import annotations

import getpass
import json
import signal
import subprocess
import sys
from contextlib import closing, contextmanager

import httpx2
import pytest
from server import free_port, wait_for
from sqlalchemy import select, text
from visits import LESION, TOKEN, given

from her2mri.web.database.append_only import unguard
from her2mri.web.database.connection import Database, sqlite_address
from her2mri.web.database.migrate import newest
from her2mri.web.database.tables import Account, ModelInUse
from her2mri.web.lesions.models import starting_bundles

PASSWORD = "a kettle under the stairs"


@contextmanager
def serving(*arguments):
    """The real command, in processes of its own; what it wrote to stderr is the last thing it gives."""
    port = free_port()
    command = [sys.executable, "-c", "from her2mri.cli import main; main()", "serve", "--port", str(port)]
    with subprocess.Popen([*command, *map(str, arguments)], stderr=subprocess.PIPE, text=True) as process:
        said: list[str] = []
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}", said
        finally:
            process.send_signal(signal.SIGTERM)
            said += process.communicate(timeout=60)[1].splitlines()


@pytest.fixture
def typed(monkeypatch):
    """Passwords, as they are typed one after the other."""
    answers = []
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: answers.pop(0))
    return answers


def test_a_room_starts_with_no_set_up_and_two_workers_and_a_lesion_is_kept(her2mri, tmp_path):
    data = tmp_path / "room"
    with serving("--data", data, "--workers", 2) as (base, said):
        code, out, _ = her2mri("room", "open", "dr.chen", "--role", "reader", "--generate", "--data", data)
        assert code == 0
        password = out.removeprefix("password: ").strip()
        with httpx2.Client(base_url=base, timeout=60) as client:
            token = TOKEN.search(client.get("/sign-in").text)[1]
            sent = {"name": "dr.chen", "password": password, "form_token": token}
            assert client.post("/sign-in", data=sent).status_code == 303
            fields = {"form_token": TOKEN.search(client.get("/password").text)[1]}
            fields |= {"present": password, "fresh": PASSWORD, "again": PASSWORD}
            assert client.post("/password", data=fields).status_code == 303
            fields = {"form_token": TOKEN.search(client.get("/password").text)[1], "pseudonym": "BR-0417"}
            assert (
                client.post("/lesions", data={**fields, **given(LESION)}).headers["location"] == "/lesions/1"
            )
            assert client.get("/health").json()["status"] == "ok"
    assert "her2mri room open NAME --role administrator --data" in said[1]
    assert all(json.loads(line)["level"] == "info" for line in said[2:])
    assert "BR-0417" not in "".join(said)
    assert (data.stat().st_mode & 0o777, (data / "room.sqlite").stat().st_mode & 0o777) == (0o700, 0o600)
    code, out, _ = her2mri("room", "check", "--data", data, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["answers"] == {"same": 1, "near": 0, "other": []}
    assert found["audit_log"]["problem"] == ""
    assert found["measurements"] == {"same": 0, "other": []}


def test_other_bundles_are_put_in_use_and_stay(her2mri, tmp_path):
    file = tmp_path / "LR.json"
    file.write_bytes(starting_bundles()[0].dumps())
    with serving("--data", tmp_path, file) as (base, _):
        assert httpx2.get(f"{base}/health", timeout=60).status_code == 200
    her2mri("room", "open", "admin", "--role", "administrator", "--generate", "--data", tmp_path)
    with (
        closing(Database(sqlite_address(tmp_path / "room.sqlite"))) as database,
        database.reading() as session,
    ):
        rows = [(row.first_sha256, row.second_sha256) for row in session.scalars(select(ModelInUse))]
    assert rows == [(starting_bundles()[0].sha256, None)]


def test_an_address_that_others_reach_needs_tls_before_it(her2mri, tmp_path):
    code, _, err = her2mri("serve", "--host", "0.0.0.0", "--data", tmp_path)
    assert code == 2
    assert "add --behind-tls" in err


def test_a_password_is_typed_twice_and_never_part_of_the_command(her2mri, tmp_path, typed):
    typed += [PASSWORD, PASSWORD]
    code, out, _ = her2mri("room", "open", "admin", "--role", "administrator", "--data", tmp_path)
    assert (code, out) == (0, "admin may sign in\n")
    typed += [PASSWORD, "otherwise"]
    code, _, err = her2mri("room", "password", "admin", "--data", tmp_path)
    assert code == 2
    assert "was not repeated as it was typed" in err
    with (
        closing(Database(sqlite_address(tmp_path / "room.sqlite"))) as database,
        database.reading() as session,
    ):
        (account,) = session.scalars(select(Account))
    assert (account.name, account.role, account.must_change_password) == ("admin", "administrator", False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["open", "admin", "--role", "king"], "there is no such role"),
        (["open", "Ad min", "--role", "reader"], "cannot be the name of an account"),
        (["password", "nobody"], "there is no such account"),
        (["migrate", "9999"], "there is none of that name"),
        (["check", "--database", "postgresql+psycopg://u:secret@127.0.0.1:1/d"], "cannot be reached"),
        (["check", "--database", "mysql://u:secret@h/d"], "not the address of a known database"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(her2mri, tmp_path, typed, arguments, said):
    typed += [PASSWORD, PASSWORD]
    code, _, err = her2mri("room", *arguments, "--data", tmp_path)
    assert code == 2
    assert said in err
    assert "secret" not in err


def test_a_short_password_is_refused_before_it_is_repeated(her2mri, tmp_path, typed):
    typed += ["short"]
    code, _, err = her2mri("room", "open", "admin", "--role", "administrator", "--data", tmp_path)
    assert code == 2
    assert "too short" in err


def test_tables_go_up_and_down_and_an_older_room_is_not_checked(her2mri, tmp_path):
    assert f"from none to {newest()}" in her2mri("room", "migrate", "--data", tmp_path)[1]
    assert f"from {newest()} to 0001" in her2mri("room", "migrate", "0001", "--data", tmp_path)[1]
    code, _, err = her2mri("room", "check", "--data", tmp_path)
    assert code == 2
    assert "her2mri room migrate" in err


def test_a_log_that_was_changed_or_cut_off_ends_the_check_with_1(her2mri, tmp_path):
    her2mri("room", "open", "admin", "--role", "administrator", "--generate", "--data", tmp_path)
    _, out, _ = her2mri("room", "check", "--data", tmp_path, "--json")
    noted = json.loads(out)["audit_log"]["last_sha256"]
    assert her2mri("room", "check", "--data", tmp_path, "--last", noted)[0] == 0
    with (
        closing(Database(sqlite_address(tmp_path / "room.sqlite"))) as database,
        database.writing() as session,
    ):
        for statement in (*unguard("sqlite", "audit_entries"), "DELETE FROM audit_entries WHERE number = 2"):
            session.execute(text(statement))
    assert her2mri("room", "check", "--data", tmp_path)[0] == 0
    code, out, _ = her2mri("room", "check", "--data", tmp_path, "--last", noted)
    assert code == 1
    assert "its end was cut off" in out
