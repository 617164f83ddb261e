"""Codes as FHIR writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from her2mri.dictionary.codes import Code


def concept(codes: Iterable[Code], text: str) -> dict[str, Any]:
    """A CodeableConcept: every code that means the same, and what people read."""
    coding = [{"system": code.system, "code": code.code, "display": code.display} for code in codes]
    return {"coding": coding, "text": text} if coding else {"text": text}


def resource_id(name: str) -> str:
    """A name of the dictionary as a FHIR id, which takes no underscore.

    >>> resource_id("er_status")
    'er-status'
    """
    return name.replace("_", "-")
