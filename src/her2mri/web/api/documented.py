"""What the description of the API says of refusals, scopes and resources, the same for every route."""

from __future__ import annotations

from typing import Any, Final

from her2mri.interchange.observations import MOST
from her2mri.web.api.refusals import FHIR
from her2mri.web.api.schemas import Refused
from her2mri.web.people.tokens import Scope

SCOPE: Final = "x-token-scope"
_REASONS: Final = {
    401: "No token, or none that lets in",
    403: "The token does not include it",
    404: "There is none, or it is not yours to see",
    409: "Another model came into use meanwhile",
    412: "The prefetch is missing",
    422: "What was sent cannot be taken: every fault",
    429: "Too many requests, or too many guesses from this address: Retry-After says when",
    503: "The database does not answer now, or no model is in use",
}
_GUARDED: Final = (401, 403, 429, 503)

EXAMPLE: Final = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "85329-1"}]},
                "subject": {"reference": "Patient/p-17"},
                "valueQuantity": {"value": 60, "system": "http://unitsofmeasure.org", "code": "%"},
            }
        }
    ],
}
CALL: Final = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/example", "patientId": "p-17"},
    "prefetch": {"findings": EXAMPLE},
}
"""Made up, as all examples are."""


def needs(scope: Scope) -> dict[str, Any]:
    """What a route's description says of the scope that its token needs."""
    return {SCOPE: scope.value}


def refusals(*statuses: int, guarded: bool = True) -> dict[int | str, dict[str, Any]]:
    """How a route refuses; ``guarded``: also without a token, or with one that asks too often."""
    found = sorted({*statuses, *(_GUARDED if guarded else ())})
    return {status: {"model": Refused, "description": _REASONS[status]} for status in found}


def fhir_responses(resource: str, *statuses: int, guarded: bool = False) -> dict[int | str, dict[str, Any]]:
    """The resource that a route answers with, and OperationOutcomes where it refuses."""
    found = sorted({*statuses, *(_GUARDED if guarded else ())})
    content: dict[int | str, dict[str, Any]] = {200: _resource(resource, f"The {resource}")}
    return content | {status: _resource("OperationOutcome", _REASONS[status]) for status in found}


def _resource(kind: str, said: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"const": kind}},
    }
    return {"description": said, "content": {FHIR: {"schema": schema}}}


def _bundle_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["resourceType", "entry"],
        "properties": {
            "resourceType": {"const": "Bundle"},
            "entry": {"type": "array", "maxItems": MOST, "items": {"type": "object"}},
        },
    }


OBSERVATIONS: Final[dict[str, Any]] = {
    "examples": [EXAMPLE],
    "title": "A Bundle of the Observations of one lesion, or Parameters with it as lesion",
    "anyOf": [
        _bundle_schema(),
        {
            "type": "object",
            "required": ["resourceType", "parameter"],
            "properties": {
                "resourceType": {"const": "Parameters"},
                "parameter": {"type": "array", "items": {"type": "object"}},
            },
        },
    ],
}
HOOK_CALL: Final[dict[str, Any]] = {
    "examples": [CALL],
    "title": "A call of CDS Hooks 2.0",
    "type": "object",
    "required": ["hook", "hookInstance", "context"],
    "properties": {
        "hook": {"const": "patient-view"},
        "hookInstance": {"type": "string", "format": "uuid"},
        "context": {
            "type": "object",
            "properties": {"patientId": {"type": "string"}},
            "required": ["patientId"],
        },
        "prefetch": {"type": "object", "properties": {"findings": _bundle_schema()}},
    },
}
