"""What surrounds every request: headers, the size of what is sent, where it was sent from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY: Final = 256 * 1024
LONGEST_BODY: Final = 120.0
"""Seconds in which all of a body must have come; a proxy sends what it has whole."""
_PIECE: Final = 64 * 1024
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DRAWING_POLICY: Final = POLICY.replace("img-src 'self'", "img-src 'self' data:")
"""Of the one page where regions are drawn: the letters of its viewer are a picture within its script."""
_DRAWING: Final = (b"content-security-policy", DRAWING_POLICY.encode())
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers name no origin when they send a form
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


_REFUSALS: Final = {
    408: PlainTextResponse("sent too slowly", 408, {"Connection": "close"}),
    413: PlainTextResponse("too large", 413, {"Connection": "close"}),
    415: PlainTextResponse("a form is UTF-8", 415, {"Connection": "close"}),
}


class SafeHeaders:
    """Every answer forbids what no page needs; nothing is stored by the browser unless it says so itself."""

    def __init__(self, app: ASGIApp, *, behind_tls: bool) -> None:
        self.app = app
        headers = {**_HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if behind_tls else {})}
        self._always = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                draws = _DRAWING in headers
                headers += [one for one in self._always if not (draws and one[0] == _DRAWING[0])]
                if not any(name.lower() == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)


class OwnSite:
    """What changes something must come from a page of this site, as far as the browser says where it is from."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] not in SAFE and not _is_own(Headers(scope=scope)):
            await PlainTextResponse("sent from another site", 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class BodyLimit:
    """No more than this is read, and no longer, whatever is sent and however its length is declared.

    ``larger``: what may be sent in bytes, by the path that it is sent to or below; elsewhere LARGEST_BODY. Of a
    larger body no more than that is held in memory; the rest waits in a file that has no name. Below the paths of
    ``streamed`` nothing is read here.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        larger: Mapping[str, int] = {},
        streamed: Sequence[str] = (),
        seconds: float = LONGEST_BODY,
    ) -> None:
        self.app = app
        self.streamed = streamed
        self.seconds = seconds
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or any(scope["path"].startswith(f"{place}/") for place in self.streamed):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _has_charset(headers.get("content-type", "").lower()):
            await _REFUSALS[415](scope, receive, send)
            return
        largest = self._largest(scope["path"])
        declared = headers.get("content-length", "")
        if declared and not _is_at_most(declared, largest):
            await _REFUSALS[413](scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=LARGEST_BODY) as body:
            try:
                async with asyncio.timeout(self.seconds):
                    status = await _read(receive, body, largest)
            except TimeoutError:
                status = 408
            if status in _REFUSALS:
                await _REFUSALS[status](scope, receive, send)
            elif status:
                await self.app(scope, _replay(body, receive), send)

    def _largest(self, path: str) -> int:
        fitting = [place for place in self.larger if f"{path}/".startswith(f"{place}/")]
        return self.larger[max(fitting, key=len)] if fitting else LARGEST_BODY


async def _read(receive: Receive, body: IO[bytes], largest: int) -> int:
    """Put into ``body`` what is sent: 200 when it has all come, 413 where it is too much, 0 where nobody is left."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return 0
        body.write(message.get("body", b""))
        if body.tell() > largest:
            return 413
        if not message.get("more_body", False):
            return 200


def _replay(body: IO[bytes], receive: Receive) -> Receive:
    """What was read, once, piece by piece; then whatever else comes."""
    unread = body.tell()
    body.seek(0)
    is_replayed = False

    async def replayed() -> Message:
        nonlocal unread, is_replayed
        if is_replayed:
            return await receive()
        piece = body.read(_PIECE)
        unread -= len(piece)
        is_replayed = not unread
        return {"type": "http.request", "body": piece, "more_body": not is_replayed}

    return replayed


def _has_charset(content_type: str) -> bool:
    """No browser names one for a form of parts, and some of Python's make text that no database can keep."""
    return content_type.startswith("multipart/") and "charset" in content_type


def _is_at_most(declared: str, largest: int) -> bool:
    """Digits alone, and few of them: Python refuses to read thousands."""
    return declared.isascii() and declared.isdigit() and len(declared) < 20 and int(declared) <= largest


def _is_own(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # such as http://[
        return False
