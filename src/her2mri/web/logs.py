"""One line of JSON a request, without any value of a patient: the route's pattern, never what was asked for in it."""

from __future__ import annotations

import json
import logging
import secrets
import time
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGGER: Final = logging.getLogger("her2mri.web")
_FIELDS: Final = ("request", "method", "route", "status", "milliseconds", "account")


class JsonLines(logging.Formatter):
    """A record as JSON. Of an error its type and where it arose, not its message, which may repeat a value."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["from"] = _places(record.exc_info[2])
        return json.dumps(line)


class RequestLog:
    """Logs each request when it has been answered; an error that nothing else took becomes an empty 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number, begun, status = secrets.token_hex(8), time.perf_counter(), 0
        scope.setdefault("state", {})["request"] = number

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", number.encode()))
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception:
            # The last door: past it the server would write the traceback, messages and all, which may hold values.
            LOGGER.exception("request failed", extra=_extra(scope, number, 500, begun))
            if not status:
                await PlainTextResponse(f"Something went wrong (request {number}).", 500)(
                    scope, receive, send
                )
            return
        LOGGER.info("request", extra=_extra(scope, number, status, begun))


def log_to_stderr() -> None:
    """Everything this process logs goes to stderr in that form, what the server logs too."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name, level in (
        ("her2mri.web", logging.INFO),
        ("uvicorn", logging.INFO),
        ("sqlalchemy", logging.WARNING),
    ):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


def _extra(scope: Scope, number: str, status: int, begun: float) -> dict[str, Any]:
    return {
        "request": number,
        "method": scope["method"],
        "route": getattr(scope.get("route"), "path", "(none)"),
        "status": status,
        "milliseconds": round(1000 * (time.perf_counter() - begun), 1),
        "account": scope.get("state", {}).get("account"),
    }


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
