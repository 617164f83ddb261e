"""The findings of a lesion as the API takes them: a model made from the dictionary, with its levels and bounds."""

from __future__ import annotations

import math
from functools import partial
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from her2mri.bundle.lesion import number_of
from her2mri.dictionary import DataDictionary, Variable, load_dictionary

ROLES: Final = ("predictor", "eligibility")
"""What a model may ask for, and what its exclusions speak of."""


def findings_model(dictionary: DataDictionary) -> type[BaseModel]:
    """A model with a field for each finding, none of them required; others are refused."""
    fields: dict[str, Any] = {
        variable.name: (
            Annotated[
                str | float | None,
                BeforeValidator(partial(_checked, variable)),
                WithJsonSchema(_schema(variable)),
            ],
            Field(default=None),
        )
        for variable in dictionary.with_role(*ROLES)
    }
    return create_model("Findings", __config__=ConfigDict(extra="forbid"), **fields)


def _checked(variable: Variable, given: object) -> str | float | None:
    """The value, strictly as the dictionary spells it: other spellings are for people, not for programs."""
    if given is None:
        return None
    if variable.is_categorical:
        if isinstance(given, str) and given in variable.values:
            return given
        raise _refused("is not a level", ", ".join(variable.values))
    low, high = _bounds(variable)
    try:
        number = number_of(variable, given)
    except ValueError as error:
        raise _refused(str(error), f"{low:g} to {high:g} {variable.unit}".strip()) from error
    if number is None or not math.isfinite(number):
        raise _refused("must be a number", f"{low:g} to {high:g} {variable.unit}".strip())
    return number


def _refused(problem: str, allowed: str) -> PydanticCustomError:
    return PydanticCustomError("finding", "{problem}", {"problem": problem, "allowed": allowed})


def _schema(variable: Variable) -> dict[str, Any]:
    said = {"title": variable.title, "description": variable.description}
    shown = {key: text for key, text in said.items() if text}
    if variable.is_categorical:
        return {**shown, "enum": [*variable.values, None]}
    low, high = _bounds(variable)
    return {**shown, "type": ["number", "null"], "minimum": low, "maximum": high}


def _bounds(variable: Variable) -> tuple[float, float]:
    return variable.bounds or (-1e9, 1e9)


def made_up(dictionary: DataDictionary) -> JsonDict:
    """A lesion for examples: the last level, or the middle of where a median is expected."""
    return {
        variable.name: variable.values[-1]
        if variable.is_categorical
        else round(sum(variable.typical or _bounds(variable)) / 2, 2)
        for variable in dictionary.with_role("predictor")
    }


class Findings(findings_model(load_dictionary())):  # type: ignore[misc] # made from data
    """What is known of a lesion, by the names, levels and units of the dictionary; the rest is left out or null."""
