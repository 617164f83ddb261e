"""What this server counts for Prometheus. Labels are patterns of routes, never paths, values or names.

With several workers each writes its counts to files in the folder that PROMETHEUS_MULTIPROC_DIR names, which
``her2mri serve`` sets, so that whichever worker is asked says the sum.
"""

from __future__ import annotations

import os
import time
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS: Final = Counter("her2mri_requests", "Requests answered", ("method", "route", "status"))
SECONDS: Final = Histogram("her2mri_request_seconds", "How long requests took", ("method", "route"))
ANSWERS: Final = Counter("her2mri_answers", "Lesions answered for programs", ("door",))


class RequestMetrics:
    """Counts each request when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "(other)"
            route = getattr(scope.get("route"), "path", "(none)")
            REQUESTS.labels(method, route, str(status)).inc()
            SECONDS.labels(method, route).observe(time.perf_counter() - begun)


def exposition() -> bytes:
    """Everything counted, of all workers, in the text format of Prometheus."""
    if FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
