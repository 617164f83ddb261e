"""Updates: proposed by a researcher, signed off or declined by an administrator, in use from then on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.bundle import Bundle
from her2mri.bundle.canonical import canonical
from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Account, FrozenModel
from her2mri.web.database.update_tables import UpdateDecision, UpdateProposal
from her2mri.web.lesions.given import ConflictError
from her2mri.web.lesions.models import put_in_use
from her2mri.web.monitoring.updating import Updated
from her2mri.web.people.sessions import Visitor
from her2mri.web.people.sign_in import count_failure
from her2mri.web.room import Room


@dataclass(frozen=True)
class Proposal:
    """A proposal as the pages show it. ``decided`` is empty while nobody has decided."""

    number: int
    model: int
    bundle: Bundle
    parent: str
    method: str
    comparison: dict[str, Any]
    by: str
    at: datetime
    decided: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


def propose(
    room: Room, session: Session, visitor: Visitor, model: int, parent: Bundle, method: str, made: Updated
) -> int:
    """Keep an update that was computed while ``model`` was in use; the number of the proposal.

    Raises ConflictError where another model is in use now.
    """
    _require_in_use(room, session, model)
    now = room.now()
    if session.get(FrozenModel, made.bundle.sha256) is None:
        content = made.bundle.dumps().decode("utf-8")
        session.add(
            FrozenModel(sha256=made.bundle.sha256, task=made.bundle.task.name, content=content, stored_at=now)
        )
        session.flush()
    row = UpdateProposal(
        model_id=model,
        method=method,
        parent_sha256=parent.sha256,
        sha256=made.bundle.sha256,
        comparison=canonical(made.comparison),
        proposed_by=visitor.account_id,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    record(session, now, visitor.name, "update proposed", f"proposal {row.id}", bundle=made.bundle.sha256)
    return row.id


def proposals(session: Session) -> list[Proposal]:
    """All there are, the latest first."""
    rows = session.scalars(select(UpdateProposal).order_by(UpdateProposal.id.desc()))
    return [_shown(session, row) for row in rows]


def proposal(session: Session, number: int) -> Proposal | None:
    """One of them; None where it does not exist."""
    row = session.get(UpdateProposal, number) if 0 < number < 2**31 else None
    return None if row is None else _shown(session, row)


def decide(room: Room, visitor: Visitor, number: int, password: str, *, accept: bool) -> None:
    """An administrator's decision, with their password; what is accepted is in use from then on.

    Raises InputError where the password does not fit or the visitor proposed it, and ConflictError where it was
    decided already or another model is in use than the one that it was made for.
    """
    _check_password(room, visitor, password)
    with room.database.writing() as session:
        row = session.get_one(UpdateProposal, number)
        if row.proposed_by == visitor.account_id:
            remedy = "another administrator signs it off"
            raise InputError([Fault("proposal", "is your own", remedy=remedy)])
        if session.scalar(select(UpdateDecision.id).where(UpdateDecision.proposal_id == number)) is not None:
            raise ConflictError([Fault("proposal", "was decided on meanwhile", remedy="look at it again")])
        now = room.now()
        if accept:
            _require_in_use(room, session, row.model_id)
        session.add(
            UpdateDecision(
                proposal_id=number, is_accepted=accept, decided_by=visitor.account_id, decided_at=now
            )
        )
        session.flush()
        action = "update signed off" if accept else "update declined"
        record(session, now, visitor.name, action, f"proposal {number}", bundle=row.sha256)
        if accept:
            put_in_use(session, now, visitor.name, _bundles(room, session, row))


def _check_password(room: Room, visitor: Visitor, password: str) -> None:
    """Raise InputError unless it fits; wrong ones count as those of signing in do, and lock the account."""
    with room.database.reading() as session:
        account = session.get_one(Account, visitor.account_id)
        kept, locked = account.password, account.locked_until
    if locked is not None and room.now() < locked:
        raise InputError([Fault("password", "is locked for some minutes after wrong ones")])
    fits = room.passwords.fits(kept, password)
    with room.database.writing() as session:
        account = session.get_one(Account, visitor.account_id)
        if fits:
            account.failures = 0
        else:
            count_failure(session, room.now(), account, room, "sign-off refused")
    if not fits:
        raise InputError([Fault("password", "does not fit")])


def _bundles(room: Room, session: Session, row: UpdateProposal) -> Sequence[Bundle]:
    """Those in use, the parent replaced."""
    new = _bundle(session, row.sha256)
    return [
        new if bundle.sha256 == row.parent_sha256 else bundle
        for bundle in room.models.numbered(session, row.model_id).bundles
    ]


def _bundle(session: Session, sha256: str) -> Bundle:
    content = session.get_one(FrozenModel, sha256).content
    return Bundle.loads(content.encode("utf-8"), where="database")


def _require_in_use(room: Room, session: Session, model: int) -> None:
    if room.models.in_use(session).id != model:
        remedy = "compute the update again from the model in use"
        raise ConflictError([Fault("model", "another one has come into use since", remedy=remedy)])


def _shown(session: Session, row: UpdateProposal) -> Proposal:
    decision = session.scalar(select(UpdateDecision).where(UpdateDecision.proposal_id == row.id))
    decided: dict[str, Any] = {}
    if decision is not None:
        word = "signed off" if decision.is_accepted else "declined"
        decided = {"decided": word, "decided_by": decision.who.name, "decided_at": decision.decided_at}
    return Proposal(
        number=row.id,
        model=row.model_id,
        bundle=_bundle(session, row.sha256),
        parent=row.parent_sha256,
        method=row.method,
        comparison=json.loads(row.comparison),
        by=row.who.name,
        at=row.proposed_at,
        **decided,
    )
