"""A reading room for each test, on SQLite and on PostgreSQL, with people in it and a clock that can be turned."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

import pytest
from browsing import axe, open_page, site  # noqa: F401  (fixtures)
from sqlalchemy import create_engine, make_url, text
from visits import PASSWORD, Visit, client_of

from her2mri.web.application import application
from her2mri.web.audit_log import record
from her2mri.web.people.accounts import account_named, open_account
from her2mri.web.people.sessions import find_visitor, start_session
from her2mri.web.room import Room
from her2mri.web.settings import Settings
from her2mri.web.start import prepare
from her2mri.web.uploads import apart

SERVER = "HER2MRI_TEST_POSTGRESQL"
PEOPLE = {
    "reader.one": "reader",
    "reader.two": "reader",
    "the.researcher": "researcher",
    "the.administrator": "administrator",
    "new.reader": "reader",  # whose password is not their own yet
}
CHEAP = 64  # KiB of memory for a password: nothing here is worth more


@dataclass
class Clock:
    at: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, 30))

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **parts: float) -> None:
        self.at += timedelta(**parts)


@dataclass(frozen=True)
class Kept:
    """A database with people in it, to be copied for each test."""

    copied: Callable[[], str]
    removed: Callable[[str], None]


def settle(address: str) -> None:
    """Tables, models and people."""
    room = Room.of(Settings(address, password_cost=CHEAP), now=Clock())
    with closing(room.database):
        prepare(room, ())
        kept = room.passwords.hashed(PASSWORD)
        with room.database.writing() as session:
            for name, role in PEOPLE.items():
                must_change = name.startswith("new")
                open_account(
                    session,
                    room.now(),
                    "(tests)",
                    name=name,
                    role=role,
                    kept_password=kept,
                    must_change=must_change,
                )


@contextmanager
def sqlite_databases() -> Iterator[Kept]:
    """Files in memory where the machine has such a folder: every commit waits for its disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        file = Path(folder, "room.sqlite")
        settle(f"sqlite:///{file}")
        yield Kept(
            lambda: f"sqlite:///{shutil.copy(file, Path(folder, secrets.token_hex(8)))}",
            lambda address: Path(make_url(address).database or "").unlink(),
        )


@contextmanager
def postgresql_databases() -> Iterator[Kept]:
    server = os.environ.get(SERVER)
    if not server:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs a PostgreSQL server: {SERVER}")
        pytest.skip(f"no PostgreSQL server: {SERVER} is not set")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")

    def run(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(statement))

    def fresh(source: str) -> str:
        name = f"her2mri_{secrets.token_hex(8)}"
        run(f"CREATE DATABASE {name} TEMPLATE {source}")
        return name

    def address_of(name: str) -> str:
        return make_url(server).set(database=name).render_as_string(hide_password=False)

    template = fresh("template1")
    settle(address_of(template))
    yield Kept(
        lambda: address_of(fresh(template)),
        lambda address: run(f"DROP DATABASE {make_url(address).database} WITH (FORCE)"),
    )
    run(f"DROP DATABASE {template} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[Kept]:
    kept = sqlite_databases() if request.param == "sqlite" else postgresql_databases()
    with kept as found:
        yield found


@pytest.fixture
def address(databases: Kept) -> Iterator[str]:
    found = databases.copied()
    yield found
    databases.removed(found)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def room(address: str, clock: Clock, tmp_path: Path) -> Iterator[Room]:
    found = Room.of(Settings(address, password_cost=CHEAP, images=str(tmp_path / "images")), now=clock)
    with closing(found.database):
        yield found


def enter(room: Room, visit: Visit, name: str) -> None:
    """What signing in does, without its pages and the password's cost: test_sign_in is about those."""
    with room.database.writing() as session:
        account = account_named(session, name)
        assert account is not None
        token = start_session(session, room.now(), account)
        record(session, room.now(), account.name, "signed in")
        visitor = find_visitor(session, room.now(), token, room.settings)
    assert visitor is not None
    visit.token = visitor.form_token
    visit.client.cookies.set(room.settings.cookie, token, domain="127.0.0.1", path="/")


@pytest.fixture
def visit(room: Room) -> Iterator[Callable[..., Visit]]:
    """A browser at the room, signed in as someone, or as nobody; ``settings`` change the room for it."""
    usual = application(room)

    with ExitStack() as open_visits:

        def start(name: str = "", *, address: str = "203.0.113.7", **settings: object) -> Visit:
            app = usual
            if settings:
                app = application(replace(room, settings=replace(room.settings, **settings)))
            found = Visit(open_visits.enter_context(client_of(app, address)))
            if name:
                enter(room, found, name)
            return found

        yield start


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are read without a process for each; test_uploads_hostile has those."""

    def here(content: bytes, suffix: str, wanted: str) -> CompletedProcess[bytes]:
        return CompletedProcess([], 0, apart.answered(content, suffix, wanted))

    monkeypatch.setattr(apart, "_run", here)
