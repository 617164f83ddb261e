"""Accounts: opened, changed and closed by administrators, each change with its entry in the audit log."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Account, SignIn
from her2mri.web.people.roles import Role
from her2mri.web.people.tokens import revoke_all

COMMAND_LINE: Final = "(command line)"
"""Who did it, where no account did. No account can be called so."""

NAME_PATTERN: Final = r"[a-z][a-z0-9._\-]{1,30}"


def open_account(
    session: Session, at: datetime, by: str, *, name: str, role: str, kept_password: str, must_change: bool
) -> Account:
    """A new account; InputError where the name is taken or none, or the role is none."""
    name = name.strip().lower()
    faults = []
    if not re.fullmatch(NAME_PATTERN, name):
        allowed = "2 to 31 of a-z, 0-9, dot, hyphen and underscore, a letter first"
        faults.append(Fault("name", "cannot be the name of an account", allowed=allowed))
    if role not in set(Role):
        faults.append(Fault("role", "there is no such role", allowed=", ".join(Role)))
    if not faults and session.scalar(select(Account.id).where(Account.name == name)):
        faults.append(Fault("name", "is taken", remedy="choose another"))
    if faults:
        raise InputError(faults)
    account = Account(
        name=name,
        role=role,
        password=kept_password,
        must_change_password=must_change,
        is_open=True,
        failures=0,
        created_at=at,
    )
    session.add(account)
    session.flush()
    record(session, at, by, "account opened", name, role=role)
    return account


def set_role(session: Session, at: datetime, by: str, account: Account, role: str) -> None:
    """Another role; the account's sessions and tokens end. InputError where no administrator would be left."""
    if role not in set(Role):
        raise InputError([Fault("role", "there is no such role", allowed=", ".join(Role))])
    if role != Role.ADMINISTRATOR:
        _keep_an_administrator(session, account)
    record(session, at, by, "role changed", account.name, before=account.role, after=role)
    account.role = role
    end_sessions(session, account)
    revoke_all(session, at, by, account)


def close_account(session: Session, at: datetime, by: str, account: Account) -> None:
    """Nobody signs in with it any more; what it did stays. InputError where no administrator would be left."""
    _keep_an_administrator(session, account)
    account.is_open = False
    end_sessions(session, account)
    revoke_all(session, at, by, account)
    record(session, at, by, "account closed", account.name)


def reopen_account(session: Session, at: datetime, by: str, account: Account) -> None:
    """The account may be used again, and is no longer locked."""
    account.is_open = True
    account.failures, account.locked_until = 0, None
    record(session, at, by, "account reopened", account.name)


def set_password(
    session: Session, at: datetime, by: str, account: Account, kept_password: str, *, must_change: bool
) -> None:
    """Another password; the account's sessions end, and it is no longer locked.

    Where somebody else sets it, perhaps because a stranger knew the old one, its tokens are revoked too.
    """
    account.password, account.must_change_password = kept_password, must_change
    account.failures, account.locked_until = 0, None
    end_sessions(session, account)
    if by != account.name:
        revoke_all(session, at, by, account)
    record(session, at, by, "password changed" if by == account.name else "password reset", account.name)


def end_sessions(session: Session, account: Account) -> None:
    """Wherever the account is signed in, it no longer is."""
    session.execute(delete(SignIn).where(SignIn.account_id == account.id))


def account_named(session: Session, name: str) -> Account | None:
    """The account of that name, in whatever case it was typed."""
    name = name.strip().lower()
    if not re.fullmatch(NAME_PATTERN, name):
        return None
    return session.scalar(select(Account).where(Account.name == name))


def has_administrator(session: Session) -> bool:
    """Whether anybody can open accounts."""
    return _administrators(session) > 0


def _administrators(session: Session) -> int:
    count = select(func.count()).where(Account.role == Role.ADMINISTRATOR, Account.is_open)
    return session.scalar(count) or 0


def _keep_an_administrator(session: Session, account: Account) -> None:
    if account.role == Role.ADMINISTRATOR and account.is_open and _administrators(session) == 1:
        remedy = "make someone else administrator first"
        raise InputError([Fault(account.name, "is the last administrator", remedy=remedy)])
