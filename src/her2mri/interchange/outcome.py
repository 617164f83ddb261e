"""Faults as an OperationOutcome of FHIR R4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from her2mri.errors import Fault

CODES: Final = {
    400: "structure",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    413: "too-long",
    415: "not-supported",
    422: "invalid",
    429: "throttled",
    500: "exception",
    503: "transient",
}
"""The issue type of each HTTP status."""


def operation_outcome(faults: Iterable[Fault], code: str) -> dict[str, Any]:
    """One issue a fault, all of the type ``code``."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(fault, code) for fault in faults]}


def _issue(fault: Fault, code: str) -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": str(fault)}
    if "." in fault.where:
        issue["expression"] = [fault.where]
    return issue
