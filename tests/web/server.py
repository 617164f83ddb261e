"""A room that is really served, in this process or in one that may be killed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime

import uvicorn

from her2mri.web.application import application
from her2mri.web.protocol import OPTIONS
from her2mri.web.room import Room, utc_now
from her2mri.web.settings import Settings


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def serve(settings: Settings, port: int) -> None:
    """Until the process ends, however it ends."""
    server_of(settings, port).run()


def server_of(settings: Settings, port: int, *, now: Callable[[], datetime] = utc_now) -> uvicorn.Server:
    app = application(Room.of(settings, now=now))
    return uvicorn.Server(uvicorn.Config(app, port=port, **OPTIONS))


@contextmanager
def served(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Iterator[str]:
    """The address of a room that is served while this lasts."""
    with socket.create_server(("127.0.0.1", 0)) as door:  # kept, so that no other test gets its port
        port = int(door.getsockname()[1])
        server = server_of(replace(settings, hosts=("127.0.0.1",)), port, now=now)
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server ended before it had started"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def wait_for(port: int, *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"nobody answers at port {port}")
