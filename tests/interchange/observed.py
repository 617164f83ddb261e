"""Observations as another system sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typed_case import LESION

from her2mri.dictionary.codes import load_codes

CODES = load_codes()
DICTIONARY = CODES.dictionary


def observation(name: str, value: str | float, **other: Any) -> dict[str, Any]:
    """One finding, by the codes of the dictionary's own system; ``other`` fields in place of these."""
    variable = DICTIONARY[name]
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": CODES.system, "code": name}]},
        "subject": {"reference": "Patient/p-17"},
    }
    if isinstance(value, str):
        found["valueCodeableConcept"] = {"coding": [{"system": CODES.system, "code": f"{name}.{value}"}]}
    else:
        code = CODES.units[variable.unit]
        found["valueQuantity"] = {"value": value, "system": CODES.ucum, "code": code}
    return found | other


def bundle_of(*resources: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": dict(resource)} for resource in resources],
    }


def observed(lesion: Mapping[str, str | float] = LESION) -> dict[str, Any]:
    """A whole lesion."""
    return bundle_of(*(observation(name, value) for name, value in lesion.items()))
