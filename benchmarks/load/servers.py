"""Real servers in processes of their own, their databases, and the processor time that they took."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import create_engine, make_url, text

from her2mri.web.people.accounts import open_account
from her2mri.web.room import Room
from her2mri.web.settings import Settings
from her2mri.web.start import prepare

PASSWORD = "an orange bicycle in fog"
READERS = tuple(f"reader.{number}" for number in range(1, 6))
SERVER = "HER2MRI_TEST_POSTGRESQL"


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    port: int
    process: psutil.Process

    def processor_seconds(self) -> float:
        """Of the server and its workers, until now."""
        times = [one.cpu_times() for one in (self.process, *self.process.children(recursive=True))]
        return float(sum(one.user + one.system for one in times))


@contextmanager
def empty_server() -> Iterator[Served]:
    """The empty application, with the server's options as ``her2mri serve`` sets them."""
    port = free_port()
    code = (
        "import uvicorn; uvicorn.run('benchmarks.load.empty:app', "
        f"port={port}, log_config=None, access_log=False, server_header=False)"
    )
    with _running([sys.executable, "-c", code], port, dict(os.environ)) as served:
        yield served


@contextmanager
def room_server(address: str, log: Path, *options: str) -> Iterator[Served]:
    """``her2mri serve`` at this database; its log goes to a file, as it would."""
    port = free_port()
    command = [sys.executable, "-c", "from her2mri.cli import main; main()", "serve", "--port", str(port)]
    environment = {**os.environ, "HER2MRI_DATABASE": address}
    with _running([*command, *options], port, environment, log) as served:
        yield served


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A fresh database with readers in it; ``kind`` is sqlite or postgresql."""
    if kind == "sqlite":
        address = f"sqlite:///{folder / 'room.sqlite'}"
        _settle(address)
        yield address
        return
    server, name = os.environ[SERVER], f"her2mri_{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    address = make_url(server).set(database=name).render_as_string(hide_password=False)
    _settle(address)
    yield address
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def free_port() -> int:
    """A port that nobody listens at."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _settle(address: str) -> None:
    room = Room.of(Settings(address))
    with closing(room.database):
        prepare(room, ())
        kept = room.passwords.hashed(PASSWORD)
        with room.database.writing() as session:
            for name in READERS:
                open_account(
                    session,
                    room.now(),
                    "(load)",
                    name=name,
                    role="reader",
                    kept_password=kept,
                    must_change=False,
                )


@contextmanager
def _running(
    command: list[str], port: int, environment: dict[str, str], log: Path | None = None
) -> Iterator[Served]:
    with (log or Path(os.devnull)).open("ab") as said:
        process = subprocess.Popen(command, stderr=said, env=environment)
        try:
            _wait_for(port, process)
            yield Served(port, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nobody answers at port {port}")
