"""Scoring a table, some lesions at a time: where it is stands in the database, so that anybody may go on.

Each step is one transaction. A server that is killed leaves whole steps behind, two that score the same table at
once score each lesion once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from her2mri.bundle.canonical import canonical
from her2mri.errors import Fault, InputError, LesionError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Lesion
from her2mri.web.database.uploads_tables import Upload, UploadedRow
from her2mri.web.lesions.answering import Answered, is_taken, output_of, store_answer
from her2mri.web.lesions.given import ConflictError
from her2mri.web.lesions.models import Answering
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room
from her2mri.web.uploads.keeping import Progress, progress_of
from her2mri.web.uploads.looking import Looked

MOST_AT_ONCE: Final = 50
LONGEST_STEP: Final = 1.0
"""Seconds after which no further lesion is begun in one step."""


@dataclass(frozen=True)
class _Outcome:
    """What the model said of a row, or why it could not be asked."""

    row: int
    answered: Answered | None = None
    problem: str = ""


def begin_scoring(room: Room, session: Session, visitor: Visitor, upload: Upload, looked: Looked) -> None:
    """Take up what the model in use is to be asked, and forget all else that was typed.

    Raises InputError where something is to be mended, and ConflictError where the table changed since it was
    looked at, or another model came into use.
    """
    if upload.model_id is not None:
        return  # it was begun in another window
    if not looked.checked.is_clean:
        raise InputError([Fault(f"table {upload.id}", "is not ready to be scored", remedy="mend it first")])
    if (upload.version, room.models.in_use(session).id) != (looked.version, looked.answering):
        raise ConflictError([Fault(f"table {upload.id}", "was changed meanwhile", remedy="look at it again")])
    upload.model_id = looked.answering
    upload.scoring_since = room.now()
    upload.version += 1
    query = select(UploadedRow).where(UploadedRow.upload_id == upload.id)
    for row in session.scalars(query):
        row.typed = ""
        if row.row in looked.checked.lesions:
            row.pseudonym, inputs = looked.checked.lesions[row.row]
            row.inputs = canonical(inputs)
    record(
        session,
        room.now(),
        visitor.name,
        "scoring begun",
        f"table {upload.id}",
        lesions=len(looked.checked.lesions),
        model=upload.model_id,
    )


def score_some(room: Room, visitor: Visitor, number: int) -> Progress:
    """Answer the next lesions of a table whose scoring was begun, each exactly once; how far it is then."""
    with room.database.reading() as session:
        upload = session.get_one(Upload, number)
        assert upload.model_id is not None
        answering = room.models.numbered(session, upload.model_id)
        waiting = [(row.row, row.inputs) for row in session.scalars(_waiting(number).limit(MOST_AT_ONCE))]
    outcomes = _asked(answering, waiting)  # while others may write
    with room.database.writing() as session:
        upload = session.get_one(Upload, number)
        _keep(room, session, visitor, number, outcomes)
        session.flush()
        progress = progress_of(session, upload)
        if not progress.left and upload.scored_at is None:
            upload.scored_at = room.now()
            record(
                session,
                room.now(),
                visitor.name,
                "scoring ended",
                f"table {number}",
                answered=progress.answered,
                failed=progress.failed,
            )
    return progress


def _asked(answering: Answering, waiting: Sequence[tuple[int, str]]) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    prevalence = (None,) * len(answering.bundles)
    begun = time.monotonic()
    for row, text in waiting:
        if outcomes and time.monotonic() - begun > LONGEST_STEP:
            break
        inputs = json.loads(text)
        try:
            output = output_of(answering, inputs, prevalence)
        except LesionError as error:
            problem = "; ".join(fault.problem for fault in error.faults)
            outcomes.append(_Outcome(row, problem=f"the model cannot be asked: {problem}"))
        else:
            outcomes.append(_Outcome(row, Answered(answering, inputs, prevalence, output)))
    return outcomes


def _keep(room: Room, session: Session, visitor: Visitor, number: int, outcomes: Sequence[_Outcome]) -> None:
    """Those that are still waiting: another server may have been quicker."""
    by_row = {outcome.row: outcome for outcome in outcomes}
    query = _waiting(number).where(UploadedRow.row.in_(by_row))
    for row in list(session.scalars(query)):
        outcome = by_row[row.row]
        row.inputs = ""
        if outcome.answered is None:
            row.problem = outcome.problem
        elif is_taken(session, visitor, row.pseudonym):
            row.problem = "you entered a lesion of that name meanwhile"
        else:
            lesion = Lesion(owner_id=visitor.account_id, pseudonym=row.pseudonym, created_at=room.now())
            session.add(lesion)
            session.flush()
            row.lesion_id = lesion.id
            store_answer(room, session, visitor, lesion, 1, outcome.answered)


def _waiting(number: int) -> Select[UploadedRow]:
    return (
        select(UploadedRow)
        .where(
            UploadedRow.upload_id == number,
            UploadedRow.pseudonym != "",
            UploadedRow.lesion_id.is_(None),
            UploadedRow.problem == "",
        )
        .order_by(UploadedRow.row)
    )
