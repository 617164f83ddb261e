"""What must be so of a room whatever happened to its server, its database or its disk."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import closing

from sqlalchemy import select

from her2mri.web.audit_log import check_chain
from her2mri.web.database.tables import AuditEntry, Lesion, StoredAnswer
from her2mri.web.lesions.recompute import recompute
from her2mri.web.room import Room
from her2mri.web.settings import Settings


def assert_nothing_is_lost_or_half_written(settings: Settings, acknowledged: Collection[str]) -> None:
    """Every lesion that a browser was told is stored, each with one answer and one entry in a log that is whole."""
    room = Room.of(settings)
    with closing(room.database), room.database.reading() as session:
        kept = set(session.scalars(select(Lesion.pseudonym)))
        answers = list(session.scalars(select(StoredAnswer)))
        entries = [
            json.loads(detail)["answer"]
            for detail in session.scalars(
                select(AuditEntry.detail).where(AuditEntry.action == "answer stored")
            )
        ]
        assert set(acknowledged) <= kept
        assert len(acknowledged) == len(set(acknowledged))
        assert sorted(answer.lesion_id for answer in answers) == sorted(session.scalars(select(Lesion.id)))
        assert sorted(entries) == sorted(answer.id for answer in answers)
        assert check_chain(session).is_whole
        assert recompute(room, session).same == len(answers)
