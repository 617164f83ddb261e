"""What the OpenAPI description promises is so, whatever is sent: schemathesis makes requests from it.

Its examples are the same in every run. Pages are sent what the description lets them be sent: none may fail.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from programs import program_at, token_of
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from visits import ON_SQLITE

from her2mri.web.api.description import PAGES, description
from her2mri.web.application import pages
from her2mri.web.people.roles import Role
from her2mri.web.people.tokens import scopes_for

pytestmark = [ON_SQLITE, pytest.mark.thorough]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
ENDS_THE_VISIT = {"/sign-out", "/password", "/sign-in"}


def operations(*, of_pages: bool) -> list[APIOperation]:
    described = deepcopy(description(pages()))
    del described["components"]["securitySchemes"]  # who asks is not for schemathesis to make up
    for methods in described["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(described)
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if (PAGES in operation.tags) == of_pages]


def takes_something(operation: APIOperation) -> bool:
    return bool(operation.body or operation.query)


def try_out(operation: APIOperation, mode: GenerationMode, many: int, ask: Callable[[Case], None]) -> None:
    @settings(
        max_examples=many,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(operation.as_strategy(generation_mode=mode))
    def each(case: Case) -> None:
        ask(case)

    try:
        each()
    except Unsatisfiable:
        assert mode == GenerationMode.NEGATIVE  # a path that takes any text cannot be asked wrongly


def send(client: Any, case: Case, headers: dict[str, str]) -> Response:
    """The request of a case, with headers of ours in place of its own."""
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    kept = {name: sent["headers"][name] for name in ("Content-Type",) if name in sent["headers"]}
    sent = {name: sent[name] for name in ("params", "json", "data", "files") if sent.get(name)} | {
        "method": sent["method"],
        "url": sent["url"],
    }
    if isinstance(sent.get("data"), bytes | str):
        sent["content"] = sent.pop("data")
    if "files" in sent:  # fields of a form too; the client wants their text
        sent["files"] = [
            (part, (value[0], _as_text(value[1])) if isinstance(value, tuple) else (None, _as_text(value)))
            for part, value in sent["files"]
        ]
    return client.request(headers=kept | headers, **sent)


def _as_text(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.parametrize("mode", MODES)
def test_programs_get_what_is_described_and_never_a_failure(room, mode):
    free = replace(room, settings=replace(room.settings, requests_per_minute=10**9))
    statuses: dict[str, set[int]] = {}
    for name, role in (("reader.one", Role.READER), ("the.administrator", Role.ADMINISTRATOR)):
        program = program_at(free, token_of(free, name, *scopes_for(role)))
        headers = {"Authorization": f"Bearer {program.token}"}

        def ask(case: Case) -> None:
            response = send(program.client, case, headers)  # noqa: B023 - called before the next round
            statuses.setdefault(case.operation.label, set()).add(response.status_code)
            case.validate_response(response, checks=CHECKS)

        for operation in operations(of_pages=False):
            try_out(operation, mode, 25 if role == Role.READER else 5, ask)
    reached = statuses["POST /api/predict"]
    assert reached >= ({200, 403, 422} if mode == GenerationMode.POSITIVE else {422})


@pytest.mark.parametrize("mode", MODES)
def test_no_page_fails_whatever_a_form_or_an_address_holds(visit, mode):
    asked = set()
    for name in ("reader.one", "the.researcher", "the.administrator"):
        someone = visit(name)

        def ask(case: Case) -> None:
            if isinstance(case.body, dict):
                case.body["form_token"] = someone.token  # noqa: B023
            asked.add(case.operation.label)
            assert send(someone.client, case, {}).status_code < 500, case.operation.label  # noqa: B023

        for operation in operations(of_pages=True):
            if operation.path not in ENDS_THE_VISIT and takes_something(operation):
                try_out(operation, mode, 3 if mode == GenerationMode.POSITIVE else 1, ask)
    assert {"POST /lesions", "POST /people/{number}", "POST /tokens"} <= asked
