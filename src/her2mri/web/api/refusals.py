"""How programs are refused: every fault in one body, in the form that the path speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from her2mri.errors import Fault
from her2mri.interchange.outcome import CODES, operation_outcome
from her2mri.web.lesions.given import unknown_field

FHIR: Final = "application/fhir+json"
_FOR_PROGRAMS: Final = ("/api/", "/fhir/", "/cds-services", "/metrics")
_SAID: Final = {
    401: "a token is needed: Authorization: Bearer TOKEN",
    403: "this token does not include it",
    404: "there is none, or it is not yours to see",
    405: "cannot be asked for in that way",
    503: "the database is away, busy or full: try again in a minute, and look first whether it was stored",
}


class RefusedError(Exception):
    """What a program asked for is not done."""

    def __init__(self, status: int, faults: Iterable[Fault] = (), headers: Mapping[str, str] = {}) -> None:
        self.status = status
        self.faults = tuple(faults)
        self.headers = dict(headers)
        super().__init__(status)


def is_for_programs(path: str) -> bool:
    """Whether a program asks here, not a browser."""
    return path.startswith(_FOR_PROGRAMS)


def refusal(
    request: Request, status: int, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request that is refused."""
    said = tuple(faults) or (Fault("request", _SAID.get(status, "cannot be done")),)
    content: dict[str, Any]
    if request.url.path.startswith("/fhir/"):
        content = operation_outcome(said, CODES.get(status, "processing"))
        return JSONResponse(content, status, headers, FHIR)
    content = {"faults": [fault.as_dict() for fault in said]}
    return JSONResponse(content, status, headers)


def faults_of(error: RequestValidationError) -> list[Fault]:
    """What is wrong with a request, fault by fault. Names and values that nobody knows are not repeated."""
    return [_fault(problem) for problem in error.errors()]


def _fault(found: Mapping[str, Any]) -> Fault:
    place = list(found["loc"])
    if found["type"] == "json_invalid":
        return Fault("body", "is not one JSON object")
    if found["type"] == "extra_forbidden":
        return replace(unknown_field(str(place[-1])), where=_where(place[:-1]))
    if found["type"] == "finding":
        context = found["ctx"]
        problem, allowed = str(context["problem"]), str(context["allowed"])
        return Fault(_where(place[:-1]), problem, allowed=allowed, column=str(place[-1]))
    return Fault(_where(place), str(found["msg"]))


def _where(place: Sequence[str | int]) -> str:
    """``("body", "lesions", 2, "findings")`` as ``lesions[2].findings``."""
    text = ""
    for part in place[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or str(place[0])
