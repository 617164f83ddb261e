"""Connections to SQLite or PostgreSQL: transactions that read, and transactions that write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from her2mri.errors import Fault, Her2mriError, InputError

DIALECTS: Final = ("sqlite", "postgresql+psycopg")
_WRITES: Final = "her2mri_writes"
_IS_ALONE: Final = "her2mri_is_alone"
_LOCK: Final = 0x4E62
_AT_ONCE: Final = 48
"""Connections: no fewer than a server has threads, so that none waits for one."""

_USED: Final = "her2mri_used"
_IDLE: Final = 5.0
"""Seconds after which it is asked whether a connection to PostgreSQL is still there."""

_LONGEST_WAIT: Final = 10.0
"""Seconds until a writer is told that others write."""


class BusyError(Her2mriError):
    """So many write that it is not this one's turn for a long time."""


class Database:
    """One engine. What happens inside ``reading`` or ``writing`` happens as a whole or not at all."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)
        self._turn = Lock()
        self._reader = self.engine
        self._asker = self.engine.execution_options(**{_IS_ALONE: True})
        if self.is_postgresql:  # where each statement would see a state of its own; SQLite's see one anyway
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
            self._asker = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def is_postgresql(self) -> bool:
        """Whether a server keeps the data, and not a file."""
        return self.engine.dialect.name == "postgresql"

    def reach(self) -> None:
        """Connect once; InputError where that fails."""
        try:
            self.engine.connect().close()
        except (OperationalError, InterfaceError) as error:
            # The driver's message is not repeated: it may hold what the address holds.
            remedy = (
                "see that its server runs, that the address is right and that the folder can be written to"
            )
            raise InputError([Fault("database", "cannot be reached", remedy=remedy)]) from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one state of the database."""
        with Session(self._reader) as session:
            yield session

    def asking(self) -> Connection:
        """For one statement that reads, without the beginning and the end of a transaction around it."""
        return self._asker.connect()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is committed, to the disk, before this returns; an error undoes all of it.

        One at a time on either database: what it read when it decided is so until it has written. Those of one
        process queue here, in order, where a database would have them ask again and again. Raises BusyError.
        """
        options = {_WRITES: True}
        with (
            self._in_turn(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
            Session(connection) as session,
        ):
            if self.is_postgresql:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield session
            session.flush()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_LONGEST_WAIT):
            raise BusyError("others have been writing for long")
        try:
            yield
        finally:
            self._turn.release()

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
        wait = {"connect_timeout": int(_LONGEST_WAIT)}
        engine = create_engine(address, hide_parameters=True, pool_size=_AT_ONCE, connect_args=wait)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_check_idle, engine.dialect))
        return engine
    engine = create_engine(address, hide_parameters=True, pool_size=_AT_ONCE)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_use(_connection: Any, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def _check_idle(dialect: Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that nobody used for a while may have gone meanwhile; SQLAlchemy then takes another."""
    if time.monotonic() - record.info.get(_USED, inf) < _IDLE:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """Write-ahead log with a full sync at each commit: readers never wait, what was acknowledged is on the disk."""
    connection.isolation_level = (
        None  # transactions begin where _begin_sqlite says, not where the driver guesses
    )
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Who will write waits at the start, so that two writers never hold what the other needs."""
    options = connection.get_execution_options()
    if not options.get(_IS_ALONE, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES, False) else "BEGIN")
