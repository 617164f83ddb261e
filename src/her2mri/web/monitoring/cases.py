"""The lesions by which the models in use are judged: for each the one answer that counts, and what came out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from her2mri.bundle import Bundle
from her2mri.web.database.tables import Lesion, ModelInUse, StoredAnswer
from her2mri.web.database.truth_tables import Examination, Pathology
from her2mri.web.lesions.models import Answering


@dataclass(frozen=True)
class Case:
    """One lesion. ``status`` is None while the outcome is not known, ``known`` the order in which it came to be.

    ``month`` is that of the examination or, where it is not given, of the answer. ``patient`` is the patient's
    code or else the pseudonym, without case: lesions that share it may be of one patient.
    """

    lesion: int
    patient: str
    answer: int
    inputs: dict[str, Any]
    output: dict[str, Any]
    month: str
    scanner: str
    status: str | None
    is_reported: bool
    known: int

    def part(self, bundle: Bundle) -> dict[str, Any] | None:
        """What this bundle said; None where it is not one of those that answered."""
        parts = [self.output["first"], self.output["second"]] if "first" in self.output else [self.output]
        return next((part for part in parts if part["bundle"] == bundle.sha256), None)


def cases_of(session: Session, answering: Answering) -> list[Case]:
    """Every lesion whose answer that counts was given by these models, in the order of the lesions.

    That is the answer that stood when the first report came or, before there is one, the latest. Decision 0231.
    """
    reports: dict[int, list[Pathology]] = {}
    for report in session.scalars(select(Pathology).order_by(Pathology.id)):
        reports.setdefault(report.lesion_id, []).append(report)
    facts = {
        found.lesion_id: found for found in session.scalars(select(Examination).order_by(Examination.id))
    }
    counting: dict[int, StoredAnswer] = {}
    models = _same_models(session, answering)
    query = select(StoredAnswer).options(joinedload(StoredAnswer.lesion)).order_by(StoredAnswer.id)
    for answer in session.scalars(query.execution_options(yield_per=500)):
        found = reports.get(answer.lesion_id)
        if found is None or answer.id <= found[0].answer_id:
            counting[answer.lesion_id] = answer
    return [
        _case(answer, reports.get(number, []), facts.get(number))
        for number, answer in counting.items()
        if answer.model_id in models
    ]


def _same_models(session: Session, answering: Answering) -> set[int]:
    """The numbers under which just these bundles were ever in use."""
    hashes = [bundle.sha256 for bundle in answering.bundles]
    first, second = hashes[0], hashes[1] if len(hashes) == 2 else None
    rows = session.scalars(select(ModelInUse).where(ModelInUse.first_sha256 == first))
    return {row.id for row in rows if row.second_sha256 == second}


def _case(answer: StoredAnswer, reports: Sequence[Pathology], facts: Examination | None) -> Case:
    lesion: Lesion = answer.lesion
    status = reports[-1].status if reports else None
    return Case(
        lesion=lesion.id,
        patient=((facts.patient if facts else None) or lesion.pseudonym).casefold(),
        answer=answer.id,
        inputs=json.loads(answer.inputs),
        output=json.loads(answer.output),
        month=(facts.month if facts else None) or f"{answer.answered_at:%Y-%m}",
        scanner=(facts.scanner if facts else None) or "",
        status=status,
        is_reported=bool(reports) and (reports[-1].her2_ihc is not None or reports[-1].her2_ish is not None),
        known=next((report.id for report in reports if report.status is not None), 0) if status else 0,
    )
