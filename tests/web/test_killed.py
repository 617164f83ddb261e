"""The server is killed at random moments while lesions are saved: what was acknowledged is there, and whole."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from itertools import count

import httpx2
import pytest
from server import free_port, serve, wait_for
from stored import assert_nothing_is_lost_or_half_written
from visits import PASSWORD, TOKEN, given

from her2mri.web.settings import Settings

pytestmark = pytest.mark.thorough

KILLS = int(os.environ.get("HER2MRI_KILLS", "10"))
LONGEST = 0.1  # seconds before the next kill


@pytest.fixture
def settings(address):
    return Settings(address, password_cost=64, failures_until_locked=1000)


@pytest.fixture(scope="module")
def processes():
    """Processes that start at once, because the one they come from has read everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["her2mri.web.application"])
    return context


def signed_in(base):
    client = httpx2.Client(base_url=base, timeout=60)
    token = TOKEN.search(client.get("/sign-in").text)[1]
    sent = {"name": "reader.one", "password": PASSWORD, "form_token": token}
    assert client.post("/sign-in", data=sent).status_code == 303
    return client, TOKEN.search(client.get("/password").text)[1]


def write_until_it_dies(base, cookies, token, prefix, acknowledged):
    """Over a connection of its own: the last one died with the server."""
    with httpx2.Client(base_url=base, cookies=cookies, timeout=60) as client:
        for number in count(1):
            fields = {"form_token": token, "pseudonym": f"{prefix}-{number}", **FIELDS}
            try:
                response = client.post("/lesions", data=fields)
            except httpx2.TransportError:
                return
            assert response.status_code == 303
            acknowledged.append(fields["pseudonym"])


FIELDS = given()


def test_a_server_that_is_killed_loses_nothing_that_it_acknowledged(settings, processes):
    chance = random.Random(7)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    acknowledged: list[str] = []
    sessions: list[tuple[httpx2.Cookies, str]] = []  # which the kills must not end
    for kill in range(KILLS):
        server = processes.Process(target=serve, args=(settings, port))
        server.start()
        wait_for(port)
        while len(sessions) < 2:
            client, token = signed_in(base)
            sessions.append((client.cookies, token))
            client.close()
        writers = [
            threading.Thread(target=write_until_it_dies, args=(base, *own, f"K{kill}.{i}", acknowledged))
            for i, own in enumerate(sessions)
        ]
        for writer in writers:
            writer.start()
        before, end = len(acknowledged), time.monotonic() + 20
        while kill % 3 and len(acknowledged) == before and time.monotonic() < end:
            time.sleep(0.002)  # two of three are killed when it writes, the third when it may only have begun
        time.sleep(LONGEST * chance.random())
        os.kill(server.pid, signal.SIGKILL)
        server.join()
        for writer in writers:
            writer.join()
    assert len(acknowledged) >= KILLS // 2
    assert_nothing_is_lost_or_half_written(settings, acknowledged)


def test_two_servers_write_to_one_database_at_once(settings, processes):
    acknowledged: list[str] = []
    ports = [free_port(), free_port()]
    servers = [processes.Process(target=serve, args=(settings, port)) for port in ports]
    for server, port in zip(servers, ports, strict=True):
        server.start()
        wait_for(port)

    def write(client, token, prefix):
        for number in range(8):
            fields = {"form_token": token, "pseudonym": f"{prefix}-{number}", **FIELDS}
            assert client.post("/lesions", data=fields).status_code == 303
            acknowledged.append(fields["pseudonym"])

    try:
        clients = [signed_in(f"http://127.0.0.1:{port}") for port in ports * 2]
        writers = [
            threading.Thread(target=write, args=(*client, f"W{i}")) for i, client in enumerate(clients)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        for client, _ in clients:
            client.close()
    finally:
        for server in servers:
            server.terminate()
            server.join()
    assert len(acknowledged) == 32
    assert_nothing_is_lost_or_half_written(settings, acknowledged)
