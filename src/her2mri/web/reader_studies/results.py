"""What came out of a closed study: the reads and the truth as ``her2mri readers`` takes them."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.web.database.reader_study_tables import CaseRead, CaseShowing
from her2mri.web.reader_studies.finding import Study
from her2mri.web.reader_studies.setup import ARMS, FrozenCase, FrozenStudy, StudyReader

READ_COLUMNS: Final = (
    "reader", "experience", "case", "patient", "arm", "session", "order", "date", "call", "confidence",
    "seconds", "shown_at", "answered_at", "times_shown",
)  # fmt: skip
"""Those of a reads file; the last three say where ``seconds`` comes from, and are not read."""

Key = tuple[int, int, int]
"""Reader's account, session, place."""


@dataclass(frozen=True)
class ReadCase:
    """One read with its case and the times of the server."""

    reader: StudyReader
    case: FrozenCase
    session: int
    place: int
    call: str
    confidence: int
    shown_at: datetime
    answered_at: datetime
    times_shown: int

    @property
    def arm(self) -> str:
        """``unaided`` or ``aided``."""
        return ARMS[self.session - 1]

    @property
    def is_right(self) -> bool:
        """Whether the call is the truth."""
        return self.call == self.case.truth

    @property
    def elapsed(self) -> float:
        """Seconds from the first time the case was shown to the answer."""
        return (self.answered_at - self.shown_at).total_seconds()

    @property
    def seconds(self) -> float | None:
        """The reading time; None where the page was opened again, so that nobody knows how long was read."""
        return self.elapsed if self.times_shown == 1 and self.elapsed > 0 else None


def reads_of_study(session: Session, study: Study) -> list[ReadCase]:
    """Every read, by reader, session and place."""
    frozen = study.frozen
    assert frozen is not None
    shown = _showings(session, study.number)
    query = select(CaseRead).where(CaseRead.study_id == study.number)
    rows = session.scalars(query.order_by(CaseRead.session, CaseRead.place)).all()
    found = []
    for reader in frozen.readers:
        for row in rows:
            if row.reader_id == reader.account:
                times = shown[row.reader_id, row.session, row.place]
                found.append(_read(frozen, reader, row, times))
    return found


def _showings(session: Session, number: int) -> dict[Key, list[datetime]]:
    found: dict[Key, list[datetime]] = defaultdict(list)
    query = select(CaseShowing).where(CaseShowing.study_id == number).order_by(CaseShowing.id)
    for row in session.scalars(query):
        found[row.reader_id, row.session, row.place].append(row.shown_at)
    return found


def _read(frozen: FrozenStudy, reader: StudyReader, row: CaseRead, times: list[datetime]) -> ReadCase:
    return ReadCase(
        reader=reader,
        case=frozen.case_at(reader, row.session, row.place),
        session=row.session,
        place=row.place,
        call=row.call,
        confidence=row.confidence,
        shown_at=times[0],
        answered_at=row.answered_at,
        times_shown=len(times),
    )


def reads_csv(reads: Iterable[ReadCase]) -> str:
    """The reads table."""
    return _csv(READ_COLUMNS, (_cells(read) for read in reads))


def _cells(read: ReadCase) -> Iterator[object]:
    yield from (read.reader.name, read.reader.experience, read.case.case, read.case.patient, read.arm)
    yield from (read.session, read.place, read.answered_at.date().isoformat(), read.call, read.confidence)
    yield "" if read.seconds is None else f"{read.seconds:.3f}"
    for at in (read.shown_at, read.answered_at):
        yield f"{at.isoformat(timespec='milliseconds')}Z"
    yield read.times_shown


def truth_csv(frozen: FrozenStudy, outcome: str) -> str:
    """The truth of the cases, as a lesion table."""
    rows = ((case.case, case.patient, case.truth) for case in frozen.cases)
    return _csv(("lesion_id", "patient_id", outcome), rows)


def _csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Texts are pseudonyms, levels and names of accounts; what a researcher typed is kept from being a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return buffer.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell
