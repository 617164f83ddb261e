"""Tables of what was measured from images. The images themselves are never in the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from her2mri.web.database.tables import Account, Base, Hash, StoredAnswer


class Measurement(Base):
    """What was measured once, as canonical JSON: measures, settings, hashes of images and region."""

    __tablename__ = "measurements"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Hash)
    measured_at: Mapped[datetime]


class MeasuredAnswer(Base):
    """A stored answer some of whose inputs were measured so."""

    __tablename__ = "measured_answers"

    answer_id: Mapped[int] = mapped_column(ForeignKey(StoredAnswer.id), primary_key=True)
    measurement_id: Mapped[int] = mapped_column(ForeignKey(Measurement.id))
