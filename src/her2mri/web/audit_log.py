"""The audit log: it only grows, and each entry holds the hash of the one before it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.bundle.canonical import canonical, digest
from her2mri.web.database.tables import AuditEntry

FIRST: Final = "0" * 64
"""What the first entry names as the one before it."""

_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class ChainCheck:
    """What a check found: how many entries there are, the hash of the last, and the first that is wrong."""

    entries: int
    last_sha256: str
    broken_at: int | None = None
    problem: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every entry is as it was written, and none is missing between two others."""
        return self.broken_at is None


def record(
    session: Session, at: datetime, who: str, action: str, subject: str = "", **detail: str | int
) -> None:
    """Add an entry to a transaction that writes. It may hold no value of a patient: numbers of rows, not pseudonyms."""
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).first()
    entry = AuditEntry(
        number=1 if last is None else last.number + 1,
        at=f"{at.isoformat(timespec='milliseconds')}Z",
        who=who,
        action=action,
        subject=subject,
        detail=canonical(detail),
        previous=FIRST if last is None else last.sha256,
    )
    entry.sha256 = _hash(entry)
    session.add(entry)
    session.flush()


def check_chain(session: Session) -> ChainCheck:
    """Every entry from the first on. What was cut off at the end shows only against a hash noted earlier."""
    query = select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=_AT_ONCE)
    count, last = 0, FIRST
    with closing(session.scalars(query)) as entries:
        for entry in entries:
            count += 1
            if problem := _problem(entry, count, last):
                return ChainCheck(count, last, count, problem)
            last = entry.sha256
    return ChainCheck(count, last)


def _problem(entry: AuditEntry, count: int, last: str) -> str:
    if entry.number != count:
        return f"entry {count} is missing"
    if entry.previous != last:
        return f"entry {count} does not follow the one before it"
    return "" if entry.sha256 == _hash(entry) else f"entry {count} was changed"


def holds(session: Session, sha256: str) -> bool:
    """Whether an entry has this hash, or one that begins so (16 signs at least)."""
    if len(sha256) < 16 or not sha256.isalnum():
        return False
    return session.scalar(select(AuditEntry.number).where(AuditEntry.sha256.startswith(sha256))) is not None


def _hash(entry: AuditEntry) -> str:
    parts = ("number", "at", "who", "action", "subject", "detail", "previous")
    return digest({part: getattr(entry, part) for part in parts})
