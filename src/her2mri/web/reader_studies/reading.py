"""Reading: whose turn is on which case, what is shown, and what was answered. All times are the server's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.reader_study_tables import CaseRead, CaseShowing, StudyImage
from her2mri.web.lesions.given import ConflictError
from her2mri.web.people.sessions import Visitor
from her2mri.web.reader_studies.finding import Study, find_study
from her2mri.web.reader_studies.orders import SESSIONS
from her2mri.web.reader_studies.setup import ARMS, FrozenCase, FrozenStudy, StudyReader
from her2mri.web.room import Room

_NOT_THIS: Final = "read the case that is shown now"


@dataclass(frozen=True)
class Turn:
    """The case a reader has before them: ``place`` of ``total`` in their order, in session 1 or 2."""

    session: int
    place: int
    total: int
    case: FrozenCase

    @property
    def arm(self) -> str:
        """``unaided`` or ``aided``."""
        return ARMS[self.session - 1]


@dataclass(frozen=True)
class Standing:
    """How far a reader is. ``opens_at``: when the aided session opens, once the first session was read."""

    total: int
    read: tuple[int, int]
    opens_at: datetime | None
    turn: Turn | None

    @property
    def is_done(self) -> bool:
        """Whether both sessions were read."""
        return self.read == (self.total, self.total)


@dataclass(frozen=True)
class OwnStudy:
    """A study in which the visitor reads."""

    study: Study
    frozen: FrozenStudy
    reader: StudyReader


def own_study(session: Session, visitor: Visitor, number: int) -> OwnStudy | None:
    """None where there is no such study, it was never opened, or the visitor does not read in it: nobody can tell."""
    study = find_study(session, number)
    if study is None or study.frozen is None:
        return None
    reader = study.frozen.reader(visitor.account_id)
    return None if reader is None else OwnStudy(study, study.frozen, reader)


def standing(session: Session, now: datetime, own: OwnStudy) -> Standing:
    """Where the reader is by the server's clock; no turn while the washout lasts or when nothing is left to read."""
    frozen, total = own.frozen, len(own.frozen.cases)
    counts: list[int] = []
    last: datetime | None = None
    for number in range(1, SESSIONS + 1):
        query = select(func.count(), func.max(CaseRead.answered_at)).where(*_reads_of(own, number))
        count, latest = session.execute(query).one()
        counts.append(count)
        last = latest if number == 1 else last
    opens_at = None
    if counts[0] == total and last is not None:
        opens_at = last + timedelta(days=frozen.washout_days)
    turn = None
    if own.study.closed_at is None:
        if counts[0] < total:
            turn = _turn(own, 1, counts[0] + 1)
        elif opens_at is not None and now >= opens_at and counts[1] < total:
            turn = _turn(own, 2, counts[1] + 1)
    return Standing(total, (counts[0], counts[1]), opens_at, turn)


def _turn(own: OwnStudy, session: int, place: int) -> Turn:
    case = own.frozen.case_at(own.reader, session, place)
    return Turn(session, place, len(own.frozen.cases), case)


def _reads_of(own: OwnStudy, session: int) -> tuple[ColumnElement[bool], ...]:
    return (
        CaseRead.study_id == own.study.number,
        CaseRead.reader_id == own.reader.account,
        CaseRead.session == session,
    )


def show(room: Room, session: Session, visitor: Visitor, own: OwnStudy) -> Turn | None:
    """The case that is to be read now, noted as shown at this moment; None where there is none."""
    now = room.now()
    turn = standing(session, now, own).turn
    if turn is None:
        return None
    session.add(
        CaseShowing(
            study_id=own.study.number,
            reader_id=own.reader.account,
            session=turn.session,
            place=turn.place,
            shown_at=now,
        )
    )
    _note(session, now, visitor, own, "case shown", turn)
    return turn


def _note(session: Session, now: datetime, visitor: Visitor, own: OwnStudy, action: str, turn: Turn) -> None:
    """The case is named by its place in the reader's order, not by its pseudonym."""
    subject = f"study {own.study.number}"
    record(session, now, visitor.name, action, subject, part=turn.session, place=turn.place)


@dataclass(frozen=True)
class SentRead:
    """A read as the form sends it."""

    session: str
    place: str
    call: str
    confidence: str


def answer(room: Room, session: Session, visitor: Visitor, own: OwnStudy, sent: SentRead) -> None:
    """Keep a read, once. The same one sent again changes nothing and is no error.

    Raises ConflictError for a case that was answered otherwise, is not the reader's turn or was never shown to
    them, or a study that is not open; InputError with every reason why the answer cannot be taken.
    """
    own.study.must_be_open()
    place = _place(sent, own)
    kept = session.scalar(select(CaseRead).where(*_reads_of(own, place[0]), CaseRead.place == place[1]))
    if kept is not None:
        if (kept.call, str(kept.confidence)) == (sent.call, sent.confidence.strip()):
            return
        problem = "was answered already, and stays as it was answered first"
        raise ConflictError([Fault("this case", problem, remedy=_NOT_THIS)])
    now = room.now()
    turn = standing(session, now, own).turn
    if turn is None or (turn.session, turn.place) != place or not _was_shown(session, own, turn):
        raise ConflictError([Fault("this case", "is not the one to be read now", remedy=_NOT_THIS)])
    call, confidence = _read_fields(own, sent)
    session.add(
        CaseRead(
            study_id=own.study.number,
            reader_id=own.reader.account,
            session=turn.session,
            place=turn.place,
            call=call,
            confidence=confidence,
            answered_at=now,
        )
    )
    session.flush()
    _note(session, now, visitor, own, "case read", turn)


def _place(sent: SentRead, own: OwnStudy) -> tuple[int, int]:
    texts = (sent.session, sent.place)
    if not all(text.isascii() and text.isdigit() and len(text) < 7 for text in texts):
        raise ConflictError([Fault("form", "is not the one that was shown", remedy=_NOT_THIS)])
    return int(sent.session), int(sent.place)


def _read_fields(own: OwnStudy, sent: SentRead) -> tuple[str, int]:
    faults = []
    if sent.call not in own.frozen.asked.levels:
        faults.append(Fault("call", "choose one"))
    text = sent.confidence.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= 100):
        faults.append(Fault("confidence", "is not such a number", allowed="a whole number from 0 to 100"))
    if faults:
        raise InputError(faults)
    return sent.call, int(text)


def _was_shown(session: Session, own: OwnStudy, turn: Turn) -> bool:
    query = select(CaseShowing.id).where(
        CaseShowing.study_id == own.study.number,
        CaseShowing.reader_id == own.reader.account,
        CaseShowing.session == turn.session,
        CaseShowing.place == turn.place,
    )
    return session.scalar(query.limit(1)) is not None


def shown_image(
    session: Session, now: datetime, own: OwnStudy, place: tuple[int, int], number: int
) -> StudyImage | None:
    """One image (from 1) of the case that this reader was shown and has not answered; None for all others."""
    turn = standing(session, now, own).turn
    if turn is None or (turn.session, turn.place) != place or not 1 <= number <= len(turn.case.images):
        return None
    if not _was_shown(session, own, turn):
        return None
    query = select(StudyImage).where(
        StudyImage.study_id == own.study.number,
        StudyImage.case == turn.case.case,
        StudyImage.place == number,
    )
    found = session.scalar(query)
    if found is None or hashlib.sha256(found.content).hexdigest() != turn.case.images[number - 1].sha256:
        return None  # not the image that was frozen
    return found
