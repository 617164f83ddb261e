"""A browser that costs little: one connection that is kept, requests one after the other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode

TOKEN = re.compile(rb'name="form_token" value="([^"]+)"')


@dataclass(frozen=True)
class Answered:
    """One answer: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        """The token of the first form in the page."""
        found = TOKEN.search(self.body)
        if found is None:
            raise ValueError(f"a page of status {self.status} without a form")
        return found[1].decode()


@dataclass
class Browser:
    """Keeps its cookies; raises OSError or asyncio.IncompleteReadError where the server goes away."""

    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def at(cls, port: int) -> Self:
        """Connected to this machine's port."""
        return cls(port, *await asyncio.open_connection("127.0.0.1", port))

    async def get(self, path: str) -> Answered:
        """A page."""
        return await self._ask("GET", path, b"")

    async def post(self, path: str, fields: Mapping[str, object]) -> Answered:
        """A form."""
        return await self._ask("POST", path, urlencode(fields).encode())

    async def sign_in(self, name: str, password: str) -> str:
        """The token of this session's forms."""
        form = (await self.get("/sign-in")).token
        answered = await self.post("/sign-in", {"name": name, "password": password, "form_token": form})
        if answered.status != 303:
            raise ValueError(f"{name} could not sign in: {answered.status}")
        return (await self.get("/password")).token

    async def connect_again(self) -> None:
        """On a new connection: servers hang up on those that were idle for some seconds."""
        await self.close()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        await self.writer.wait_closed()

    async def _ask(self, method: str, path: str, body: bytes) -> Answered:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if self.cookies:
            head += "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()) + "\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
            if name.lower() == "set-cookie":
                self._keep(value)
        answer = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answered(int(lines[0].split(" ", 2)[1]), headers, answer)

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.split(";", 1)[0].partition("=")
        if value.strip('"'):
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)
