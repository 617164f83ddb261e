"""Stored answers and models as the pages show them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy.orm import Session

from her2mri.bundle import Bundle
from her2mri.calculator.embedded import embedded
from her2mri.calculator.page import json_for_html
from her2mri.web.database.tables import StoredAnswer
from her2mri.web.lesions.answering import shares_of
from her2mri.web.lesions.finding import FoundAnswer
from her2mri.web.lesions.models import Answering, Models

PLACES: Final = {2: ("first", "third"), 3: ("first", "second", "third")}


@dataclass(frozen=True)
class ClassShare:
    """One class in a bar: where it begins and how wide it is, in per cent."""

    label: str
    probability: float
    place: str
    begins: float
    is_largest: bool
    low: float | None = None
    high: float | None = None

    @property
    def width(self) -> float:
        """In per cent."""
        return 100 * self.probability


@dataclass(frozen=True)
class Listed:
    """A lesion in the list."""

    number: int
    pseudonym: str
    reader: str
    revision: int
    answered_at: datetime
    classes: tuple[ClassShare, ...]
    refused: str
    notice: str


@dataclass(frozen=True)
class Revision:
    """One stored answer of a lesion."""

    number: int
    revision: int
    reader: str
    answered_at: datetime
    model_id: int
    fingerprints: tuple[str, ...]
    software: str
    classes: tuple[ClassShare, ...]
    refused: str


@dataclass(frozen=True)
class StoredView:
    """A lesion as it was stored: findings of the latest revision, all revisions, and the page's data."""

    findings: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    revisions: tuple[Revision, ...]
    data: Markup
    room_data: dict[str, Any]


def calculator_data(bundles: Sequence[Bundle]) -> Markup:
    """What the calculator's scripts need of these bundles, as text of a page: it is long, and never changes."""
    return _embedded(tuple(bundles))


@lru_cache(maxsize=16)
def _embedded(bundles: tuple[Bundle, ...]) -> Markup:
    return Markup(json_for_html(embedded(bundles)))


def listed(found: FoundAnswer) -> Listed:
    """A row of the list."""
    classes, refused, notice = _summary(found.output)
    return Listed(
        found.lesion_id,
        found.pseudonym,
        found.reader,
        found.revision,
        found.answered_at,
        classes,
        refused,
        notice,
    )


@lru_cache(maxsize=2048)
def _summary(output: str) -> tuple[tuple[ClassShare, ...], str, str]:
    """Classes, refusal and notice of a stored answer: the same text has the same."""
    plain = json.loads(output)
    return classes_of(plain), plain["refused"], notice_of(plain)


def stored_view(models: Models, session: Session, answers: Sequence[StoredAnswer]) -> StoredView:
    """A lesion with its answers, the latest first, each by the model that gave it."""
    latest = answers[0]
    answering = models.numbered(session, latest.model_id)
    inputs = json.loads(latest.inputs)
    return StoredView(
        findings=_findings(answering, inputs),
        revisions=tuple(_revision(answer) for answer in answers),
        data=calculator_data(answering.bundles),
        room_data={
            "lesion": inputs,
            "prevalence": json.loads(latest.prevalence),
            "stored": shares_of(json.loads(latest.output)),
        },
    )


def classes_of(output: dict[str, Any]) -> tuple[ClassShare, ...]:
    """The classes of an answer, in the order of the bar."""
    if "classes" in output:
        parts = [(part["label"], part["conf_low"], part["conf_high"]) for part in output["classes"]]
    else:
        low, high = output["conf_low"], output["conf_high"]
        mirrored = (None, None) if low is None or high is None else (1 - high, 1 - low)
        parts = [(output["positive_label"], low, high), (output["negative_label"], *mirrored)]
    shares = shares_of(output)
    places = PLACES.get(len(shares), ())
    return tuple(
        ClassShare(label, share, place, 100 * sum(shares[:i]), share == max(shares), low, high)
        for i, ((label, low, high), share, place) in enumerate(zip(parts, shares, places, strict=False))
    )


def notice_of(output: dict[str, Any]) -> str:
    """What must be said wherever a number of this answer is shown; empty for a model of patients."""
    said = (warned["message"] for warned in output["warnings"] if warned["code"] == "not_patients")
    return next(said, "")


def _revision(answer: StoredAnswer) -> Revision:
    output = json.loads(answer.output)
    parts = [output["first"], output["second"]] if "first" in output else [output]
    return Revision(
        answer.id,
        answer.revision,
        answer.reader.name,
        answer.answered_at,
        answer.model_id,
        tuple(part["bundle"] for part in parts),
        answer.software,
        classes_of(output),
        output["refused"],
    )


def _findings(
    answering: Answering, inputs: dict[str, Any]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """By group as the form has them, MRI first: label and value of what the models ask for."""
    groups: dict[str, dict[str, tuple[str, str]]] = {}
    labels: dict[str, str] = {}
    for bundle in answering.bundles:
        asked = {known.variable.name for known in bundle.inputs}
        labels |= bundle.content["dictionary"]["groups"]
        for variable in bundle.variables.values():
            if variable.name not in asked and variable.name not in inputs:
                continue
            value = inputs.get(variable.name)
            if value is None:
                text = "Not known"
            elif variable.is_categorical:
                text = variable.label_of(value)
            else:
                text = f"{value:.6g} {variable.unit}".strip()
            groups.setdefault(variable.group, {})[variable.name] = (variable.label, text)
    return tuple((labels[group], tuple(rows.values())) for group, rows in reversed(groups.items()))
