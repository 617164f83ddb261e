"""The tables. Times are UTC without a zone; JSON is canonical text, so that the same digits come back."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMING: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Hash = String(64)
Name = String(32)


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMING)


class Account(Base):
    """Someone who may sign in. ``password`` is argon2's encoded hash; accounts are closed, never removed."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Name, unique=True)
    role: Mapped[str] = mapped_column(Name)
    password: Mapped[str] = mapped_column(Text)
    is_open: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignIn(Base):
    """A session, known by the hash of what the cookie holds: who reads the database cannot sign in with it."""

    __tablename__ = "sign_ins"

    token_sha256: Mapped[str] = mapped_column(Hash, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    form_token: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    account: Mapped[Account] = relationship()


class FailedSignIn(Base):
    """One attempt from an address that failed; kept only as long as it counts."""

    __tablename__ = "failed_sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Base):
    """One thing that was done. ``at`` is text because it is hashed to the letter."""

    __tablename__ = "audit_entries"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(Name)
    who: Mapped[str] = mapped_column(Name, index=True)
    action: Mapped[str] = mapped_column(Name)
    subject: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(Hash, unique=True)
    sha256: Mapped[str] = mapped_column(Hash)


class FrozenModel(Base):
    """A bundle, whole, as its canonical text."""

    __tablename__ = "frozen_models"

    sha256: Mapped[str] = mapped_column(Hash, primary_key=True)
    task: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime]


class ModelInUse(Base):
    """One or two bundles that answered from then on, until a later row: nothing here is changed."""

    __tablename__ = "models_in_use"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_sha256: Mapped[str] = mapped_column(ForeignKey(FrozenModel.sha256))
    second_sha256: Mapped[str | None] = mapped_column(ForeignKey(FrozenModel.sha256))
    since: Mapped[datetime]
    put_by: Mapped[str] = mapped_column(Name)


class Lesion(Base):
    """A lesion as one reader calls it. Two readers may read the same lesion, each for themselves."""

    __tablename__ = "lesions"
    __table_args__ = (UniqueConstraint("owner_id", "pseudonym"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    pseudonym: Mapped[str] = mapped_column(Name, index=True)
    created_at: Mapped[datetime]

    owner: Mapped[Account] = relationship()


class StoredAnswer(Base):
    """What the model said of a lesion as it was given then: never changed, followed by a later revision."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("lesion_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lesion_id: Mapped[int] = mapped_column(ForeignKey(Lesion.id))
    revision: Mapped[int]
    model_id: Mapped[int] = mapped_column(ForeignKey(ModelInUse.id))
    inputs: Mapped[str] = mapped_column(Text)
    prevalence: Mapped[str] = mapped_column(Text)
    output: Mapped[str] = mapped_column(Text)
    software: Mapped[str] = mapped_column(Name)
    answered_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    answered_at: Mapped[datetime]

    lesion: Mapped[Lesion] = relationship()
    model: Mapped[ModelInUse] = relationship()
    reader: Mapped[Account] = relationship()


APPEND_ONLY: Final = (
    "audit_entries",
    "frozen_models",
    "models_in_use",
    "answers",
    "pathology",
    "examinations",
    "update_proposals",
    "update_decisions",
    "measurements",
    "measured_answers",
)
"""Tables whose rows the database itself refuses to change or remove."""
