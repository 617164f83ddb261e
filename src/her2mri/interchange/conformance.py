"""What a FHIR R4 server of this kind says of itself: its capabilities, its operation and its code system."""

from __future__ import annotations

from typing import Any, Final

from her2mri import __version__
from her2mri.dictionary.codes import Codes

FHIR_VERSION: Final = "4.0.1"
_SINCE: Final = "2026-01-01"
_NAME: Final = "Her2mriPredict"


def capability_statement(base: str) -> dict[str, Any]:
    """The CapabilityStatement of a server at the address ``base``."""
    operation = {
        "name": "predict",
        "definition": f"{base}/OperationDefinition/predict",
        "documentation": "One lesion's Observations in, the probability of each class out. Nothing is stored.",
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _SINCE,
        "kind": "instance",
        "software": {"name": "her2mri reading room", "version": __version__},
        "implementation": {"description": "her2mri reading room", "url": base},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": "Authorization: Bearer, a token of the room with the scope predict."
                },
                "resource": [
                    {"type": "RiskAssessment", "operation": [operation]},
                    {"type": "OperationDefinition", "interaction": [{"code": "read"}]},
                    {"type": "CodeSystem", "interaction": [{"code": "read"}]},
                ],
            }
        ],
    }


def operation_definition(base: str) -> dict[str, Any]:
    """The OperationDefinition of ``RiskAssessment/$predict`` of a server at ``base``."""
    return {
        "resourceType": "OperationDefinition",
        "id": "predict",
        "url": f"{base}/OperationDefinition/predict",
        "version": __version__,
        "name": _NAME,
        "title": "Probability of each class of one lesion",
        "status": "active",
        "kind": "operation",
        "affectsState": False,
        "code": "predict",
        "resource": ["RiskAssessment"],
        "system": False,
        "type": True,
        "instance": False,
        "parameter": [
            {
                "name": "lesion",
                "use": "in",
                "min": 1,
                "max": "1",
                "type": "Bundle",
                "documentation": "The Observations of one lesion, each finding once, and no other resource.",
            },
            {
                "name": "return",
                "use": "out",
                "min": 1,
                "max": "1",
                "type": "RiskAssessment",
                "documentation": "Probabilities in per cent, as R4 has them, each with its 95 % interval.",
            },
        ],
    }


def code_system(codes: Codes) -> dict[str, Any]:
    """The dictionary as a CodeSystem: a concept a variable, and below it one a level."""
    variables = list(dict.fromkeys(codes.variables.values()))
    return {
        "resourceType": "CodeSystem",
        "id": codes.dictionary.name,
        "url": codes.system,
        "version": codes.dictionary.version,
        "name": f"{codes.dictionary.name.capitalize()}Dictionary",
        "title": codes.dictionary.title,
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "hierarchyMeaning": "part-of",
        "count": sum(1 + len(variable.levels) for variable in variables),
        "property": [
            {"code": "unit", "type": "string", "description": "The unit of a measurement, in UCUM"},
            {"code": "same", "type": "Coding", "description": "A code of another system that means the same"},
        ],
        "concept": [_concept(codes, name) for name in (variable.name for variable in variables)],
    }


def _concept(codes: Codes, name: str) -> dict[str, Any]:
    variable = codes.dictionary[name]
    found: dict[str, Any] = {"code": name, "display": variable.label}
    if variable.description:
        found["definition"] = variable.description
    properties = [
        {"code": "same", "valueCoding": {"system": c.system, "code": c.code, "display": c.display}}
        for c in codes.of(variable)[1:]
    ]
    if not variable.is_categorical:
        properties.append({"code": "unit", "valueString": codes.units[variable.unit]})
    if properties:
        found["property"] = properties
    if variable.levels:
        found["concept"] = [
            {"code": f"{name}.{value}", "display": variable.label_of(value)} for value in variable.values
        ]
    return found
