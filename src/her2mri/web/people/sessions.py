"""Sessions: a random token in a cookie, its hash in the database, and two ways to expire."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, delete, or_, select
from sqlalchemy.orm import Session

from her2mri.web.database.tables import Account, SignIn
from her2mri.web.people.roles import MAY, Permission, Role
from her2mri.web.settings import Settings

_NOTED_EVERY: Final = timedelta(minutes=1)
_BY_TOKEN: Final = (  # built once: every page asks it
    select(
        SignIn.token_sha256,
        SignIn.account_id,
        SignIn.form_token,
        SignIn.started_at,
        SignIn.seen_at,
        Account.name,
        Account.role,
        Account.is_open,
        Account.must_change_password,
    )
    .join(Account, SignIn.account_id == Account.id)
    .where(SignIn.token_sha256 == bindparam("token"))
)


@dataclass(frozen=True)
class Visitor:
    """Who asks for a page."""

    account_id: int
    name: str
    role: Role
    form_token: str
    token_sha256: str
    must_change_password: bool
    seen_at: datetime

    def may(self, permission: Permission) -> bool:
        """Whether their role allows it; before a password of their own is set, nothing is."""
        return permission in MAY[self.role]

    def is_to_note(self, now: datetime) -> bool:
        """Whether the time of this visit is worth writing down: about once a minute."""
        return now - self.seen_at >= _NOTED_EVERY


def start_session(session: Session, at: datetime, account: Account) -> str:
    """A new session; what the cookie will hold. A token that came from outside is never taken over."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_sha256=_kept(token),
            account_id=account.id,
            form_token=secrets.token_urlsafe(32),
            started_at=at,
            seen_at=at,
        )
    )
    return token


def find_visitor(
    connection: Connection | Session, now: datetime, token: str, settings: Settings
) -> Visitor | None:
    """Whose token this is; None where it is nobody's, or no longer."""
    found = connection.execute(_BY_TOKEN, {"token": _kept(token)}).first()
    if found is None or not found.is_open:
        return None
    if now - found.seen_at > settings.idle or now - found.started_at > settings.longest_session:
        return None
    return Visitor(
        account_id=found.account_id,
        name=found.name,
        role=Role(found.role),
        form_token=found.form_token,
        token_sha256=found.token_sha256,
        must_change_password=found.must_change_password,
        seen_at=found.seen_at,
    )


def note_visit(session: Session, now: datetime, visitor: Visitor) -> None:
    """The session is in use."""
    found = session.get(SignIn, visitor.token_sha256)
    if found is not None:
        found.seen_at = now


def end_session(session: Session, visitor: Visitor) -> None:
    """The token is nobody's from now on."""
    session.execute(delete(SignIn).where(SignIn.token_sha256 == visitor.token_sha256))


def forget_expired(session: Session, now: datetime, settings: Settings) -> None:
    """Remove sessions that nobody can use any more."""
    session.execute(
        delete(SignIn).where(
            or_(SignIn.seen_at < now - settings.idle, SignIn.started_at < now - settings.longest_session)
        )
    )


def _kept(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
