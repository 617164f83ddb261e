"""Making a backup: every table as it was at one moment, while others go on writing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, func, select
from sqlalchemy.orm import Session

from her2mri import __version__
from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.backup.file import FORMAT, VERSION, Contents, read_contents, write_backup
from her2mri.web.database.migrate import VERSION_TABLE, version_of
from her2mri.web.people.accounts import COMMAND_LINE
from her2mri.web.room import Room

LEFT_OUT: Final = ("sign_ins", "failed_sign_ins", "api_tokens")
"""Who could come in: after a restore everyone signs in and makes tokens anew; none that had ended comes back."""

_AT_ONCE: Final = 500


def back_up(room: Room, path: Path) -> Contents:
    """Write the room to a new file, read it again, and note in the audit log that it was taken.

    InputError where there is no room, or the file is there already or cannot be written. The file is consistent:
    one transaction reads all of it, and holds nobody up.
    """
    with room.database.reading() as session:
        if version_of(session.connection()) is None:
            raise InputError([Fault("database", "holds no room", remedy="say which: --data or --database")])
        write_backup(path, _lines(session, room.now().isoformat(timespec="seconds")))
    contents = read_contents(path)
    with room.database.writing() as session:
        rows = sum(contents.rows.values())
        record(session, room.now(), COMMAND_LINE, "backup made", sha256=contents.sha256, rows=rows)
    return contents


def data_tables(connection: Connection) -> list[Table]:
    """The tables as they are in this database, each after those that it refers to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in (*LEFT_OUT, VERSION_TABLE)]


def _lines(session: Session, made_at: str) -> Iterator[Any]:
    connection = session.connection()
    yield {
        "format": FORMAT,
        "version": VERSION,
        "tables": version_of(connection),
        "software": __version__,
        "made_at": made_at,
    }
    for table in data_tables(connection):
        count = session.scalar(select(func.count()).select_from(table))
        yield {"table": table.name, "columns": [column.name for column in table.columns], "rows": count}
        query = select(table).order_by(*table.primary_key.columns)
        for row in session.execute(query.execution_options(yield_per=_AT_ONCE)):
            yield [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode("ascii")
    return value
