"""A table scored by two servers that are killed again and again: each lesion is answered once, and nothing is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from contextlib import closing, contextmanager
from itertools import cycle

import httpx2
import pytest
from server import free_port, serve, wait_for
from sqlalchemy import select
from test_killed import processes, settings, signed_in
from uploaded import as_csv, table

from her2mri.web.audit_log import check_chain
from her2mri.web.database.tables import AuditEntry, Lesion, StoredAnswer
from her2mri.web.lesions.recompute import recompute
from her2mri.web.room import Room

pytestmark = pytest.mark.thorough
__all__ = ["processes", "settings"]

LESIONS = 150
KILLS = 5
ROWS = table(*[{}] * LESIONS)


def ask(base, cookies, fields, place):
    """One step, or None where the server dies meanwhile."""
    with httpx2.Client(base_url=base, cookies=cookies, timeout=30) as client:
        try:
            response = client.post(place, data=fields, headers={"Accept": "application/json"})
        except httpx2.TransportError:
            return None
    assert response.status_code == 200, response.text
    return response.json()["left"]


@contextmanager
def two_servers(settings, processes):
    """Two servers of one room, by port, and how one that was killed is started again."""
    servers = {}

    def start(port):
        servers[port] = processes.Process(target=serve, args=(settings, port))
        servers[port].start()
        wait_for(port)

    try:
        for _ in range(2):
            start(free_port())
        yield servers, start
    finally:
        for server in servers.values():
            server.kill()
            server.join()


def uploaded(base, token, cookies):
    """Where a table of many lesions is."""
    files = {"table": ("t.csv", as_csv(ROWS))}
    with httpx2.Client(base_url=base, cookies=cookies, timeout=60) as client:
        return client.post("/uploads", data={"form_token": token}, files=files).headers["location"]


def test_a_table_is_scored_once_by_servers_that_are_killed(settings, processes):
    chance = random.Random(11)
    with two_servers(settings, processes) as (servers, start):
        base = f"http://127.0.0.1:{next(iter(servers))}"
        client, token = signed_in(base)
        cookies = client.cookies
        client.close()
        place = uploaded(base, token, cookies)
        fields, kills = {"form_token": token, "version": "1"}, 0
        for port in cycle(list(servers)):  # one after the other goes on where the last was killed
            is_to_die, victim = kills < KILLS, servers[port]
            if is_to_die:
                killer = threading.Timer(1.2 * chance.random(), os.kill, (victim.pid, signal.SIGKILL))
                killer.start()
            left = ask(f"http://127.0.0.1:{port}", cookies, fields, f"{place}/score")
            if is_to_die:
                killer.join()
                victim.join()
                start(port)
                kills += 1
            elif left == 0:
                break
    room = Room.of(settings)
    with closing(room.database), room.database.reading() as session:
        names = Counter(session.scalars(select(Lesion.pseudonym)))
        assert names == Counter(row["lesion_id"] for row in ROWS)
        answers = list(session.scalars(select(StoredAnswer)))
        assert Counter(answer.lesion_id for answer in answers) == Counter(session.scalars(select(Lesion.id)))
        stored = [
            json.loads(entry.detail)["answer"]
            for entry in session.scalars(select(AuditEntry).where(AuditEntry.action == "answer stored"))
        ]
        assert sorted(stored) == sorted(answer.id for answer in answers)
        actions = Counter(session.scalars(select(AuditEntry.action)))
        assert actions["scoring begun"] == actions["scoring ended"] == actions["table uploaded"] == 1
        assert check_chain(session).is_whole
        assert recompute(room, session).same == LESIONS
