"""A room with lesions of the published cohort in it, answered over months, most with what pathology found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select

from her2mri.datasets.published_cohort import published_cohort
from her2mri.web.database.tables import Account
from her2mri.web.lesions.answering import keep_new, output_of, shares_of
from her2mri.web.lesions.given import Given
from her2mri.web.monitoring.examination import Facts, keep_facts, set_scanner
from her2mri.web.monitoring.pathology import keep_report, read_report
from her2mri.web.people.roles import Role
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

REPORTS = {"positive": ("3+", ""), "low": ("1+", ""), "zero": ("0", "")}
BEGIN = datetime(2026, 1, 5, 8)


def visitor_named(room: Room, name: str) -> Visitor:
    with room.database.reading() as session:
        account = session.scalars(select(Account).where(Account.name == name)).one()
        return Visitor(account.id, name, Role(account.role), "", "", False, room.now())


def seed(
    room: Room,
    lesions: int,
    *,
    with_truth: float = 0.85,
    truths: Mapping[int, str] | None = None,
    per_month: int = 40,
    seed: int = 1,
    first: int = 0,
) -> None:
    """``lesions`` of the cohort in a random order; ``truths`` replace the status of a lesion by its place."""
    frame = published_cohort().frame.sample(frac=1, random_state=seed).iloc[first : first + lesions]
    rng = np.random.default_rng(seed)
    reader = visitor_named(room, "reader.one")
    with room.database.writing() as session:
        answering = room.models.in_use(session)
        for code in ("MR1-3T", "MR2-1.5T"):
            set_scanner(room, session, reader, code, is_open=True)
        known = [name for name in answering.known if name in frame.columns]
        for i, row in enumerate(frame.to_dict("records")):
            now = BEGIN + timedelta(days=30 * (i + first) / per_month)
            at = replace(room, now=lambda now=now: now)
            lesion = {
                str(name): row[name] for name in known if row[name] == row[name] and row[name] is not None
            }
            seen = shares_of(output_of(answering, lesion, (None, None)))
            given = Given(answering, lesion, (None, None), tuple(seen))
            kept = keep_new(at, session, reader, f"BR-{first + i:04d}", given)
            scanner = "MR1-3T" if row["center"] == frame["center"].iloc[0] else "MR2-1.5T"
            patient = f"P-{row['patient_id']}1"
            keep_facts(at, session, reader, kept, 0, Facts(scanner, f"{now:%Y-%m}", patient[-32:]))
            if rng.random() < with_truth:
                status = (truths or {}).get(i, row["her2_status"])
                report = read_report(*REPORTS[status], "asco_cap_2018")
                keep_report(at, session, reader, kept, 0, report)
