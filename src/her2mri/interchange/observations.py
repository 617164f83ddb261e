"""Observations of FHIR R4 as one lesion, with every fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from her2mri.dictionary.codes import Codes
from her2mri.dictionary.rules import CutRule
from her2mri.dictionary.variable import Variable
from her2mri.errors import Fault, LesionError
from her2mri.interchange.observed_value import observed_value

MOST: Final = 200
_RESULTS: Final = ("final", "amended", "corrected")
_REFERENCE: Final = re.compile(
    r"(https?://[A-Za-z0-9\-._:/]{1,200}/)?[A-Z][A-Za-z]{2,40}/[A-Za-z0-9\-.]{1,64}|urn:uuid:[0-9a-fA-F-]{36}"
)
_OPAQUE: Final = "Patient/ID, its URL or urn:uuid:UUID, with nothing else"


@dataclass(frozen=True)
class Observed:
    """One finding: the value as the dictionary stores it, and what it was derived from, if from others."""

    variable: Variable
    value: str | float
    derived_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObservedLesion:
    """The findings of one lesion, and the reference to whose they are; empty where none was given.

    ``notes`` say what had to be chosen while reading.
    """

    findings: tuple[Observed, ...]
    subject: str = ""
    notes: tuple[str, ...] = ()

    @property
    def lesion(self) -> dict[str, str | float]:
        """What a model is asked with: a finding that another was made of is not asked twice."""
        made_of = {name for finding in self.findings for name in finding.derived_from}
        return {
            found.variable.name: found.value for found in self.findings if found.variable.name not in made_of
        }


@dataclass(frozen=True)
class _Read:
    variable: Variable
    value: str | float
    at: datetime | None
    where: str


def observations_in(content: object) -> list[tuple[str, Any]]:
    """The resources of a Bundle, or of a Parameters that holds one under ``lesion``, each with its path.

    Raises LesionError where the content is something else.
    """
    bundle, path = content, "Bundle"
    if isinstance(content, Mapping) and content.get("resourceType") == "Parameters":
        parts = content.get("parameter")
        path = "Parameters.parameter.resource"
        named = [
            part for part in parts if isinstance(part, Mapping) and part.get("name") == "lesion"
        ] if isinstance(parts, list) else []  # fmt: skip
        bundle = named[0].get("resource") if len(named) == 1 else None
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        allowed = "a Bundle of Observations, or Parameters with one parameter lesion that is one"
        raise LesionError([Fault("body", "is not what this operation takes", allowed=allowed)])
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST:
        raise LesionError([Fault(f"{path}.entry", "is no list", allowed=f"at most {MOST} entries")])
    return [
        (f"{path}.entry[{i}].resource", entry.get("resource") if isinstance(entry, Mapping) else None)
        for i, entry in enumerate(entries)
    ]


def read_observations(
    resources: Sequence[tuple[str, Any]], codes: Codes, *, searched: bool = False
) -> ObservedLesion:
    """The lesion that these resources describe.

    ``searched``: they are what a search found, not what somebody chose. Of several Observations of one finding
    the latest then counts, and what is of no use is left out; else both are faults.
    Raises LesionError with every fault. No text that came from outside is repeated in it.
    """
    faults: list[Fault] = []
    found: list[_Read] = []
    subjects: dict[str, str] = {}
    for where, resource in resources:
        if not isinstance(resource, Mapping) or resource.get("resourceType") != "Observation":
            if not searched:
                remedy = "send Observations alone; of the patient nothing but a reference"
                faults.append(Fault(where, "is no Observation", remedy=remedy))
            continue
        variable = _variable(resource, where, codes, faults, searched=searched)
        if variable is None or resource.get("dataAbsentReason") is not None:
            continue
        if resource.get("status") not in _RESULTS:
            if not searched:
                faults.append(Fault(f"{where}.status", "is no result", allowed=", ".join(_RESULTS)))
            continue
        _note_subject(resource, where, subjects, faults)
        value = observed_value(resource, variable, codes, where, faults)
        if value is not None:
            found.append(_Read(variable, value, _time_of(resource), where))
    if len(subjects) > 1:
        faults.append(Fault(subjects.popitem()[1], "is of someone else than the others"))
    chosen, notes = _one_of_each(found, faults, searched=searched)
    findings = _derived(chosen, codes, faults)
    if faults:
        raise LesionError(faults)
    return ObservedLesion(findings, next(iter(subjects), ""), notes)


def _variable(
    resource: Mapping[str, Any], where: str, codes: Codes, faults: list[Fault], *, searched: bool
) -> Variable | None:
    code = resource.get("code")
    coding = code.get("coding") if isinstance(code, Mapping) else None
    known = {
        variable.name: variable
        for part in (coding if isinstance(coding, list) else [])
        if isinstance(part, Mapping)
        and (variable := codes.variables.get((str(part.get("system")), str(part.get("code"))))) is not None
    }
    if len(known) == 1:
        return next(iter(known.values()))
    if known:
        faults.append(Fault(f"{where}.code", f"names several findings: {', '.join(known)}"))
    elif not searched:
        remedy = f"use a code of {codes.system}, or one that it lists"
        faults.append(Fault(f"{where}.code", "is not known here", remedy=remedy))
    return None


def _note_subject(
    resource: Mapping[str, Any], where: str, subjects: dict[str, str], faults: list[Fault]
) -> None:
    subject = resource.get("subject")
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    if subject is None:
        return
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        faults.append(Fault(f"{where}.subject", "is no opaque reference", allowed=_OPAQUE))
        return
    subjects.setdefault(reference, f"{where}.subject")


def _time_of(resource: Mapping[str, Any]) -> datetime | None:
    """When it was found; None where it is not said to the day. A time without a zone counts as UTC."""
    for name in ("effectiveDateTime", "effectiveInstant", "issued"):
        try:
            at = datetime.fromisoformat(str(resource[name]))
        except (KeyError, ValueError):
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return None


def _one_of_each(
    found: Sequence[_Read], faults: list[Fault], *, searched: bool
) -> tuple[list[_Read], tuple[str, ...]]:
    """One reading of each finding; where there are several, the latest if one is."""
    by_name: dict[str, list[_Read]] = {}
    for read in found:
        by_name.setdefault(read.variable.name, []).append(read)
    chosen, notes = [], []
    for reads in by_name.values():
        label = reads[0].variable.label
        times = [read.at for read in reads if read.at is not None]
        latest = [read for read in reads if times and read.at == max(times)]
        if len({read.value for read in reads}) == 1:
            chosen.append(reads[0])
        elif searched and len(times) == len(reads) and len({read.value for read in latest}) == 1:
            chosen.append(latest[0])
            notes.append(f"of several observations the latest was taken: {label}")
        else:
            remedy = "send the Observations of one lesion"
            faults.append(Fault(reads[1].where, f"{label} was observed with different values", remedy=remedy))
    return chosen, tuple(notes)


def _derived(chosen: Sequence[_Read], codes: Codes, faults: list[Fault]) -> tuple[Observed, ...]:
    """With what follows by the rules of the dictionary, such as a status from a percentage."""
    given = {read.variable.name: read for read in chosen}
    findings = {name: Observed(read.variable, read.value) for name, read in given.items()}
    for rule in codes.dictionary.rules:
        if not isinstance(rule, CutRule) or not rule.fills or not set(rule.inputs) <= set(given):
            continue
        value = rule.apply({name: given[name].value for name in rule.inputs}).value
        stated = given.get(rule.target)
        if stated is not None and stated.value != value:
            said = ", ".join(codes.dictionary[name].label for name in rule.inputs)
            faults.append(Fault(stated.where, f"{stated.variable.label} contradicts {said}"))
        elif value is not None:
            findings[rule.target] = Observed(codes.dictionary[rule.target], value, rule.inputs)
    return tuple(findings.values())
