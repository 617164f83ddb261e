"""Studies as they stand: a draft, open or closed; and which of them a reader reads in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.errors import Fault
from her2mri.web.database.reader_study_tables import (
    ClosedStudy,
    OpenedStudy,
    ReaderStudy,
    StudyDraft,
    StudyImage,
)
from her2mri.web.lesions.given import ConflictError
from her2mri.web.reader_studies.setup import FrozenStudy, Setup, frozen_of_text, setup_of_text

LARGEST_NUMBER: Final = 2**31 - 1


@dataclass(frozen=True)
class Study:
    """A study with its set-up: ``draft`` before it is opened, ``frozen`` from then on."""

    number: int
    created_by: str
    draft: Setup | None
    frozen: FrozenStudy | None
    sha256: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def state(self) -> str:
        """In one word."""
        if self.frozen is None:
            return "draft"
        return "open" if self.closed_at is None else "closed"

    @property
    def setup(self) -> Setup | FrozenStudy:
        """What both have in common."""
        found = self.draft or self.frozen
        assert found is not None
        return found

    def must_be_draft(self) -> Setup:
        """The draft; ConflictError where the study was opened."""
        if self.draft is None:
            remedy = "nothing of its set-up can be changed"
            raise ConflictError([Fault("study", "was opened", remedy=remedy)])
        return self.draft

    def must_be_open(self) -> FrozenStudy:
        """The frozen set-up; ConflictError where nobody may read now."""
        if self.frozen is None:
            raise ConflictError([Fault("study", "is not open yet")])
        if self.closed_at is not None:
            raise ConflictError([Fault("study", "is closed", remedy="nothing can be read in it any more")])
        return self.frozen


def find_study(session: Session, number: int) -> Study | None:
    """The study of that number, if there is one."""
    if not 0 < number <= LARGEST_NUMBER:
        return None
    row = session.get(ReaderStudy, number)
    return None if row is None else _study(session, row)


def all_studies(session: Session) -> list[Study]:
    """Every study, the last first."""
    rows = session.scalars(select(ReaderStudy).order_by(ReaderStudy.id.desc()))
    return [_study(session, row) for row in rows]


def studies_of_reader(session: Session, account: int) -> list[Study]:
    """The studies that were opened with this reader in them, the last first."""
    return [
        study
        for study in all_studies(session)
        if study.frozen is not None and study.frozen.reader(account) is not None
    ]


def images_of(session: Session, number: int) -> list[StudyImage]:
    """The images of a study, without their content, by case and place."""
    query = select(StudyImage).where(StudyImage.study_id == number)
    return list(session.scalars(query.order_by(StudyImage.case, StudyImage.place)))


def _study(session: Session, row: ReaderStudy) -> Study:
    opened = session.get(OpenedStudy, row.id)
    by = row.creator.name
    if opened is None:
        draft = session.get_one(StudyDraft, row.id)
        return Study(row.id, by, setup_of_text(draft.content), None)
    closed = session.get(ClosedStudy, row.id)
    return Study(
        row.id,
        by,
        None,
        frozen_of_text(opened.content, opened.sha256),
        opened.sha256,
        opened.opened_at,
        None if closed is None else closed.closed_at,
    )
