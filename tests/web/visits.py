"""What a browser does at the room: gets pages, sends their forms, keeps cookies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from typed_case import LESION

from her2mri.bundle.chain import Chain, read_chain
from her2mri.bundle.wording import ask
from her2mri.errors import LesionError
from her2mri.web.lesions.answering import shares_of
from her2mri.web.lesions.models import starting_bundles

ON_SQLITE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True, scope="session")
"""For what is refused before any database is asked: once is enough."""

PASSWORD = "an orange bicycle in fog"
CHAIN = read_chain(starting_bundles())
assert isinstance(CHAIN, Chain)
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


def shares(
    lesion: Mapping[str, str | float], prevalence: tuple[float | None, ...] = (None, None)
) -> list[float]:
    """What the calculator in the page would show."""
    return shares_of(ask(CHAIN, lesion, prevalence).as_dict())


@dataclass
class Visit:
    """One browser. ``token`` is that of the page it saw last."""

    client: TestClient
    token: str = ""

    def get(self, path: str, **options: Any) -> Response:
        response = self.client.get(path, **options)
        self._see(response)
        return response

    def post(self, path: str, fields: Mapping[str, object] = {}, **options: Any) -> Response:
        """Send a form with the token of the page seen last."""
        response = self.client.post(path, data={"form_token": self.token, **fields}, **options)
        self._see(response)
        return response

    def sign_in(self, name: str, password: str = PASSWORD) -> Response:
        self.get("/sign-in")
        return self.post("/sign-in", {"name": name, "password": password})

    def save(
        self,
        pseudonym: str = "BR-0417",
        known: Mapping[str, object] | None = None,
        **other: object,
    ) -> Response:
        """A new lesion, as the page sends it; ``other`` fields in place of the page's."""
        return self.post("/lesions", {"pseudonym": pseudonym, **given(known), **other})

    def correct(self, place: str, revision: int, known: Mapping[str, object], **other: object) -> Response:
        return self.post(place, {"revision": revision, **given(known), **other})

    def _see(self, response: Response) -> None:
        if found := TOKEN.search(response.text):
            self.token = unescape(found[1])


def given(lesion: Mapping[str, Any] | None = None) -> dict[str, object]:
    """The hidden fields of the form; an answer of the usual lesion where this one has none."""
    known = dict(LESION if lesion is None else lesion)
    try:
        seen = shares(known)
    except LesionError:
        seen = shares(LESION)
    return {
        "model": 1,
        "lesion": json.dumps(known),
        "prevalence": "[null, null]",
        "seen": json.dumps(seen),
    }


def client_of(app: ASGIApp, address: str) -> TestClient:
    """A browser without memory, somewhere."""
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, client=(address, 50000))
