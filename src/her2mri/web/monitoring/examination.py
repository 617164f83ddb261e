"""Of the examination only what monitoring needs: a scanner's code, a month, and whose lesions belong together."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Lesion
from her2mri.web.database.truth_tables import Examination, Scanner
from her2mri.web.lesions.given import ConflictError
from her2mri.web.lesions.pseudonym import pseudonym_fault
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,31}")


@dataclass(frozen=True)
class Facts:
    """Of one examination; empty text: not known."""

    scanner: str = ""
    month: str = ""
    patient: str = ""


def read_facts(session: Session, today: str, scanner: str, month: str, patient: str) -> Facts:
    """The facts that were typed; ``today`` is the month that it is. InputError with every fault."""
    facts = Facts(scanner.strip(), month.strip(), patient.strip())
    faults = []
    if facts.scanner and facts.scanner not in open_scanners(session):
        remedy = "an administrator keeps the list"
        faults.append(Fault("scanner", "is not on the list", remedy=remedy))
    if facts.month and not (_MONTH.fullmatch(facts.month) and facts.month <= today):
        faults.append(Fault("month", "cannot be the month of an examination", allowed=f"2000-01 to {today}"))
    if facts.patient and (fault := pseudonym_fault(facts.patient)):
        faults.append(Fault("patient", fault.problem, allowed=fault.allowed))
    if faults:
        raise InputError(faults)
    return facts


def examinations_of(session: Session, lesion: Lesion) -> list[Examination]:
    """Every revision, the latest first."""
    query = select(Examination).where(Examination.lesion_id == lesion.id)
    return list(session.scalars(query.order_by(Examination.revision.desc())))


def facts_of(stored: Examination | None) -> Facts:
    """What is stored."""
    if stored is None:
        return Facts()
    return Facts(stored.scanner or "", stored.month or "", stored.patient or "")


def keep_facts(
    room: Room, session: Session, visitor: Visitor, lesion: Lesion, after: int, facts: Facts
) -> Examination:
    """The next revision, ``after`` the one that the visitor saw; raises as ``keep_report`` does."""
    earlier = examinations_of(session, lesion)
    last = earlier[0] if earlier else None
    if (last.revision if last else 0) != after:
        remedy = "look at it before you correct it"
        raise ConflictError([Fault("revision", "the examination was changed meanwhile", remedy=remedy)])
    if facts == facts_of(last):
        raise InputError([Fault("examination", "is what is stored already")])
    scanner, month, patient = (text or None for text in astuple(facts))
    kept = Examination(
        lesion_id=lesion.id,
        revision=after + 1,
        scanner=scanner,
        month=month,
        patient=patient,
        entered_by=visitor.account_id,
        entered_at=room.now(),
    )
    session.add(kept)
    session.flush()
    place = f"lesion {lesion.id}"
    record(session, kept.entered_at, visitor.name, "examination entered", place, revision=kept.revision)
    return kept


def scanners(session: Session) -> list[Scanner]:
    """All of the list, the open ones first."""
    return list(session.scalars(select(Scanner).order_by(Scanner.is_open.desc(), Scanner.code)))


def open_scanners(session: Session) -> list[str]:
    """The codes to choose from."""
    return [scanner.code for scanner in scanners(session) if scanner.is_open]


def set_scanner(room: Room, session: Session, visitor: Visitor, code: str, *, is_open: bool) -> None:
    """Put a code on the list, or take it off for what comes; InputError where it cannot be one."""
    code = code.strip()
    if not _CODE.fullmatch(code):
        allowed = "1 to 32 letters, digits, dots, hyphens and underscores, such as MR1-3T"
        raise InputError([Fault("scanner", "cannot be a code", allowed=allowed)])
    known = session.get(Scanner, code)
    if known is None and not is_open:
        raise InputError([Fault("scanner", "is not on the list")])
    if known is None:
        session.add(Scanner(code=code, is_open=True))
    else:
        known.is_open = is_open
    session.flush()
    record(session, room.now(), visitor.name, "scanner added" if is_open else "scanner closed", code)
