"""How the server listens: what it is started with everywhere, and how long it waits for the head of a request."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LONGEST_HEAD: Final = 10.0
"""Seconds from its first byte, or from the connection, until the head of a request must have come."""

LARGEST_HEAD: Final = 16 * 1024


class Impatient(H11Protocol):
    """Hangs up on who sends the head of a request drop by drop, so that nobody holds connections for nothing."""

    seconds = LONGEST_HEAD
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Somebody is there, and has said nothing yet."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Something came: a whole head, or another drop of one."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(self.seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


OPTIONS: Final[dict[str, Any]] = {
    "http": Impatient,
    "h11_max_incomplete_event_size": LARGEST_HEAD,
    "log_config": None,
    "access_log": False,
    "server_header": False,
}
"""What uvicorn is given wherever a room is served."""
