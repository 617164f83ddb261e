"""How much may be sent to one place, and to the others."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.responses import PlainTextResponse
from visits import client_of

from her2mri.web.middleware import LARGEST_BODY, BodyLimit


def test_a_place_that_takes_more_takes_that_and_no_more_and_holds_little_of_it_in_memory():
    async def length(scope, receive, send):
        read, more = 0, True
        while more:
            message = await receive()
            assert len(message["body"]) <= LARGEST_BODY
            read, more = read + len(message["body"]), message["more_body"]
        await PlainTextResponse(str(read))(scope, receive, send)

    client = client_of(BodyLimit(length, larger={"/large": 2 * LARGEST_BODY}), "203.0.113.7")
    for path in ("/large", "/large/below"):
        assert client.post(path, content=b"x" * 2 * LARGEST_BODY).text == str(2 * LARGEST_BODY)
        assert client.post(path, content=b"x" * (2 * LARGEST_BODY + 1)).status_code == 413
    assert client.post("/larger", content=b"x" * (LARGEST_BODY + 1)).status_code == 413
    assert client.post("/", content=b"x" * LARGEST_BODY).text == str(LARGEST_BODY)


def test_a_body_that_does_not_end_is_refused():
    sent = []

    async def pages(*_):
        raise AssertionError("the pages were reached")

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": [], "method": "POST"}
    with ThreadPoolExecutor(1) as another:  # a browser of other tests may run its events in this thread
        another.submit(asyncio.run, BodyLimit(pages, seconds=0.05)(scope, receive, send)).result()
    assert sent[0]["status"] == 408
