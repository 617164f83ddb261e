"""Tables of what pathology found, of the examination, and of the scanners there are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from her2mri.web.database.tables import Account, Base, Lesion, Name, StoredAnswer


class Scanner(Base):
    """A scanner by its code, for the list to choose from; closed, never removed."""

    __tablename__ = "scanners"

    code: Mapped[str] = mapped_column(Name, primary_key=True)
    is_open: Mapped[bool] = mapped_column(default=True)


class Pathology(Base):
    """What pathology found: never changed, followed by a later revision. All empty: withdrawn.

    ``answer_id`` is the answer that stood when the lesion's first report came; ``status`` is what the label rule
    makes of the report, and empty while it can say nothing.
    """

    __tablename__ = "pathology"
    __table_args__ = (UniqueConstraint("lesion_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lesion_id: Mapped[int] = mapped_column(ForeignKey(Lesion.id))
    revision: Mapped[int]
    answer_id: Mapped[int] = mapped_column(ForeignKey(StoredAnswer.id))
    her2_ihc: Mapped[str | None] = mapped_column(Name)
    her2_ish: Mapped[str | None] = mapped_column(Name)
    status: Mapped[str | None] = mapped_column(Name)
    label_rule: Mapped[str] = mapped_column(Name)
    entered_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    entered_at: Mapped[datetime]

    who: Mapped[Account] = relationship()


class Examination(Base):
    """The scanner's code, the month (``2026-03``) and the patient's code: never changed, followed by a revision."""

    __tablename__ = "examinations"
    __table_args__ = (UniqueConstraint("lesion_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lesion_id: Mapped[int] = mapped_column(ForeignKey(Lesion.id))
    revision: Mapped[int]
    scanner: Mapped[str | None] = mapped_column(Name)
    month: Mapped[str | None] = mapped_column(String(7))
    patient: Mapped[str | None] = mapped_column(Name)
    entered_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    entered_at: Mapped[datetime]
