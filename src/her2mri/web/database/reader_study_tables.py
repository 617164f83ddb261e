"""The tables of reader studies: a draft may change; what was opened, shown, read and closed only grows."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from her2mri.web.database.tables import Account, Base, Hash, Name


class ReaderStudy(Base):
    """A reader study, whatever state it is in: a draft, open, or closed."""

    __tablename__ = "reader_studies"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    created_at: Mapped[datetime]

    creator: Mapped[Account] = relationship()


class StudyDraft(Base):
    """The set-up of a study that is not open yet, as canonical JSON; removed when the study is opened."""

    __tablename__ = "study_drafts"

    study_id: Mapped[int] = mapped_column(ForeignKey(ReaderStudy.id), primary_key=True)
    content: Mapped[str] = mapped_column(Text)


class StudyImage(Base):
    """One image of a case, as we encoded it. From the moment its study is open it stays as it is."""

    __tablename__ = "study_images"
    __table_args__ = (UniqueConstraint("study_id", "case", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(ReaderStudy.id))
    case: Mapped[str] = mapped_column(Name)
    place: Mapped[int]
    media: Mapped[str] = mapped_column(Name)
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str] = mapped_column(Hash)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class OpenedStudy(Base):
    """The frozen set-up of a study as canonical JSON; ``sha256`` is of that very text."""

    __tablename__ = "opened_studies"

    study_id: Mapped[int] = mapped_column(ForeignKey(ReaderStudy.id), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Hash)
    opened_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    opened_at: Mapped[datetime]


class ClosedStudy(Base):
    """From then on nobody reads in the study, and what was read may be seen."""

    __tablename__ = "closed_studies"

    study_id: Mapped[int] = mapped_column(ForeignKey(ReaderStudy.id), primary_key=True)
    closed_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    closed_at: Mapped[datetime]


class CaseShowing(Base):
    """One time that a reader was shown the page of a case; ``place`` is that in their own order, from 1."""

    __tablename__ = "case_showings"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(ReaderStudy.id), index=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    session: Mapped[int]
    place: Mapped[int]
    shown_at: Mapped[datetime]


class CaseRead(Base):
    """One read: exactly one a reader, session and case. ``call`` is a level, ``confidence`` 0 to 100 in it."""

    __tablename__ = "case_reads"
    __table_args__ = (UniqueConstraint("study_id", "reader_id", "session", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(ReaderStudy.id))
    reader_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    session: Mapped[int]
    place: Mapped[int]
    call: Mapped[str] = mapped_column(String(32))
    confidence: Mapped[int]
    answered_at: Mapped[datetime]


STUDY_APPEND_ONLY: Final = (
    "reader_studies", "opened_studies", "closed_studies", "case_showings", "case_reads",
)  # fmt: skip
"""Tables whose rows the database itself refuses to change or remove."""
