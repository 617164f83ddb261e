"""Who may come in: what every page asks before it does anything."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator
from threading import Lock
from typing import Annotated, Final

from fastapi import Depends, Form, Header, HTTPException, Request

from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor, find_visitor, note_visit
from her2mri.web.room import Room


class SignInNeededError(Exception):
    """Nobody is signed in, or no longer."""


class OwnPasswordNeededError(Exception):
    """The password was set by someone else, and is to be changed first."""


async def room_of(request: Request) -> Room:
    """The room that this server is."""
    room: Room = request.state.room
    return room


InRoom = Annotated[Room, Depends(room_of)]


def visitor_of(request: Request, room: InRoom) -> Visitor | None:
    """Who is signed in, if anybody."""
    token = request.cookies.get(room.settings.cookie)
    if not token:
        return None
    now = room.now()
    with room.database.asking() as connection:
        visitor = find_visitor(connection, now, token, room.settings)
    if visitor is not None:
        request.state.account = visitor.account_id  # for the log
        request.state.visitor = visitor  # for the page that says what went wrong
        if visitor.is_to_note(now):
            with room.database.writing() as session:
                note_visit(session, now, visitor)
    return visitor


MaybeVisitor = Annotated[Visitor | None, Depends(visitor_of)]


async def entered(visitor: MaybeVisitor) -> Visitor:
    """Someone who is signed in, also with a password that is not their own yet."""
    if visitor is None:
        raise SignInNeededError
    return visitor


Entered = Annotated[Visitor, Depends(entered)]


def allowed(permission: Permission) -> Callable[[Visitor], Awaitable[Visitor]]:
    """A dependency: the visitor, whose role must allow this."""

    async def check(visitor: Entered) -> Visitor:
        if visitor.must_change_password:
            raise OwnPasswordNeededError
        if not visitor.may(permission):
            raise HTTPException(403)
        return visitor

    return check


async def from_own_form(visitor: Entered, form_token: Annotated[str, Form()] = "") -> None:
    """What is sent must come from a form that this session was shown."""
    _check_token(visitor, form_token)


async def from_own_page(visitor: Entered, x_form_token: Annotated[str, Header()] = "") -> None:
    """The same of what a page's script sends: it names the token in a header, before anything else is read."""
    _check_token(visitor, x_form_token)


def _check_token(visitor: Visitor, token: str) -> None:
    if not hmac.compare_digest(token.encode("utf-8", "replace"), visitor.form_token.encode()):
        raise HTTPException(403, "This form is not one of this session. Open the page again.")


OwnForm = Depends(from_own_form)


def alone() -> Iterator[None]:
    """What goes through every row of the room is done for one person at a time in each process."""
    if not _GOES_THROUGH_ALL.acquire(blocking=False):
        raise HTTPException(
            429, "Somebody else is having all of the room gone through. Try again in a minute."
        )
    try:
        yield
    finally:
        _GOES_THROUGH_ALL.release()


_GOES_THROUGH_ALL: Final = Lock()
Alone = Depends(alone)
OwnPage = Depends(from_own_page)
