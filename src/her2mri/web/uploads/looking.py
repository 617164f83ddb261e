"""A table as its owner sees it before it is scored: what was typed, what is to be mended, and which version it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from her2mri.errors import Fault
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Lesion
from her2mri.web.database.uploads_tables import UploadedRow
from her2mri.web.lesions.given import ConflictError
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room
from her2mri.web.uploads.cells import text_of
from her2mri.web.uploads.checking import CheckedUpload, check_upload
from her2mri.web.uploads.keeping import find_upload, typed_table
from her2mri.web.uploads.mending import Typed, changed, mended
from her2mri.web.uploads.typed_table import TypedTable

if TYPE_CHECKING:
    from her2mri.dictionary import DataDictionary

_TRIES: Final = 3


@dataclass(frozen=True)
class Looked:
    """A table that is not scored yet, at one moment. ``answering``: the number of the model in use then."""

    number: int
    version: int
    answering: int
    table: TypedTable
    checked: CheckedUpload


def look(room: Room, visitor: Visitor, number: int) -> Looked | None:
    """The visitor's table as it stands, checked; None where there is none, or it is scored already."""
    with room.database.reading() as session:
        upload = find_upload(session, visitor, number)
        if upload is None or upload.model_id is not None:
            return None
        version = upload.version
        table = typed_table(session, upload)
        answering = room.models.in_use(session)
        names = [text_of(row.cells.get("lesion_id")) for row in table.kept_rows]
        query = select(Lesion.pseudonym).where(
            Lesion.owner_id == visitor.account_id, Lesion.pseudonym.in_(names)
        )
        taken = frozenset(session.scalars(query))
    # Not within the transaction: a large table takes a second.
    checked = check_upload(table, dictionary_in_use(), answering, taken)
    return Looked(number, version, answering.id, table, checked)


def mend(room: Room, visitor: Visitor, seen: Looked, typed: Typed) -> None:
    """Keep what was typed, right or wrong, against the faults that were ``seen``.

    Where another window changed the table meanwhile, it is taken over into what stands now. Raises ConflictError
    where that happens again and again, or scoring was begun.
    """
    number = seen.number
    now: Looked | None = seen
    for _ in range(_TRIES):
        if now is None:
            break
        rows = changed(now.table, mended(now.table, now.checked, typed))
        with room.database.writing() as session:
            upload = find_upload(session, visitor, number)
            if upload is not None and upload.version == now.version:
                for row in rows:
                    kept = session.get_one(UploadedRow, (number, row.row))
                    kept.typed, kept.left_out = row.text(), row.left_out
                upload.version += 1
                record(session, room.now(), visitor.name, "table mended", f"table {number}", rows=len(rows))
                return
        now = look(room, visitor, number)
    raise ConflictError([Fault(f"table {number}", "was changed meanwhile", remedy="look at it again")])


@lru_cache(maxsize=1)
def dictionary_in_use() -> DataDictionary:
    """The dictionary that tables are checked against, as ``check`` does."""
    from her2mri.dictionary import load_dictionary

    return load_dictionary()


@lru_cache(maxsize=1)
def template_file() -> bytes:
    """The empty workbook of ``her2mri template``."""
    from her2mri.cohort.template import template_content

    return template_content(dictionary_in_use())
