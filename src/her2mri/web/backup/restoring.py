"""Taking a backup back, on either database: all of it, checked and brought up to date, or nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, func, inspect, select, text

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.backup.file import Contents, read_contents, read_rows
from her2mri.web.backup.making import data_tables
from her2mri.web.database.migrate import migrate_within, newest, versions
from her2mri.web.database.tables import Account
from her2mri.web.lesions.models import Models
from her2mri.web.people.accounts import COMMAND_LINE
from her2mri.web.room import Room
from her2mri.web.soundness import Soundness, soundness

_AT_ONCE: Final = 500
_READ: Final[dict[type, Callable[[str], Any]]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    bytes: base64.b64decode,
}
"""How text becomes the value of a column of that type; other types are the same in JSON."""


@dataclass(frozen=True)
class Restored:
    """What was taken back, and what the checks of it found."""

    contents: Contents
    found: Soundness


def restore(room: Room, path: Path, *, is_replacing: bool = False, is_forced: bool = False) -> Restored:
    """The room becomes what the backup holds, in one transaction, with an entry in the audit log that says so.

    Raises InputError, and changes nothing, where the file is damaged or newer than this software, where somebody has
    an account here already (unless ``is_replacing``), and where the backup's audit log is not whole, an answer does not
    come out again or a measurement was changed (unless ``is_forced``).
    """
    contents = read_contents(path)
    if contents.tables not in versions():
        remedy = f"restore with her2mri {contents.software} or newer"
        raise InputError([Fault(str(path), "was made by a newer software", remedy=remedy)])
    with room.database.writing() as session:
        connection = session.connection()
        if not is_replacing and _has_accounts(connection):
            remedy = "add --replace to remove what is here; make a backup of it first"
            raise InputError([Fault("database", "holds a room with accounts already", remedy=remedy)])
        migrate_within(connection, "base")
        migrate_within(connection, contents.tables)
        _fill(connection, path)
        migrate_within(connection, newest())
        fresh = replace(room, models=Models())  # models read before belong to what was here before
        found = soundness(fresh, session)
        if not (found.is_sound or is_forced):
            raise InputError(_faults(path, found))
        record(session, room.now(), COMMAND_LINE, "room restored", sha256=contents.sha256)
    return Restored(contents, found)


def _has_accounts(connection: Connection) -> bool:
    if not inspect(connection).has_table(Account.__tablename__):
        return False
    return bool(connection.scalar(select(func.count()).select_from(Account.__table__)))


def _fill(connection: Connection, path: Path) -> None:
    """Rows into tables of the backup's own version, in the order in which they refer to each other."""
    tables = {table.name: table for table in data_tables(connection)}
    for name, columns, rows in read_rows(path):
        table = tables[name]
        readers = [_reader(table.columns[column]) for column in columns]
        while some := list(islice(rows, _AT_ONCE)):
            connection.execute(table.insert(), [_row(columns, readers, row) for row in some])
        _count_on(connection, name, [column.name for column in table.primary_key.columns])


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    return _READ.get(column.type.python_type, lambda value: value)


def _row(
    columns: Sequence[str], readers: Sequence[Callable[[Any], Any]], row: Sequence[Any]
) -> dict[str, Any]:
    return {
        column: None if value is None else read(value)
        for column, read, value in zip(columns, readers, row, strict=True)
    }


def _count_on(connection: Connection, table: str, key: Sequence[str]) -> None:
    """PostgreSQL numbers the next row after the last one restored; SQLite does so by itself."""
    if connection.dialect.name != "postgresql" or len(key) != 1:
        return
    sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table, "c": key[0]})
    if sequence is not None:
        last = f"SELECT setval(:s, (SELECT coalesce(max({key[0]}), 0) + 1 FROM {table}), false)"
        connection.execute(text(last), {"s": sequence})


def _faults(path: Path, found: Soundness) -> list[Fault]:
    remedy = "take an earlier backup, or add --force to restore what there is"
    faults = []
    if not found.chain.is_whole:
        faults.append(Fault(str(path), f"its audit log is not whole: {found.chain.problem}", remedy=remedy))
    for numbers, problem in (
        (found.again.other, f"of {found.again.total} answers do not come out again"),
        (found.measured.other, "measurements not as they were kept"),
    ):
        if numbers:
            first = ", ".join(map(str, numbers[:5]))
            faults.append(Fault(str(path), f"{len(numbers)} {problem} (number {first})", remedy=remedy))
    return faults
