"""The application: pages, what surrounds them, and what is said when something is refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from her2mri.errors import Fault
from her2mri.web.api import cds_api, fhir_api, lesion_api, metrics_api, predict_api
from her2mri.web.api.refusals import RefusedError, faults_of, is_for_programs, refusal
from her2mri.web.database.connection import BusyError
from her2mri.web.logs import LOGGER, RequestLog
from her2mri.web.metrics import RequestMetrics
from her2mri.web.middleware import SAFE, BodyLimit, OwnSite, SafeHeaders
from her2mri.web.pages import (
    api_pages,
    audit_pages,
    health_pages,
    lesion_pages,
    measure_pages,
    monitoring_pages,
    people_pages,
    reader_study_pages,
    reading_pages,
    sign_in_pages,
    static_pages,
    study_image_pages,
    study_result_pages,
    token_pages,
    truth_pages,
    update_pages,
    upload_pages,
)
from her2mri.web.pages.guard import OwnPasswordNeededError, SignInNeededError
from her2mri.web.pages.render import page
from her2mri.web.room import Room

LARGER_BODIES: Final[Mapping[str, int]] = {
    "/studies": 2 * 1024**2,  # a case list
    "/study-images": 48 * 1024**2,
    "/uploads": upload_pages.LARGEST_BODY,
}
"""Bytes that may be sent to a path and what lies below it, where a form is not enough."""

STREAMED: Final = ("/measure/images", "/measure/region")
"""Paths below which a page reads what is sent itself, piece by piece, once it knows who sends it."""

_SAID = {
    403: ("Not allowed", "Your role does not include this."),
    404: ("Not here", "There is no such page, or it is not yours to see."),
    405: ("Not possible", "This page cannot be asked for in that way."),
    500: ("Something went wrong", ""),
    429: ("Too much at once", "Wait some minutes."),
    422: ("Not understood", "The address or the form holds something that cannot be read."),
    503: (
        "Not available just now",
        "The database cannot be reached, is busy or has no space left. What you sent may not be stored: "
        "try again in a minute, and look first whether it is there.",
    ),
}


def application(room: Room) -> ASGIApp:
    """The whole application over a room."""
    limited = BodyLimit(OverRoom(pages(), room), larger=LARGER_BODIES, streamed=STREAMED)
    inner = TrustedHostMiddleware(OwnSite(limited), allowed_hosts=_hosts(room))
    return RequestLog(RequestMetrics(SafeHeaders(inner, behind_tls=room.settings.behind_tls)))


class OverRoom:
    """Hands the room to the pages with each request, and closes its database when the server ends."""

    def __init__(self, app: ASGIApp, room: Room) -> None:
        self.app = app
        self.room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or see the server through its life."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["room"] = self.room
        await self.app(scope, receive, send)
        if scope["type"] == "lifespan":
            self.room.jobs.close()
            self.room.database.close()


@cache
def pages() -> FastAPI:
    """The routes alone: the same for every room, and long to build."""
    app = FastAPI(title="her2mri reading room", openapi_url=None, docs_url=None, redoc_url=None)
    for subject in (
        sign_in_pages,
        lesion_pages,
        reading_pages,
        reader_study_pages,
        study_image_pages,
        study_result_pages,
        upload_pages,
        measure_pages,
        people_pages,
        audit_pages,
        health_pages,
        static_pages,
        monitoring_pages,
        update_pages,
        truth_pages,
        token_pages,
        api_pages,
        predict_api,
        lesion_api,
        fhir_api,
        cds_api,
        metrics_api,
    ):
        app.include_router(subject.router)
    app.add_exception_handler(RefusedError, _refused_program)
    app.add_exception_handler(SignInNeededError, _to_sign_in)
    app.add_exception_handler(OwnPasswordNeededError, _to_password)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(AnyHTTPException, _refused)
    for away in (OperationalError, InterfaceError, NoConnectionError, BusyError):
        app.add_exception_handler(away, _unavailable)
    app.add_exception_handler(Exception, _failed)
    return app


def _hosts(room: Room) -> list[str]:
    """Names a request may use, so that no other site's name can be pointed at this server."""
    return [f"[{name}]" if ":" in name else name for name in room.settings.hosts]


def _to_sign_in(request: Request, _error: Exception) -> Response:
    """Whoever sent something in a session that has ended is told that it was not stored."""
    had_session = request.state.room.settings.cookie in request.cookies
    is_lost = had_session and request.method not in SAFE and request.url.path != "/sign-out"
    return RedirectResponse(f"/sign-in{'?lost=yes' if is_lost else ''}", 303)


def _to_password(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/password", 303)


def _refused_program(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return refusal(request, error.status, error.faults, error.headers)


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if is_for_programs(request.url.path):
        return refusal(request, 422, faults_of(error))
    return _message(request, 422)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    own = error.detail if isinstance(error, HTTPException) and " " in error.detail else ""
    return _message(request, error.status_code, own)


def _failed(request: Request, _error: Exception) -> Response:
    return _message(
        request, 500, f"Nothing was stored. Tell whoever runs this server: request {request.state.request}."
    )


def _unavailable(request: Request, error: Exception) -> Response:
    """The database is away, busy or full. Of a commit that broke off nobody can tell whether it was one."""
    LOGGER.error("database failed", exc_info=error, extra={"request": request.state.request})
    response = _message(request, 503)
    response.headers["Retry-After"] = "10"
    return response


def _message(request: Request, status: int, own: str = "") -> Response:
    if is_for_programs(request.url.path):
        return refusal(request, status, [Fault("request", own)] if own else [])
    title, text = _SAID.get(status, ("Refused", "This cannot be done."))
    visitor = getattr(request.state, "visitor", None)
    return page(request, "message", visitor, status=status, title=title, text=own or text)
