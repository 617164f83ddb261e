"""One lesion as it was typed or read: checked against the bundle's slice of the dictionary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Final

from her2mri.bundle.answer import Warned
from her2mri.bundle.canonical import strict_object
from her2mri.dictionary.rules import Exclusion, is_missing
from her2mri.dictionary.variable import Variable
from her2mri.errors import Fault, LesionError

WHERE: Final = "lesion"
_NAMED: Final = 5


@dataclass(frozen=True)
class Input:
    """A variable that the model uses: levels met in development, or the range there."""

    variable: Variable
    levels: tuple[str, ...] = ()
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Reading:
    """The inputs' values (None: missing), what must be said of them, and why the lesion cannot be answered."""

    values: dict[str, str | float | None]
    warnings: tuple[Warned, ...]
    refused: str = ""


def read_lesion(
    lesion: Mapping[str, object],
    inputs: tuple[Input, ...],
    exclusions: tuple[tuple[Exclusion, Variable], ...],
) -> Reading:
    """The lesion's inputs, checked.

    Raises LesionError with every value that is of the wrong type, not a level, or impossible.
    """
    if not isinstance(lesion, Mapping):
        raise LesionError([Fault(WHERE, "must be an object of names and values")])
    faults: list[Fault] = []
    values: dict[str, str | float | None] = {}
    warnings: list[Warned] = []
    refusals: list[str] = []
    for known in inputs:
        variable = known.variable
        try:
            value = _value(variable, lesion.get(variable.name))
        except ValueError as error:
            faults.append(_fault(variable, lesion.get(variable.name), str(error)))
            continue
        values[variable.name] = value
        if isinstance(value, str) and value not in known.levels:
            said = f"{variable.label} {variable.label_of(value)}"
            refusals.append(f"no development lesion had {said}, so the model knows nothing of it")
        if isinstance(value, float) and not known.low <= value <= known.high:
            warnings.append(_out_of_range(known, value))
    for exclusion, variable in exclusions:
        try:
            value = _value(variable, lesion.get(variable.name))
        except ValueError as error:
            faults.append(_fault(variable, lesion.get(variable.name), str(error)))
            continue
        if value in exclusion.equals:
            refusals.append(f"the model was not made for such lesions: {exclusion.label}")
    if faults:
        raise LesionError(faults)
    warnings += _ignored(lesion, inputs, exclusions)
    return Reading(values, tuple(warnings), "; ".join(refusals))


def _value(variable: Variable, given: object) -> str | float | None:
    """The value as the dictionary stores it; ValueError says what is wrong."""
    if is_missing(given) or given == "":
        return None
    return _level(variable, given) if variable.is_categorical else number_of(variable, given)


def _level(variable: Variable, given: object) -> str:
    if not isinstance(given, str | int | float):
        raise ValueError("must be one of the levels, as text")
    found = variable.spellings().get(str(given).strip().casefold())
    if found is None:
        raise ValueError("not a level")
    return found


def number_of(variable: Variable, given: object) -> float | None:
    """The number that was given for a measurement, None for NaN; ValueError says why it is impossible."""
    if isinstance(given, bool) or not isinstance(given, Real):
        raise ValueError("must be a number")
    try:
        value = float(given)
    except OverflowError as error:
        raise ValueError("must be a number of ordinary size") from error
    if math.isnan(value):
        return None
    low, high = variable.bounds or (-1e9, 1e9)
    if low <= value <= high:
        return value
    for slip in variable.unit_slips:
        if slip.low <= value <= slip.high:
            raise ValueError(f"impossible: it looks like {slip.unit}, multiply by {slip.factor:g}")
    raise ValueError("impossible")


def _fault(variable: Variable, given: object, problem: str) -> Fault:
    if variable.is_categorical:
        allowed = ", ".join(variable.values)
    else:
        low, high = variable.bounds or (-1e9, 1e9)
        allowed = f"{low:g} to {high:g} {variable.unit}".strip()
    return Fault(WHERE, problem, allowed=allowed, column=variable.name, value=_shown(given))


def _shown(given: object) -> str:
    """A value for a message: short, whatever it is."""
    if isinstance(given, int) and abs(given) > 10**18:
        return "a huge number"
    text = str(given) if isinstance(given, str | int | float) else type(given).__name__
    return text if len(text) <= 60 else text[:57] + "..."


def _out_of_range(known: Input, value: float) -> Warned:
    variable = known.variable
    met = f"{known.low:g} to {known.high:g} {variable.unit}".rstrip()
    message = f"{variable.label} {value:g} lies outside the development range ({met}): extrapolated"
    return Warned("out_of_range", message, variable.name)


def _ignored(
    lesion: Mapping[str, object],
    inputs: tuple[Input, ...],
    exclusions: tuple[tuple[Exclusion, Variable], ...],
) -> list[Warned]:
    used = {known.variable.name for known in inputs} | {variable.name for _, variable in exclusions}
    extra = [_shown(name) for name in lesion if not (isinstance(name, str) and name in used)]
    if not extra:
        return []
    named = ", ".join(extra[:_NAMED]) + (f" and {len(extra) - _NAMED} more" if len(extra) > _NAMED else "")
    return [Warned("ignored", f"not inputs of this model, so not used: {named}")]


def lesion_of_json(text: bytes) -> dict[str, object]:
    """A lesion written as one JSON object; LesionError where the text is something else."""
    try:
        return strict_object(text)
    except ValueError as error:
        raise LesionError([Fault(WHERE, f"not readable as one JSON object: {error}")]) from error
