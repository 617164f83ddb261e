"""The OpenAPI 3.1 description of all routes: what programs ask in full, pages as far as it helps. Decision 0187."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from her2mri import __version__
from her2mri.web.api.refusals import is_for_programs

GROUPS: Final = {
    "/api/": "JSON",
    "/fhir/": "FHIR R4",
    "/cds-services": "CDS Hooks 2.0",
    "/metrics": "Operation",
    "/health": "Operation",
}
PAGES: Final = "Pages"
_ABOUT: Final = (
    "Answers of frozen models to findings of breast lesions. A research tool, not a medical device. Programs come in "
    "by tokens that people make under Tokens; pages by a session's cookie, and forms by a token of that session."
)
_PAGE_RESPONSES: Final = {
    "200": "A page or a file",
    "303": "Sent elsewhere, to sign in among others",
    "304": "The browser has it",
    "403": "Not allowed",
    "404": "Not there, or not yours to see",
    "405": "Not asked for in this way",
    "409": "Changed meanwhile",
    "422": "The page again, with what is wrong",
    "429": "Too many attempts",
}


def description(app: FastAPI) -> dict[str, Any]:
    """The description of an application's routes; made once."""
    if app.openapi_schema is None:
        found = get_openapi(
            title="her2mri reading room",
            version=__version__,
            description=_ABOUT,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
        for path, _, operation in operations(found):
            _grouped(path, operation)
        schemes = found["components"].setdefault("securitySchemes", {})
        schemes["session"] = {"type": "apiKey", "in": "cookie", "name": "her2mri_session"}
        for name in ("HTTPValidationError", "ValidationError"):  # our refusals have another form
            found["components"]["schemas"].pop(name, None)
        app.openapi_schema = found
    return app.openapi_schema


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with its path and method."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _grouped(path: str, operation: dict[str, Any]) -> None:
    group = next((name for start, name in GROUPS.items() if path.startswith(start)), PAGES)
    operation["tags"] = [group]
    if group == PAGES:
        operation["responses"] = {status: {"description": said} for status, said in _PAGE_RESPONSES.items()}
        operation["security"] = [{"session": []}]
    elif is_for_programs(path):
        # FastAPI adds its own form of 422 wherever a path has a parameter; this room never answers it.
        bad = operation["responses"].get("422", {})
        if "HTTPValidationError" in str(bad):
            del operation["responses"]["422"]
