"""What was measured from images, kept: the measures, how they were taken, hashes of images and region, no image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.bundle.canonical import canonical, digest
from her2mri.dictionary import load_dictionary
from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.measuring_tables import MeasuredAnswer, Measurement
from her2mri.web.database.tables import StoredAnswer
from her2mri.web.lesions.models import Answering
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

KEPT: Final = "lesion measured"
"""What the audit log says of a record that is kept."""
_PART_NAMES: Final = {"dce": "Contrast-enhanced series", "dwi": "Diffusion series", "adc": "ADC map"}


@dataclass(frozen=True)
class MeasuredInput:
    """One input as it was measured, with its interval where it has one, and whether the answer took it so."""

    label: str
    measured: str
    interval: str
    is_taken: bool


@dataclass(frozen=True)
class MeasuredView:
    """What a stored answer's page says of its measurement."""

    inputs: tuple[MeasuredInput, ...]
    measured_at: datetime
    sha256: str
    images: tuple[tuple[str, int, str], ...]
    region: str
    timing: str
    software: str


def keep_measurement(room: Room, session: Session, visitor: Visitor, measured: Mapping[str, Any]) -> int:
    """Keep what was measured, as the reader took it over; the number of the record."""
    content = canonical(measured)
    kept = Measurement(
        reader_id=visitor.account_id, content=content, sha256=digest(measured), measured_at=room.now()
    )
    session.add(kept)
    session.flush()
    record(
        session,
        kept.measured_at,
        visitor.name,
        KEPT,
        f"measurement {kept.id}",
        sha256=kept.sha256,
    )
    return kept.id


def note_measured(session: Session, visitor: Visitor, answer: StoredAnswer, number: str) -> None:
    """The answer's inputs were measured so. Raises InputError where that is no measurement of this reader."""
    if not number:
        return
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    found = session.get(Measurement, wanted)
    if found is None or found.reader_id != visitor.account_id:
        raise InputError([Fault("measurement", "is none of yours", remedy="measure the lesion again")])
    session.add(MeasuredAnswer(answer_id=answer.id, measurement_id=found.id))
    session.flush()


def measurement_of(session: Session, answer: StoredAnswer) -> Measurement | None:
    """What the inputs of an answer were measured by, if they were."""
    query = select(Measurement).join(MeasuredAnswer).where(MeasuredAnswer.answer_id == answer.id)
    return session.scalar(query)


def measured_view(session: Session, answering: Answering, answer: StoredAnswer) -> MeasuredView | None:
    """What the page of a stored answer says of its measurement; None where there is none."""
    found = measurement_of(session, answer)
    if found is None:
        return None
    content, inputs = json.loads(found.content), json.loads(answer.inputs)
    dictionary = load_dictionary()
    records = {one["measure"]: one for one in content["measures"]}
    rows = []
    for name in records:
        value = content["row"].get(name)
        if value is None:
            continue
        variable, low, high = dictionary[name], records[name]["conf_low"], records[name]["conf_high"]
        if variable.is_categorical:
            shown, interval = variable.label_of(value), ""
        else:
            shown = f"{value:.6g} {variable.unit}".strip()
            interval = "" if low is None or high is None else f"{low:.2f} to {high:.2f}"
        is_taken = name not in answering.known or inputs.get(name) == value
        rows.append(MeasuredInput(variable.label, shown, interval, is_taken))
    images = tuple(
        (_PART_NAMES[part], told["files"], told["sha256"]) for part, told in content["images"].items()
    )
    return MeasuredView(
        tuple(rows),
        found.measured_at,
        found.sha256,
        images,
        content["region"],
        content["timing"],
        content["software"],
    )
