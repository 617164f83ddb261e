"""Tables that were uploaded, until they are scored: what was typed is kept no longer than it is needed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from her2mri.web.database.tables import Account, Base, Lesion, ModelInUse, Name


class Upload(Base):
    """One table. ``version`` grows with each change; ``model_id`` is set when scoring begins and stays."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    name: Mapped[str] = mapped_column(Name)
    columns: Mapped[str] = mapped_column(Text)
    decimal_comma: Mapped[bool]
    said: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    model_id: Mapped[int | None] = mapped_column(ForeignKey(ModelInUse.id))
    uploaded_at: Mapped[datetime]
    scoring_since: Mapped[datetime | None]
    scored_at: Mapped[datetime | None]


class UploadedRow(Base):
    """One lesion of a table: ``typed`` until scoring begins, then ``inputs`` until it is answered, then neither.

    ``lesion_id``: under which it is kept, once answered; ``problem``: why it could not be.
    """

    __tablename__ = "uploaded_rows"

    upload_id: Mapped[int] = mapped_column(ForeignKey(Upload.id), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    left_out: Mapped[bool] = mapped_column(default=False)
    typed: Mapped[str] = mapped_column(Text)
    pseudonym: Mapped[str] = mapped_column(Name, default="")
    inputs: Mapped[str] = mapped_column(Text, default="")
    lesion_id: Mapped[int | None] = mapped_column(ForeignKey(Lesion.id), unique=True)
    problem: Mapped[str] = mapped_column(Text, default="")
