"""Who asks: a token, for a person, with a scope. Guesses are counted, and every token has its rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from her2mri.errors import Fault
from her2mri.web.api.refusals import RefusedError
from her2mri.web.audit_log import record
from her2mri.web.pages.guard import InRoom
from her2mri.web.people.sign_in import failures_from, note_failure
from her2mri.web.people.tokens import Caller, Scope, find_caller, note_use
from her2mri.web.room import Room

BEARER: Final = HTTPBearer(auto_error=False, scheme_name="token", description="A token made under Tokens")
_ASK: Final = {"WWW-Authenticate": 'Bearer realm="her2mri"'}

Given = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]


def caller_of(request: Request, room: InRoom, given: Given) -> Caller:
    """For whom the program asks. Raises RefusedError: 401 without a token that lets in, 429 where it must wait."""
    if given is None:
        raise RefusedError(401, headers=_ASK)
    # Counted apart from passwords: a program with an old token must not shut its whole hospital out.
    address = f"token {request.client.host if request.client else ''}"[:64]
    now = room.now()
    with room.database.reading() as session:
        if failures_from(session, now, address, room) >= room.settings.failures_per_address:
            wait = {"Retry-After": str(60 * room.settings.address_minutes)}
            raise RefusedError(429, [Fault("token", "too many from here were refused")], wait)
        caller = find_caller(session, now, given.credentials)
    if caller is None:
        with room.database.writing() as session:
            note_failure(session, now, address, room)
            record(session, now, "(nobody)", "token refused")
        raise RefusedError(401, [Fault("token", "is none, or no longer one")], _ASK)
    request.state.account = caller.account_id  # for the log
    spend(room, caller, 1)
    if caller.is_to_note(now):
        with room.database.writing() as session:
            note_use(session, now, caller)
    return caller


def spend(room: Room, caller: Caller, cost: int) -> None:
    """Count what the token asks for; RefusedError 429 where that is more than its rate."""
    most = room.settings.requests_per_minute
    if wait := room.rates.wait(room.now(), caller.token_id, cost, most=most):
        fault = Fault("token", "asks too often", allowed=f"{most} requests or lesions a minute")
        raise RefusedError(429, [fault], {"Retry-After": str(wait)})


def check_scope(caller: Caller, scope: Scope) -> None:
    """Raise RefusedError 403 unless the token has the scope and its person still may do that."""
    if not caller.allows(scope):
        raise RefusedError(403, [Fault("token", f"does not include {scope.value}")])


def with_scope(scope: Scope) -> Callable[[Caller], Caller]:
    """A dependency: the caller, whose token must have this scope."""

    def check(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        check_scope(caller, scope)
        return caller

    return check
