"""Uploaded tables in the database: kept for their owner alone, and only as long as there is something to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from her2mri.bundle.canonical import canonical
from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.uploads_tables import Upload, UploadedRow
from her2mri.web.people.sessions import Visitor
from her2mri.web.uploads.typed_table import TypedRow, TypedTable

KEPT_FOR: Final = timedelta(days=7)
"""How long a table waits to be mended and scored."""

MOST_WAITING: Final = 10
"""Tables of one reader that are not scored yet."""


MOST_LISTED: Final = 100
"""Tables in a list, the latest."""


@dataclass(frozen=True)
class Progress:
    """Of the lesions that are scored: how many there are, are answered, and could not be answered."""

    lesions: int
    answered: int
    failed: int

    @property
    def left(self) -> int:
        """How many wait."""
        return self.lesions - self.answered - self.failed


_COUNTS: Final = (
    func.count(func.nullif(UploadedRow.pseudonym, "")),
    func.count(UploadedRow.lesion_id),
    func.count(func.nullif(UploadedRow.problem, "")),
)
"""Lesions that are scored, answered and could not be answered."""


def keep_table(session: Session, at: datetime, visitor: Visitor, table: TypedTable) -> Upload:
    """A new table of the visitor; InputError where too many of theirs wait already."""
    forget_old(session, at)
    query = select(func.count()).where(Upload.owner_id == visitor.account_id, Upload.scored_at.is_(None))
    if (session.scalar(query) or 0) >= MOST_WAITING:
        remedy = "score or remove one of them first"
        raise InputError([Fault("tables", f"{MOST_WAITING} of yours wait already", remedy=remedy)])
    upload = Upload(
        owner_id=visitor.account_id,
        name=table.name,
        columns=canonical(table.columns),
        decimal_comma=table.decimal_comma,
        said=canonical(table.said),
        uploaded_at=at,
    )
    session.add(upload)
    session.flush()
    session.add_all(
        UploadedRow(upload_id=upload.id, row=row.row, left_out=row.left_out, typed=row.text())
        for row in table.rows
    )
    session.flush()
    record(
        session,
        at,
        visitor.name,
        "table uploaded",
        f"table {upload.id}",
        rows=len(table.rows),
        file=table.sha256,
    )
    return upload


def find_upload(session: Session, visitor: Visitor, number: int) -> Upload | None:
    """One table of the visitor; None where there is none of that number, or it is another's."""
    upload = session.get(Upload, number) if 0 < number < 2**31 else None
    return upload if upload is not None and upload.owner_id == visitor.account_id else None


def uploads_of(session: Session, visitor: Visitor) -> Iterator[tuple[Upload, Progress, int]]:
    """The visitor's tables, the latest first, with how far each is and how many rows it has."""
    in_rows = func.count(UploadedRow.row)
    query = (
        select(Upload, *_COUNTS, in_rows)
        .outerjoin(UploadedRow, UploadedRow.upload_id == Upload.id)
        .where(Upload.owner_id == visitor.account_id)
        .group_by(Upload.id)
        .order_by(Upload.id.desc())
        .limit(MOST_LISTED)
    )
    for upload, lesions, answered, failed, rows in session.execute(query):
        yield upload, Progress(lesions, answered, failed), rows


def typed_table(session: Session, upload: Upload) -> TypedTable:
    """The table as it stands now, before it is scored."""
    query = select(UploadedRow).where(UploadedRow.upload_id == upload.id).order_by(UploadedRow.row)
    rows = (TypedRow.of_text(kept.row, kept.typed, left_out=kept.left_out) for kept in session.scalars(query))
    columns, said = json.loads(upload.columns), json.loads(upload.said)
    return TypedTable(upload.name, tuple(columns), tuple(rows), upload.decimal_comma, said=tuple(said))


def progress_of(session: Session, upload: Upload) -> Progress:
    """How far scoring is."""
    return Progress(*session.execute(select(*_COUNTS).where(UploadedRow.upload_id == upload.id)).one())


def discard(session: Session, at: datetime, who: str, upload: Upload) -> None:
    """Remove a table with all that was typed in it; InputError where it is being scored or was."""
    if upload.model_id is not None:
        raise InputError([Fault(f"table {upload.id}", "is scored: its lesions stay")])
    session.execute(delete(UploadedRow).where(UploadedRow.upload_id == upload.id))
    session.delete(upload)
    record(session, at, who, "table removed", f"table {upload.id}")


def forget_old(session: Session, at: datetime) -> None:
    """Remove tables that nobody scored in time."""
    query = select(Upload).where(Upload.model_id.is_(None), Upload.uploaded_at < at - KEPT_FOR)
    for upload in list(session.scalars(query)):
        discard(session, at, "(too old)", upload)
