"""Every stored answer asked again: the same model must say the same digits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.errors import Her2mriError
from her2mri.web.database.tables import StoredAnswer
from her2mri.web.lesions.answering import output_of
from her2mri.web.room import Room

NEAR: Final = 1e-9
"""Another processor or another numpy may round the last digits otherwise."""


@dataclass(frozen=True)
class Recomputed:
    """How many answers came out to the same digits, how many to within 1e-9, and the numbers of those that did not."""

    same: int
    near: int
    other: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many answers were asked again."""
        return self.same + self.near + len(self.other)


def recompute(room: Room, session: Session) -> Recomputed:
    """Ask the model of every stored answer again. What a later version says beyond what was stored is not compared."""
    same = near = 0
    other: list[int] = []
    for stored in session.scalars(
        select(StoredAnswer).order_by(StoredAnswer.id).execution_options(yield_per=500)
    ):
        distance = _distance(json.loads(stored.output), _again(room, session, stored))
        if distance == 0:
            same += 1
        elif distance <= NEAR:
            near += 1
        else:
            other.append(stored.id)
    return Recomputed(same, near, tuple(other))


def _again(room: Room, session: Session, stored: StoredAnswer) -> Any:
    try:
        answering = room.models.numbered(session, stored.model_id)
        return output_of(answering, json.loads(stored.inputs), json.loads(stored.prevalence))
    except Her2mriError:
        return None  # the model was altered, or no longer takes what it took: not the same answer


def _distance(stored: Any, found: Any) -> float:
    """The largest difference of two numbers; infinite where anything else differs."""
    if isinstance(stored, dict) and isinstance(found, dict):
        return max((_distance(value, found.get(key)) for key, value in stored.items()), default=0.0)
    if isinstance(stored, list) and isinstance(found, list) and len(stored) == len(found):
        return max((_distance(a, b) for a, b in zip(stored, found, strict=True)), default=0.0)
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in (stored, found)]
    if all(numbers):
        return float(abs(stored - found))
    return 0.0 if type(stored) is type(found) and stored == found else float("inf")
