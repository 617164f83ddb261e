"""What a program does at the room: asks with a token, without cookies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient
from visits import client_of

from her2mri.web.application import application
from her2mri.web.people.accounts import account_named
from her2mri.web.people.roles import Role
from her2mri.web.people.sessions import Visitor
from her2mri.web.people.tokens import make_token
from her2mri.web.room import Room


@dataclass
class Program:
    client: TestClient
    token: str = ""

    def get(self, path: str, **options: Any) -> Response:
        return self.client.get(path, headers=self._headers(), **options)

    def post(self, path: str, content: object, **options: Any) -> Response:
        return self.client.post(path, json=content, headers=self._headers(), **options)

    def predict(self, findings: object, **other: object) -> Response:
        """One lesion."""
        given = {name: other.pop(name) for name in ("pseudonym",) if name in other}
        return self.post("/api/predict", {"lesions": {"findings": findings, **given}, **other})

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def token_of(room: Room, name: str, *scopes: str, days: int = 90) -> str:
    with room.database.writing() as session:
        account = account_named(session, name)
        assert account is not None
        role = Role(account.role)
        visitor = Visitor(account.id, name, role, "", "", must_change_password=False, seen_at=room.now())
        return make_token(session, room.now(), visitor, name="a program", scopes=scopes, days=days)


def program_at(room: Room, token: str = "", address: str = "203.0.113.9") -> Program:
    return Program(client_of(application(room), address), token)
