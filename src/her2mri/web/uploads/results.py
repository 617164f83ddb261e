"""What came of a table: how far scoring is, each lesion's answer, page by page, and all of them as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from her2mri.web.database.tables import Account, Lesion, StoredAnswer
from her2mri.web.database.uploads_tables import Upload, UploadedRow
from her2mri.web.lesions.display import Listed, listed
from her2mri.web.lesions.export import csv_lines
from her2mri.web.lesions.finding import PER_PAGE, FoundAnswer
from her2mri.web.uploads.keeping import Progress, progress_of


@dataclass(frozen=True)
class Results:
    """One page of a table's lesions. ``failed``: rows that have no answer, each with why; ``left_out``: rows."""

    number: int
    uploaded_at: datetime
    scored_at: datetime | None
    version: int
    progress: Progress
    rows: tuple[Listed, ...]
    failed: tuple[tuple[int, str], ...]
    left_out: tuple[int, ...]
    page: int
    pages: int

    @property
    def notices(self) -> tuple[str, ...]:
        """What must be said wherever these answers are shown."""
        return tuple(dict.fromkeys(row.notice for row in self.rows if row.notice))


def results_of(session: Session, upload: Upload, page: int) -> Results:
    """A page of the lesions that are answered so far."""
    progress = progress_of(session, upload)
    pages = max(1, -(-progress.answered // PER_PAGE))
    page = min(max(page, 1), pages)
    answers = session.scalars(_answers(upload).limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    in_table = select(UploadedRow).where(UploadedRow.upload_id == upload.id).order_by(UploadedRow.row)
    failed = session.scalars(in_table.where(UploadedRow.problem != ""))
    left_out = session.scalars(in_table.where(UploadedRow.left_out))
    return Results(
        upload.id,
        upload.uploaded_at,
        upload.scored_at,
        upload.version,
        progress,
        tuple(listed(_found(answer)) for answer in answers),
        tuple((row.row, row.problem) for row in failed),
        tuple(row.row for row in left_out),
        page,
        pages,
    )


def csv_of(session: Session, upload: Upload) -> Iterator[str]:
    """A header, then a line for each lesion that is answered."""
    yield from csv_lines(session.scalars(_answers(upload).execution_options(yield_per=500)))


def _found(answer: StoredAnswer) -> FoundAnswer:
    lesion = answer.lesion
    return FoundAnswer(
        lesion.id, lesion.pseudonym, lesion.owner.name, answer.revision, answer.answered_at, answer.output
    )


def _answers(upload: Upload) -> Select[StoredAnswer]:
    """The answers that scoring gave, which are the first of their lesions, in the order of the rows."""
    return (
        select(StoredAnswer)
        .join(Lesion, StoredAnswer.lesion_id == Lesion.id)
        .join(Account, Lesion.owner_id == Account.id)
        .join(UploadedRow, UploadedRow.lesion_id == Lesion.id)
        .where(UploadedRow.upload_id == upload.id, StoredAnswer.revision == 1)
        .order_by(UploadedRow.row)
        .options(contains_eager(StoredAnswer.lesion).contains_eager(Lesion.owner))
    )
