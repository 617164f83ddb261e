"""The value of one FHIR Observation as the dictionary stores it: a level, or a number in the dictionary's unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from her2mri.dictionary.codes import Codes
from her2mri.dictionary.variable import Variable
from her2mri.errors import Fault


def observed_value(
    resource: Mapping[str, Any], variable: Variable, codes: Codes, where: str, faults: list[Fault]
) -> str | float | None:
    """The value; None where there is none that can be read, and why is added to ``faults``."""
    try:
        if variable.is_categorical:
            return _level(resource, variable, codes)
        return _number(resource, variable, codes)
    except ValueError as error:
        faults.append(Fault(where, str(error), allowed=allowed_values(variable, codes), column=variable.name))
        return None


def allowed_values(variable: Variable, codes: Codes) -> str:
    """What a value of this variable may be, in words."""
    if variable.is_categorical:
        return ", ".join(f"{variable.name}.{value}" for value in variable.values)
    low, high = variable.bounds or (-1e9, 1e9)
    return f"{low:g} to {high:g} {codes.units[variable.unit]}"


def _level(resource: Mapping[str, Any], variable: Variable, codes: Codes) -> str:
    concept = resource.get("valueCodeableConcept")
    coding = concept.get("coding") if isinstance(concept, Mapping) else None
    if isinstance(coding, list):
        found = {
            codes.level(variable, str(part.get("system")), str(part.get("code")))
            for part in coding
            if isinstance(part, Mapping)
        } - {None}
        if len(found) == 1:
            (level,) = found
            assert level is not None
            return level
        if found:
            raise ValueError("the codes of the value name several levels")
    text = resource.get("valueString")
    if isinstance(text, str) and (spelled := variable.spellings().get(text.strip().casefold())):
        return spelled
    raise ValueError("has no value that is a level known here")


def _number(resource: Mapping[str, Any], variable: Variable, codes: Codes) -> float:
    quantity = resource.get("valueQuantity")
    if not isinstance(quantity, Mapping):
        raise ValueError("needs a valueQuantity")
    value = quantity.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_ordinary(value):
        raise ValueError("needs a number as its value")
    if quantity.get("comparator") is not None:
        raise ValueError("is only bounded by a comparator, not measured")
    system = quantity.get("system", codes.ucum)
    unit = quantity.get("code") or quantity.get("unit") or "1"
    if system != codes.ucum or not isinstance(unit, str):
        raise ValueError(f"needs a unit of {codes.ucum}")
    number = float(Decimal(str(value)) * _factor(codes.unit_spellings.get(unit, unit), variable, codes))
    low, high = variable.bounds or (-1e9, 1e9)
    if not low <= number <= high:
        raise ValueError("is impossible")
    return number


def _factor(unit: str, variable: Variable, codes: Codes) -> Decimal:
    """What makes this unit that of the dictionary: 1, or what the dictionary knows of slips."""
    if unit == codes.units[variable.unit]:
        return Decimal(1)
    for slip in variable.unit_slips:
        if unit == codes.units[slip.unit]:
            return Decimal(str(slip.factor))
    raise ValueError("has a unit that is not known for it")


def _is_ordinary(value: float) -> bool:
    return math.isfinite(value) and abs(value) < 1e12 if isinstance(value, float) else abs(value) < 10**12
