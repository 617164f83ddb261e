"""Drafts of studies: written down, changed, given images, until they are opened."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.reader_study_tables import ReaderStudy, StudyDraft, StudyImage
from her2mri.web.database.tables import Account
from her2mri.web.lesions.given import ConflictError
from her2mri.web.people.roles import Role
from her2mri.web.people.sessions import Visitor
from her2mri.web.reader_studies.case_table import CaseTable, read_cases
from her2mri.web.reader_studies.finding import Study
from her2mri.web.reader_studies.images import MOST_OF_CASE, Encoded
from her2mri.web.reader_studies.orders import SESSIONS, reading_orders
from her2mri.web.reader_studies.questions import Question, question_named
from her2mri.web.reader_studies.setup import Case, Setup, StudyReader, setup_as_text
from her2mri.web.room import Room

LONGEST_TITLE: Final = 80
LONGEST_WORDING: Final = 200
LONGEST_EXPERIENCE: Final = 20
LONGEST_WASHOUT: Final = 365
MOST_READERS: Final = 20
LARGEST_SEED: Final = 2**31 - 1


@dataclass(frozen=True)
class SentSetup:
    """A form as it was sent. ``table`` is empty where the cases are to stay; ``experience`` by reader's name.

    ``seen`` is the revision of the draft that the form was made from; empty for a new study.
    """

    title: str
    question: str
    wording: str
    rating: str
    washout_days: str
    seed: str
    shows_findings: bool
    readers: tuple[str, ...]
    experience: dict[str, str]
    table: bytes = b""
    table_name: str = ""
    seen: str = ""


def readers_to_choose(session: Session) -> list[Account]:
    """The accounts that may read."""
    query = select(Account).where(Account.role == Role.READER, Account.is_open)
    return list(session.scalars(query.order_by(Account.name)))


def checked(room: Room, session: Session, sent: SentSetup, before: Setup | None = None) -> Setup:
    """The set-up that a form describes; the cases of ``before`` where it brings none. InputError with every fault."""
    faults: list[Fault] = []
    question = question_named(sent.question)
    if question is None:
        faults.append(Fault("question", "there is no such question"))
    readers = _readers(session, sent, faults)
    found = Setup(
        title=_text(sent.title, "title", LONGEST_TITLE, faults),
        question=sent.question,
        wording=_text(sent.wording, "wording of the question", LONGEST_WORDING, faults),
        rating=_text(sent.rating, "wording of the rating", LONGEST_WORDING, faults),
        washout_days=_whole(sent.washout_days, "washout", 1, LONGEST_WASHOUT, faults),
        seed=_whole(sent.seed, "seed", 0, LARGEST_SEED, faults) if sent.seed.strip() else drawn_seed(),
        shows_findings=sent.shows_findings,
        readers=readers,
        cases=(),
        left_out=(),
    )
    table = _table(room, session, sent, question, before, faults)
    _check_orders(found.seed, readers, table.cases, faults)
    if faults:
        raise InputError(faults)
    return replace(found, cases=table.cases, left_out=table.left_out)


def drawn_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(LARGEST_SEED)


def _table(
    room: Room,
    session: Session,
    sent: SentSetup,
    question: Question | None,
    before: Setup | None,
    faults: list[Fault],
) -> CaseTable:
    if not sent.table:
        if before is None:
            faults.append(Fault("case list", "is missing", remedy="choose a table of cases"))
            return CaseTable((), ())
        if before.question != sent.question:
            remedy = "give the case list again, so that its truth is read for this question"
            faults.append(Fault("question", "is another one", remedy=remedy))
        return CaseTable(before.cases, before.left_out)
    if question is None:
        return CaseTable((), ())
    try:
        return read_cases(sent.table, sent.table_name, question, room.models.in_use(session))
    except InputError as error:
        faults += error.faults
        return CaseTable((), ())


def _check_orders(
    seed: int, readers: Sequence[StudyReader], cases: Sequence[Case], faults: list[Fault]
) -> None:
    if not readers or not cases:
        return
    try:
        reading_orders(seed, [reader.name for reader in readers], [case.case for case in cases])
    except ValueError:
        needed = SESSIONS * len(readers)
        remedy = f"give more cases, so that there are {needed} different orders"
        faults.append(Fault("case list", "has too few cases for so many readers", remedy=remedy))


def _readers(session: Session, sent: SentSetup, faults: list[Fault]) -> tuple[StudyReader, ...]:
    known = {account.name: account for account in readers_to_choose(session)}
    chosen = tuple(dict.fromkeys(sent.readers))
    if not 1 <= len(chosen) <= MOST_READERS:
        faults.append(Fault("readers", "choose who reads", allowed=f"1 to {MOST_READERS}"))
    if any(name not in known for name in chosen):
        faults.append(Fault("readers", "somebody is no reader", allowed="open accounts of readers"))
        return ()
    found = []
    for name in chosen:
        text = sent.experience.get(name, "").strip()
        if text:
            _text(text, f"experience of {name}", LONGEST_EXPERIENCE, faults)
        found.append(StudyReader(known[name].id, name, text))
    return tuple(found)


def _text(text: str, where: str, longest: int, faults: list[Fault]) -> str:
    text = " ".join(text.split())
    if not text or len(text) > longest or not text.isprintable():
        faults.append(Fault(where, "cannot be this", allowed=f"1 to {longest} signs"))
    return text


def _whole(text: str, where: str, low: int, high: int, faults: list[Fault]) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high:
        return int(text)
    faults.append(Fault(where, "is not such a number", allowed=f"{low} to {high}"))
    return low


def keep_new_study(room: Room, session: Session, visitor: Visitor, setup: Setup) -> int:
    """A new draft; its number."""
    now = room.now()
    study = ReaderStudy(created_by=visitor.account_id, created_at=now)
    session.add(study)
    session.flush()
    session.add(StudyDraft(study_id=study.id, content=setup_as_text(setup)))
    _note(room, session, visitor, study.id, "study drafted", setup)
    return study.id


def revision(setup: Setup) -> str:
    """What a draft is: a form that was made from another one is stale."""
    return hashlib.sha256(setup_as_text(setup).encode("utf-8")).hexdigest()


def keep_change(
    room: Room, session: Session, visitor: Visitor, study: Study, setup: Setup, seen: str
) -> None:
    """The draft of revision ``seen`` becomes this one; images of cases that went go too.

    ConflictError where the draft is another one by now, or the study was opened.
    """
    now = revision(study.must_be_draft())
    if now == revision(setup):  # sent twice
        return
    if now != seen:
        remedy = "compare, and keep what stands here in its place, or leave it"
        raise ConflictError([Fault("study", "was changed by somebody else meanwhile", remedy=remedy)])
    session.get_one(StudyDraft, study.number).content = setup_as_text(setup)
    kept = [case.case for case in setup.cases]
    own = StudyImage.study_id == study.number
    session.execute(delete(StudyImage).where(own, StudyImage.case.not_in(kept)))
    _note(room, session, visitor, study.number, "study changed", setup)


def _note(room: Room, session: Session, visitor: Visitor, number: int, action: str, setup: Setup) -> None:
    counts = {"cases": len(setup.cases), "readers": len(setup.readers)}
    record(session, room.now(), visitor.name, action, f"study {number}", **counts)


def case_of_file(name: str, cases: Sequence[str]) -> str:
    """The case that a file's name begins with (``CASE.png`` or ``CASE_any.png``); empty where none does.

    >>> case_of_file("BR-1_2_axial.png", ["BR-1", "BR-1_2"]), case_of_file("BR-12.png", ["BR-1"])
    ('BR-1_2', '')
    """
    stem = PurePath(name.replace("\\", "/")).stem
    fitting = [case for case in cases if stem == case or stem.startswith(f"{case}_")]
    return max(fitting, key=len, default="")


def add_images(
    room: Room, session: Session, visitor: Visitor, study: Study, found: Sequence[tuple[str, Encoded]]
) -> None:
    """Images after those that their cases have. InputError, and nothing kept, where a case would get too many."""
    study.must_be_draft()
    faults = []
    for case, image in found:
        own = (StudyImage.study_id == study.number, StudyImage.case == case)
        last = session.scalar(select(func.max(StudyImage.place)).where(*own)) or 0
        if last == MOST_OF_CASE:
            faults.append(Fault(case, "has too many images", allowed=f"at most {MOST_OF_CASE}"))
            break
        session.add(
            StudyImage(
                study_id=study.number,
                case=case,
                place=last + 1,
                media=image.media,
                width=image.width,
                height=image.height,
                sha256=image.sha256,
                content=image.content,
            )
        )
        session.flush()
    if faults:
        raise InputError(faults)
    record(session, room.now(), visitor.name, "study images added", f"study {study.number}", count=len(found))


def remove_images(room: Room, session: Session, visitor: Visitor, study: Study, case: str) -> None:
    """All images of a case are gone from the database. ConflictError where the study was opened."""
    study.must_be_draft()
    own = (StudyImage.study_id == study.number, StudyImage.case == case)
    count = session.scalar(select(func.count()).select_from(StudyImage).where(*own)) or 0
    session.execute(delete(StudyImage).where(*own))
    record(session, room.now(), visitor.name, "study images removed", f"study {study.number}", count=count)
