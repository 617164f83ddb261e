"""Whether the records of measurements are those that were kept: each against its hash and the audit log's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.bundle.canonical import digest
from her2mri.web.database.measuring_tables import Measurement
from her2mri.web.database.tables import AuditEntry
from her2mri.web.measuring.record import KEPT

_AT_ONCE: Final = 500


@dataclass(frozen=True)
class MeasurementCheck:
    """How many records are as they were kept, and the numbers of those that were changed, added or removed."""

    same: int
    other: tuple[int, ...]


def check_measurements(session: Session) -> MeasurementCheck:
    """Compute the hash of every record, and compare it with its own and with that in the audit log."""
    noted = select(AuditEntry.subject, AuditEntry.detail).where(AuditEntry.action == KEPT)
    missing = {_number(subject): json.loads(detail)["sha256"] for subject, detail in session.execute(noted)}
    same, other = 0, list[int]()
    kept = select(Measurement).order_by(Measurement.id).execution_options(yield_per=_AT_ONCE)
    for one in session.scalars(kept):
        noted_sha256 = missing.pop(one.id, "")
        if digest(json.loads(one.content)) == one.sha256 == noted_sha256:
            same += 1
        else:
            other.append(one.id)
    return MeasurementCheck(same, tuple(sorted([*other, *missing])))


def _number(subject: str) -> int:
    return int(subject.removeprefix("measurement "))
