"""People: who has an account, and what administrators may do about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError
from her2mri.web.database.tables import Account
from her2mri.web.pages.guard import InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.accounts import (
    close_account,
    open_account,
    reopen_account,
    set_password,
    set_role,
)
from her2mri.web.people.passwords import generated_password
from her2mri.web.people.roles import Permission, Role
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

router = APIRouter()
Managing = Annotated[Visitor, Depends(allowed(Permission.MANAGE_PEOPLE))]
Text = Annotated[str, Form()]


@router.get("/people")
def people(request: Request, room: InRoom, visitor: Managing) -> Response:
    """Every account."""
    return _people(request, room, visitor)


@router.post("/people", dependencies=[OwnForm])
def add_person(
    request: Request, room: InRoom, visitor: Managing, name: Text = "", role: Text = ""
) -> Response:
    """A new account, whose password is shown once and must be changed when it is first used."""
    password = generated_password()
    hashed = room.passwords.hashed(password)
    try:
        with room.database.writing() as session:
            account = open_account(
                session,
                room.now(),
                visitor.name,
                name=name,
                role=role,
                kept_password=hashed,
                must_change=True,
            )
            shown = (account.name, password)
    except InputError as error:
        return _people(request, room, visitor, error=error)
    return _people(request, room, visitor, shown=shown)


@router.post("/people/{number}", dependencies=[OwnForm])
def change_person(
    request: Request, room: InRoom, visitor: Managing, number: int, change: Text = ""
) -> Response:
    """One change: a role by its name, ``close``, ``reopen`` or ``password``."""
    shown = None
    password = generated_password()
    hashed = room.passwords.hashed(password) if change == "password" else ""
    try:
        with room.database.writing() as session:
            account = _account(session, number)
            _apply(session, room, visitor, account, change, hashed)
            if change == "password":
                shown = (account.name, password)
    except InputError as error:
        return _people(request, room, visitor, error=error)
    return _people(request, room, visitor, shown=shown)


def _apply(
    session: Session, room: Room, visitor: Visitor, account: Account, change: str, hashed: str
) -> None:
    now, by = room.now(), visitor.name
    if account.id == visitor.account_id:
        raise InputError([Fault(account.name, "is your own account", remedy="ask another administrator")])
    if change == "close":
        close_account(session, now, by, account)
    elif change == "reopen":
        reopen_account(session, now, by, account)
    elif change == "password":
        set_password(session, now, by, account, hashed, must_change=True)
    else:
        set_role(session, now, by, account, change)


def _account(session: Session, number: int) -> Account:
    account = session.get(Account, number) if 0 < number < 2**31 else None
    if account is None:
        raise HTTPException(404)
    return account


def _people(
    request: Request,
    room: Room,
    visitor: Visitor,
    *,
    shown: tuple[str, str] | None = None,
    error: InputError | None = None,
) -> Response:
    with room.database.reading() as session:
        accounts = list(session.scalars(select(Account).order_by(Account.is_open.desc(), Account.name)))
    return page(
        request,
        "people",
        visitor,
        status=422 if error else 200,
        accounts=accounts,
        roles=list(Role),
        now=room.now(),
        shown=shown,
        faults=error.faults if error else (),
    )
