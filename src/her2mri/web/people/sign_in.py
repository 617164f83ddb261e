"""Signing in: slow to guess, from one address and for one account, and silent about which names exist."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from her2mri.web.audit_log import record
from her2mri.web.database.tables import Account, FailedSignIn
from her2mri.web.people.accounts import account_named
from her2mri.web.people.sessions import forget_expired, start_session
from her2mri.web.room import Room


class TooManyError(Exception):
    """So many attempts from this address failed that the next must wait."""


def sign_in(room: Room, name: str, password: str, address: str) -> str | None:
    """The token of a new session; None where name and password do not fit or the account is closed or locked.

    Raises TooManyError before it looks at either.
    """
    address = address[:64]
    now = room.now()
    with room.database.reading() as session:
        if failures_from(session, now, address, room) >= room.settings.failures_per_address:
            raise TooManyError
        account = account_named(session, name)
        kept = account.password if account is not None and account.is_open else None
    fits = room.passwords.fits(kept, password)
    with room.database.writing() as session:
        account = account_named(session, name)
        if account is None:
            note_failure(session, now, address, room)
            record(session, now, "(nobody)", "sign-in refused", "no such account")
            return None
        if account.locked_until is not None and now < account.locked_until:
            note_failure(session, now, address, room)
            record(session, now, account.name, "sign-in refused", "locked")
            return None
        if not fits or account.password != kept:
            note_failure(session, now, address, room)
            count_failure(session, now, account, room)
            return None
        account.failures, account.locked_until = 0, None
        if room.passwords.is_outdated(account.password):
            account.password = room.passwords.hashed(password)
        forget_expired(session, now, room.settings)
        record(session, now, account.name, "signed in")
        return start_session(session, now, account)


def count_failure(
    session: Session, now: datetime, account: Account, room: Room, action: str = "sign-in refused"
) -> None:
    """A password that did not fit, for whatever ``action``: after some of them the account is locked."""
    account.failures += 1
    record(session, now, account.name, action, "closed" if not account.is_open else "password")
    if account.failures >= room.settings.failures_until_locked:
        account.failures = 0
        account.locked_until = now + timedelta(minutes=room.settings.locked_minutes)
        record(session, now, account.name, "account locked", account.name)


def failures_from(session: Session, now: datetime, address: str, room: Room) -> int:
    """How many attempts from this address failed in the time that counts."""
    query = select(func.count()).where(FailedSignIn.address == address, FailedSignIn.at > _since(now, room))
    return session.scalar(query) or 0


def note_failure(session: Session, now: datetime, address: str, room: Room) -> None:
    """One more; those that no longer count are forgotten."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.at <= _since(now, room)))
    session.add(FailedSignIn(address=address, at=now))


def _since(now: datetime, room: Room) -> datetime:
    return now - timedelta(minutes=room.settings.address_minutes)
