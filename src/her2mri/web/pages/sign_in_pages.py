"""Signing in and out, and changing one's password."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Account
from her2mri.web.measuring.keeping import forget
from her2mri.web.pages.guard import Entered, InRoom, MaybeVisitor, OwnForm
from her2mri.web.pages.render import page
from her2mri.web.people.accounts import set_password
from her2mri.web.people.passwords import check_password
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor, end_session, start_session
from her2mri.web.people.sign_in import TooManyError, sign_in
from her2mri.web.room import Room

router = APIRouter()
_REFUSED: Final = "Name and password do not fit, or the account is closed or locked for some minutes."
_TOO_MANY: Final = "Too many failed attempts from here. Wait some minutes."
_LOST: Final = "Your session had ended: what you sent was not stored. Sign in and enter it again."
_STALE: Final = "This form was opened too long ago. Try again."


@router.get("/")
def home(visitor: Entered) -> Response:
    """Where someone's work is."""
    return RedirectResponse("/people" if visitor.may(Permission.MANAGE_PEOPLE) else "/lesions", 303)


@router.get("/sign-in")
def sign_in_form(request: Request, room: InRoom, visitor: MaybeVisitor, lost: str = "") -> Response:
    """The form for name and password; ``lost``: what was sent in a session that had ended was not stored."""
    if visitor is not None:
        return RedirectResponse("/", 303)
    return _form(request, room, _LOST if lost else "")


@router.post("/sign-in")
def send_sign_in(
    request: Request,
    room: InRoom,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """A new session, whatever token the browser had before; or the form again."""
    expected = request.cookies.get(_form_cookie(room), "")
    if not expected or not hmac.compare_digest(form_token.encode("utf-8", "replace"), expected.encode()):
        return _form(request, room, _STALE, status=403)
    address = request.client.host if request.client else ""
    try:
        token = sign_in(room, name, password, address)
    except TooManyError:
        return _form(request, room, _TOO_MANY, status=429)
    if token is None:
        return _form(request, room, _REFUSED, status=403)
    response = RedirectResponse("/", 303)
    _set_cookie(response, room, room.settings.cookie, token)
    _forget_cookie(response, room, _form_cookie(room))
    return response


@router.post("/sign-out", dependencies=[OwnForm])
def sign_out(room: InRoom, visitor: Entered) -> Response:
    """The session ends, here and on the server."""
    with room.database.writing() as session:
        end_session(session, visitor)
        record(session, room.now(), visitor.name, "signed out")
    forget(room, visitor)
    response = RedirectResponse("/sign-in", 303)
    _forget_cookie(response, room, room.settings.cookie)
    return response


@router.get("/password")
def password_form(request: Request, visitor: Entered) -> Response:
    """The form for another password."""
    return page(request, "password", visitor, faults=())


@router.post("/password", dependencies=[OwnForm])
def send_password(
    request: Request,
    room: InRoom,
    visitor: Entered,
    present: Annotated[str, Form()] = "",
    fresh: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Another password: every session of the account ends, and a new one begins here."""
    try:
        token = _changed(room, visitor, present, fresh, again)
    except InputError as error:
        return page(request, "password", visitor, status=422, faults=error.faults)
    response = RedirectResponse("/", 303)
    _set_cookie(response, room, room.settings.cookie, token)
    return response


def _changed(room: Room, visitor: Visitor, present: str, fresh: str, again: str) -> str:
    with room.database.reading() as session:
        kept = session.get_one(Account, visitor.account_id).password
    if not room.passwords.fits(kept, present):
        raise InputError([Fault("present password", "does not fit")])
    if fresh != again:
        raise InputError([Fault("new password", "was not repeated as it was typed")])
    if fresh == present:
        raise InputError([Fault("new password", "is the present one")])
    check_password(fresh, visitor.name)
    hashed = room.passwords.hashed(fresh)
    with room.database.writing() as session:
        account = session.get_one(Account, visitor.account_id)
        set_password(session, room.now(), visitor.name, account, hashed, must_change=False)
        return start_session(session, room.now(), account)


def _form(request: Request, room: Room, problem: str = "", *, status: int = 200) -> Response:
    token = secrets.token_urlsafe(32)
    response = page(request, "sign_in", status=status, problem=problem, form_token=token)
    _set_cookie(response, room, _form_cookie(room), token)
    return response


def _form_cookie(room: Room) -> str:
    return f"{room.settings.cookie_prefix}her2mri_sign_in"


def _forget_cookie(response: Response, room: Room, name: str) -> None:
    response.delete_cookie(name, path="/", secure=room.settings.behind_tls, httponly=True, samesite="strict")


def _set_cookie(response: Response, room: Room, name: str, value: str) -> None:
    """For this host alone, until the browser closes; no script reads it, no other site sends it."""
    response.set_cookie(
        name, value, path="/", secure=room.settings.behind_tls, httponly=True, samesite="strict"
    )
