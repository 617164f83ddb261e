"""Tables of the updates that were proposed and decided on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from her2mri.web.database.tables import Account, Base, FrozenModel, ModelInUse, Name


class UpdateProposal(Base):
    """A model updated on the room's lesions, proposed to follow ``model_id``; never changed.

    ``parent_sha256`` and ``sha256`` are its parent and itself; ``comparison`` is canonical JSON: what was seen before
    and after when it was proposed.
    """

    __tablename__ = "update_proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey(ModelInUse.id))
    method: Mapped[str] = mapped_column(Name)
    parent_sha256: Mapped[str] = mapped_column(ForeignKey(FrozenModel.sha256))
    sha256: Mapped[str] = mapped_column(ForeignKey(FrozenModel.sha256))
    comparison: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    proposed_at: Mapped[datetime]

    who: Mapped[Account] = relationship()


class UpdateDecision(Base):
    """What an administrator decided of a proposal, once."""

    __tablename__ = "update_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey(UpdateProposal.id), unique=True)
    is_accepted: Mapped[bool]
    decided_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    decided_at: Mapped[datetime]

    who: Mapped[Account] = relationship()
