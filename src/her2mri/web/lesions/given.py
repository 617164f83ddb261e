"""What a reader gave of a lesion, as it comes from the page: checked before any model is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from her2mri.bundle.canonical import strict_object
from her2mri.errors import Fault, InputError, LesionError
from her2mri.web.lesions.models import Answering

Lesion = dict[str, str | float]

PERSONAL: Final = re.compile(
    r"name|birth|dob|patient|address|phone|mail|insur|passport|geburt|姓名|出生", re.IGNORECASE
)


class ConflictError(InputError):
    """Something changed while the reader was typing: what they saw is no longer so."""


@dataclass(frozen=True)
class Given:
    """The lesion without what is not known, the prevalence of each bundle, and the answer that the page showed.

    ``answering`` is the model that the page showed the answer of.
    """

    answering: Answering
    lesion: Lesion
    prevalence: tuple[float | None, ...]
    seen: tuple[float, ...]


def read_given(answering: Answering, shown: int, lesion: str, prevalence: str, seen: str) -> Given:
    """The fields of a form that showed the model number ``shown``.

    Raises ConflictError where another model is in use, LesionError with every reason why they cannot be taken.
    """
    if answering.id != shown:
        raise ConflictError([Fault("model", "another one has come into use", remedy="read its answer")])
    found, faults = _lesion(answering.known, lesion)
    shares = _numbers(prevalence, "prevalence", faults)
    answer = _numbers(seen, "seen", faults)
    if not faults and len(shares) != len(answering.bundles):
        faults.append(Fault("prevalence", f"one for each of {len(answering.bundles)} models, or null"))
    faults += [
        Fault("prevalence", "must lie between 0 and 1", value=f"{share:g}")
        for share in shares
        if share is not None and not 0 < share < 1
    ]
    if not faults and not found:
        faults.append(Fault("lesion", "nothing is known of it", remedy="enter at least one finding"))
    if faults:
        raise LesionError(faults)
    return Given(answering, found, tuple(shares), tuple(share for share in answer if share is not None))


def _lesion(known: frozenset[str], text: str) -> tuple[Lesion, list[Fault]]:
    try:
        content = strict_object(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return {}, [Fault("lesion", "not readable as one JSON object")]
    faults = [unknown_field(name) for name in content if name not in known]
    found: Lesion = {}
    for name, value in content.items():
        if name not in known or value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            faults.append(Fault("lesion", "must be a number or a text", column=name))
        else:
            found[name] = value if isinstance(value, str) else _float(value)
    return found, faults


def _float(value: float) -> float:
    """A whole number of any length is refused by the model as impossible, not by the machine as too long."""
    try:
        return float(value)
    except OverflowError:
        return float("1e300")


def unknown_field(name: str) -> Fault:
    """Neither the name of the field nor its value is repeated: they may be what must not be kept."""
    if PERSONAL.search(name):
        return Fault("lesion", "a field that reads like a name, a date of birth or a contact is refused")
    return Fault("lesion", "a field that no model asks for is refused")


def _numbers(text: str, where: str, faults: list[Fault]) -> list[float | None]:
    """A JSON list of numbers and nulls."""
    try:
        content = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, list) or len(content) > 3 or not all(_is_number(value) for value in content):
        faults.append(Fault(where, "must be a list of at most three numbers"))
        return []
    return [None if value is None else float(value) for value in content]


def _is_number(value: object) -> bool:
    return value is None or (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    )


def _refused(text: str) -> float:
    raise ValueError(f"{text} is not a finite number")


def with_levels(answering: Answering, lesion: Mapping[str, str | float]) -> Lesion:
    """The lesion with every level spelled as the dictionary stores it."""
    variables = {
        name: variable for bundle in answering.bundles for name, variable in bundle.variables.items()
    }
    return {
        name: variables[name].spellings().get(str(value).strip().casefold(), value)
        if variables[name].is_categorical
        else value
        for name, value in lesion.items()
    }
