"""Tokens: how a program comes in for a person, with no more than that person may do. Decision 0187."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Account
from her2mri.web.database.token_tables import ApiToken
from her2mri.web.people.roles import MAY, Permission, Role
from her2mri.web.people.sessions import Visitor

PREFIX: Final = "her2mri_"
"""By which those who search for secrets in the wrong places know one."""
LONGEST_DAYS: Final = 366
MOST_ALIVE: Final = 20
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9 ._\-]{0,30}"


class Scope(StrEnum):
    """What a token lets a program do."""

    PREDICT = "predict"
    STORE = "store"
    READ = "read"
    METRICS = "metrics"


NEEDS: Final = {
    Scope.PREDICT: Permission.SEE_LESIONS,
    Scope.STORE: Permission.ENTER_LESIONS,
    Scope.READ: Permission.SEE_LESIONS,
    Scope.METRICS: Permission.CHECK,
}
"""What the person must be allowed to do, today, for the scope to count."""

MEANS: Final = {
    Scope.PREDICT: "ask the models; nothing is stored",
    Scope.STORE: "store lesions with their answers",
    Scope.READ: "read stored lesions and answers",
    Scope.METRICS: "read the figures of this server",
}


@dataclass(frozen=True)
class Caller(Visitor):
    """A person for whom a program asks, by a token of theirs."""

    token_id: int
    scopes: frozenset[Scope]

    def allows(self, scope: Scope) -> bool:
        """Whether the token has the scope and the person's role still includes it."""
        return scope in self.scopes and super().may(NEEDS[scope])


def scopes_for(role: Role) -> tuple[Scope, ...]:
    """The scopes that someone of this role can give a token."""
    return tuple(scope for scope in Scope if NEEDS[scope] in MAY[role])


def make_token(
    session: Session, at: datetime, visitor: Visitor, *, name: str, scopes: Collection[str], days: int
) -> str:
    """A new token of the visitor's own. What is returned is shown once; only its hash is kept.

    Raises InputError with every reason why it cannot be made.
    """
    name = " ".join(name.split())
    faults = []
    if not re.fullmatch(_NAME, name):
        allowed = "1 to 31 letters, digits, spaces, dots, hyphens and underscores"
        faults.append(Fault("name", "cannot be the name of a token", allowed=allowed))
    possible = scopes_for(visitor.role)
    if not scopes or not set(scopes) <= set(possible):
        allowed = ", ".join(possible)
        faults.append(Fault("scopes", "are none that you can give", allowed=allowed))
    if not 1 <= days <= LONGEST_DAYS:
        faults.append(Fault("days", "is no time that a token can last", allowed=f"1 to {LONGEST_DAYS}"))
    alive = select(func.count()).where(
        ApiToken.account_id == visitor.account_id,
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > at,
    )
    if (session.scalar(alive) or 0) >= MOST_ALIVE:
        faults.append(Fault("tokens", f"you have {MOST_ALIVE} already", remedy="revoke one first"))
    if faults:
        raise InputError(faults)
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        account_id=visitor.account_id,
        name=name,
        sha256=_kept(token),
        scopes=" ".join(scope for scope in Scope if scope in scopes),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    record(session, at, visitor.name, "token made", f"token {row.id}", scopes=row.scopes, days=days)
    return token


def revoke(session: Session, at: datetime, by: str, token: ApiToken) -> None:
    """The token lets nobody in any more."""
    if token.revoked_at is None:
        token.revoked_at = at
        record(session, at, by, "token revoked", f"token {token.id}", owner=token.account.name)


def revoke_all(session: Session, at: datetime, by: str, account: Account) -> None:
    """None of the account's tokens lets anybody in any more."""
    query = select(ApiToken).where(ApiToken.account_id == account.id, ApiToken.revoked_at.is_(None))
    for token in session.scalars(query):
        revoke(session, at, by, token)


def find_caller(session: Session, now: datetime, token: str) -> Caller | None:
    """For whom this token comes; None where it is nobody's, revoked, expired, or the account is not usable."""
    kept = _kept(token)
    found = session.scalar(select(ApiToken).where(ApiToken.sha256 == kept))
    if found is None or not hmac.compare_digest(found.sha256, kept) or not found.is_alive(now):
        return None
    account = found.account
    if not account.is_open or account.must_change_password:
        return None
    return Caller(
        account_id=account.id,
        name=account.name,
        role=Role(account.role),
        form_token="",
        token_sha256="",
        must_change_password=False,
        seen_at=found.used_at or datetime.min,
        token_id=found.id,
        scopes=frozenset(Scope(name) for name in found.scopes.split()),
    )


def note_use(session: Session, now: datetime, caller: Caller) -> None:
    """The token is in use."""
    session.get_one(ApiToken, caller.token_id).used_at = now


def _kept(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
