"""Tokens: made by people for their programs, shown once, listed and revoked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from her2mri.errors import InputError
from her2mri.web.database.token_tables import ApiToken
from her2mri.web.pages.guard import InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.people.tokens import LONGEST_DAYS, MEANS, make_token, revoke, scopes_for
from her2mri.web.room import Room

router = APIRouter()
Using = Annotated[Visitor, Depends(allowed(Permission.USE))]


@router.get("/tokens")
def tokens(request: Request, room: InRoom, visitor: Using) -> Response:
    """The visitor's own tokens, and for administrators everyone's."""
    return _tokens(request, room, visitor)


@router.post("/tokens", dependencies=[OwnForm])
def add_token(
    request: Request,
    room: InRoom,
    visitor: Using,
    name: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    scopes: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    """A new token, which this page alone shows."""
    length = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0
    try:
        with room.database.writing() as session:
            made = make_token(session, room.now(), visitor, name=name, scopes=scopes, days=length)
    except InputError as error:
        return _tokens(request, room, visitor, error=error)
    return _tokens(request, room, visitor, shown=made)


@router.post("/tokens/{number}", dependencies=[OwnForm])
def revoke_token(request: Request, room: InRoom, visitor: Using, number: int) -> Response:
    """The token lets nobody in any more: one's own or, for administrators, anyone's."""
    with room.database.writing() as session:
        token = session.get(ApiToken, number) if 0 < number < 2**31 else None
        if token is None or not _may_revoke(visitor, token):
            raise HTTPException(404)
        revoke(session, room.now(), visitor.name, token)
    return _tokens(request, room, visitor)


def _may_revoke(visitor: Visitor, token: ApiToken) -> bool:
    return token.account_id == visitor.account_id or visitor.may(Permission.MANAGE_PEOPLE)


def _tokens(
    request: Request,
    room: Room,
    visitor: Visitor,
    *,
    shown: str = "",
    error: InputError | None = None,
) -> Response:
    query = select(ApiToken).options(joinedload(ApiToken.account)).order_by(ApiToken.id.desc())
    if not visitor.may(Permission.MANAGE_PEOPLE):
        query = query.where(ApiToken.account_id == visitor.account_id)
    with room.database.reading() as session:
        found = list(session.scalars(query.limit(500)))
    return page(
        request,
        "tokens",
        visitor,
        status=422 if error else 200,
        tokens=found,
        scopes={scope: MEANS[scope] for scope in scopes_for(visitor.role)},
        longest=LONGEST_DAYS,
        now=room.now(),
        shown=shown,
        faults=error.faults if error else (),
    )
