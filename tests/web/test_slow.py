"""Who sends drop by drop, or without end, is hung up on; others are answered meanwhile."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import httpx2
import pytest
from server import served
from visits import ON_SQLITE

from her2mri.web.protocol import LARGEST_HEAD, LONGEST_HEAD, Impatient

pytestmark = ON_SQLITE
HEAD = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def base(room):
    with served(room.settings) as found:
        yield found


def connected(base):
    found = socket.create_connection(("127.0.0.1", httpx2.URL(base).port), timeout=60)
    return closing(found)


def test_a_head_that_does_not_end_is_hung_up_on_and_others_are_answered_meanwhile(base, monkeypatch):
    monkeypatch.setattr(Impatient, "seconds", 0.5)
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(base)) for _ in range(100)]
        for connection in slow[1:]:  # the first says nothing at all
            connection.sendall(HEAD)
        assert httpx2.get(f"{base}/health", timeout=60).status_code == 200
        assert [connection.recv(1) for connection in slow] == [b""] * len(slow)


def test_a_head_that_comes_in_pieces_in_time_is_answered_again_and_again(base, monkeypatch):
    monkeypatch.setattr(Impatient, "seconds", 5)
    with connected(base) as connection, connection.makefile("rb") as answers:
        for _ in range(3):
            for piece in (HEAD[:10], HEAD[10:], b"\r\n"):
                connection.sendall(piece)
            assert answers.readline().startswith(b"HTTP/1.1 200")
            while (line := answers.readline()) != b"\r\n":
                if line.startswith(b"content-length"):
                    length = int(line.split(b":")[1])
            answers.read(length)


def test_a_head_larger_than_any_browser_sends_is_refused(base):
    with connected(base) as connection:
        connection.sendall(HEAD + b"Cookie: " + b"x" * 2 * LARGEST_HEAD)
        assert connection.recv(20).startswith(b"HTTP/1.1 400")
    assert LONGEST_HEAD == 10
