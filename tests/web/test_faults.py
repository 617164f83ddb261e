"""The database goes away under load, the disk fills up: said clearly, nothing lost, and over without a restart."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import subprocess
import tempfile
import threading
from collections import Counter
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import httpx2
import pytest
from server import free_port, serve, served, wait_for
from sqlalchemy import create_engine, text
from stored import assert_nothing_is_lost_or_half_written
from visits import ON_SQLITE, PASSWORD, TOKEN, given

from her2mri.web.people.accounts import open_account
from her2mri.web.room import Room
from her2mri.web.settings import Settings
from her2mri.web.start import prepare

pytestmark = pytest.mark.thorough
PATIENCE = 60  # seconds for what must happen soon


def settle(address):
    settings = Settings(address, password_cost=64)
    room = Room.of(settings)
    with closing(room.database):
        prepare(room, ())
        with room.database.writing() as session:
            kept = room.passwords.hashed(PASSWORD)
            open_account(
                session,
                room.now(),
                "(tests)",
                name="reader.one",
                role="reader",
                kept_password=kept,
                must_change=False,
            )
    return settings


class Writers:
    """Two browsers that save one lesion after the other, whatever is answered; each sends a lesion once."""

    def __init__(self, base):
        self.base = base
        self.acknowledged, self.answers, self.refusals = [], Counter(), []
        self._news, self._is_over = threading.Condition(), False
        self._threads = [threading.Thread(target=self._write, args=(i,)) for i in range(2)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._is_over = True
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, status, at_least):
        """Until so many more requests were answered so."""
        with self._news:
            wanted = self.answers[status] + at_least
            assert self._news.wait_for(lambda: self.answers[status] >= wanted, PATIENCE), self.answers

    def _write(self, writer):
        with httpx2.Client(base_url=self.base, timeout=PATIENCE) as client:
            token = TOKEN.search(client.get("/sign-in").text)[1]
            sent = {"name": "reader.one", "password": PASSWORD, "form_token": token}
            assert client.post("/sign-in", data=sent).status_code == 303
            fields = {"form_token": TOKEN.search(client.get("/password").text)[1], **given()}
            for number in count(1):
                if self._is_over:
                    return
                name = f"W{writer}-{number}"
                response = client.post("/lesions", data={**fields, "pseudonym": name})
                with self._news:
                    self.answers[response.status_code] += 1
                    if response.status_code == 303:
                        self.acknowledged.append(name)
                    else:
                        self.refusals.append(response)
                    self._news.notify_all()


def assert_it_was_said(writers):
    assert set(writers.answers) == {303, 503}
    for response in writers.refusals:
        assert "The database cannot be reached, is busy or has no space left" in response.text
        assert response.headers["retry-after"] == "10"


class Cluster:
    """A PostgreSQL server of the test's own, which it may stop."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.programs = Path(sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1])
        self._run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync")

    def address(self, name):
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def start(self):
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off"
        self._run(
            "pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-w", "start", "-o", options
        )

    def stop(self, mode):
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", mode, "stop")

    def execute(self, statement):
        engine = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _run(self, program, *arguments):
        subprocess.run(
            ["runuser", "-u", "postgres", "--", str(self.programs / program), *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def cluster():
    if os.geteuid() or not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.skip("needs root and PostgreSQL's programs, to start a server as another user")
    folder = tempfile.mkdtemp()
    shutil.chown(folder, "postgres")
    found = Cluster(folder)
    found.start()
    yield found
    found.stop("immediate")
    shutil.rmtree(folder)


@contextmanager
def small_disk():
    """A file system, and what leaves so many kilobytes of it free."""
    folder = tempfile.mkdtemp()

    def mount(size, *options):
        command = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}k", *options]), "tmpfs", folder]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)

    try:
        mount(32 * 1024)
    except (OSError, subprocess.CalledProcessError):
        Path(folder).rmdir()
        pytest.skip("needs the right to mount a file system")
    try:
        yield Path(folder), lambda free: mount(shutil.disk_usage(folder).used // 1024 + free, "remount")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        Path(folder).rmdir()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgresql_stopped_and_started_under_load_loses_nothing_and_needs_no_restart(cluster, mode):
    cluster.execute(f"CREATE DATABASE stopped_{mode}")
    settings = settle(cluster.address(f"stopped_{mode}"))
    with served(settings) as base:
        with Writers(base) as writers:
            writers.wait_for_more(303, 5)
            cluster.stop(mode)
            writers.wait_for_more(503, 5)
            assert httpx2.get(f"{base}/health", timeout=PATIENCE).status_code == 503
            cluster.start()
            writers.wait_for_more(303, 5)
        assert httpx2.get(f"{base}/health", timeout=PATIENCE).status_code == 200
    assert_it_was_said(writers)
    assert_nothing_is_lost_or_half_written(settings, writers.acknowledged)


def test_a_full_disk_under_sqlite_is_said_and_over_when_there_is_space():
    with small_disk() as (folder, leave):
        settings = settle(f"sqlite:///{folder / 'room.sqlite'}")
        with served(settings) as base, Writers(base) as writers:
            writers.wait_for_more(303, 5)
            leave(128)
            writers.wait_for_more(503, 5)
            leave(8192)
            writers.wait_for_more(303, 5)
        assert_it_was_said(writers)
        assert_nothing_is_lost_or_half_written(settings, writers.acknowledged)


def test_a_full_disk_under_postgresql_is_said_and_over_when_there_is_space(cluster):
    with small_disk() as (folder, leave):
        shutil.chown(folder, "postgres")
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        cluster.execute("CREATE DATABASE full_disk TABLESPACE small")
        settings = settle(cluster.address("full_disk"))
        with served(settings) as base, Writers(base) as writers:
            writers.wait_for_more(303, 5)
            leave(128)
            writers.wait_for_more(503, 5)
            leave(8192)
            writers.wait_for_more(303, 5)
        assert_it_was_said(writers)
        assert_nothing_is_lost_or_half_written(settings, writers.acknowledged)
        cluster.execute("DROP DATABASE full_disk WITH (FORCE)")
        cluster.execute("DROP TABLESPACE small")


@ON_SQLITE
def test_a_file_that_may_grow_no_further_is_said_and_over_when_it_may(address):
    """The same without the right to mount: the kernel refuses the server what lies past a size."""
    settings = Settings(address, password_cost=64)
    port = free_port()
    server = multiprocessing.get_context("forkserver").Process(target=serve, args=(settings, port))
    server.start()
    try:
        wait_for(port)
        with Writers(f"http://127.0.0.1:{port}") as writers:
            writers.wait_for_more(303, 5)
            most = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (512 * 1024, most))
            writers.wait_for_more(503, 5)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, most))
            writers.wait_for_more(303, 5)
    finally:
        server.terminate()
        server.join()
    assert_it_was_said(writers)
    assert_nothing_is_lost_or_half_written(settings, writers.acknowledged)
