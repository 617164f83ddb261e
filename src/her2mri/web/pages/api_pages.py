"""What programs can ask: the description as OpenAPI, and as a page for people."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from her2mri.dictionary import load_dictionary
from her2mri.web.api.description import GROUPS, description, operations
from her2mri.web.api.documented import SCOPE
from her2mri.web.api.findings import ROLES
from her2mri.web.pages.guard import MaybeVisitor
from her2mri.web.pages.render import page

router = APIRouter()
_SAID_ONCE: Final = ("200", "401", "403", "429", "503")


@router.get("/api/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI 3.1 description."""
    return JSONResponse(description(request.app))


@router.get("/api")
def api_page(request: Request, visitor: MaybeVisitor) -> Response:
    """The same for people, without what only browsers ask."""
    described = description(request.app)
    groups: dict[str, list[dict[str, Any]]] = {group: [] for group in GROUPS.values()}
    for path, method, operation in operations(described):
        (group,) = operation["tags"]
        if group in groups:
            groups[group].append(_shown(path, method, operation, described["components"]["schemas"]))
    return page(
        request,
        "api",
        visitor,
        groups=groups,
        findings=list(load_dictionary().with_role(*ROLES)),
    )


def _shown(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """One operation; what every one may answer, and that all is well, the page says once."""
    return {
        "path": path,
        "method": method,
        "said": operation.get("description", "").split("\n\n"),
        "scope": operation.get(SCOPE, ""),
        "parameters": operation.get("parameters", []),
        "responses": {
            status: part["description"]
            for status, part in operation["responses"].items()
            if status not in _SAID_ONCE
        },
        "example": _example(operation, schemas),
    }


def _example(operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A made-up body, as the description has it; empty where none is sent."""
    for sent in operation.get("requestBody", {}).get("content", {}).values():
        schema = sent["schema"]
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        return json.dumps(schema["examples"][0], indent=2, ensure_ascii=False)
    return ""
