"""Connections to SQLite or PostgreSQL: transactions that read, and transactions that write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError

DIALECTS: Final = ("sqlite", "postgresql+psycopg")
_WRITES: Final = "her2mri_writes"
_LOCK: Final = 0x4E62


class Database:
    """One engine. What happens inside ``reading`` or ``writing`` happens as a whole or not at all."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)
        self._reader = self.engine
        if self.is_postgresql:  # where each statement would see a state of its own; SQLite's see one anyway
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def is_postgresql(self) -> bool:
        """Whether a server keeps the data, and not a file."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one state of the database."""
        with Session(self._reader) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is committed, to the disk, before this returns; an error undoes all of it.

        One at a time on either database: what it read when it decided is so until it has written.
        """
        options = {_WRITES: True}
        with (
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
            Session(connection) as session,
        ):
            if self.is_postgresql:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield session
            session.flush()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def check_address(address: str) -> None:
    """Raise InputError where the address is none, or of a database that is not known here."""
    try:
        parts = make_url(address)
        known = parts.drivername in DIALECTS and parts.database not in {None, "", ":memory:"}
    except ArgumentError:
        known = False
    if not known:
        # The address is not repeated: it may hold a password.
        allowed = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        raise InputError([Fault("--database", "not the address of a known database", allowed=allowed)])


def sqlite_address(file: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{file.resolve()}"


def _engine(address: str) -> Engine:
    check_address(address)
    # Parameters are the values of patients: no message may repeat them.
    if make_url(address).get_backend_name() == "postgresql":
        return create_engine(address, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=10)
    engine = create_engine(address, hide_parameters=True, pool_size=10, max_overflow=10)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """Write-ahead log with a full sync at each commit: readers never wait, what was acknowledged is on the disk."""
    connection.isolation_level = (
        None  # transactions begin where _begin_sqlite says, not where the driver guesses
    )
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Who will write waits at the start, so that two writers never hold what the other needs."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
