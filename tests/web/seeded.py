"""A room with lesions of the published cohort in it, answered over months, most with what pathology found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np
from sqlalchemy import select
from visits import CHAIN, LESION

from her2mri.bundle.arrays import shifted
from her2mri.bundle.wording import ask
from her2mri.datasets.published_cohort import published_cohort
from her2mri.web.database.tables import Account
from her2mri.web.lesions.answering import keep_new, output_of, shares_of
from her2mri.web.lesions.given import Given
from her2mri.web.monitoring.cases import Case
from her2mri.web.monitoring.examination import Facts, keep_facts, set_scanner
from her2mri.web.monitoring.pathology import keep_report, read_report
from her2mri.web.people.roles import Role
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

REPORTS = {"positive": ("3+", ""), "low": ("1+", ""), "zero": ("0", "")}
BEGIN = datetime(2026, 1, 5, 8)


@cache
def made_up(
    n: int,
    *,
    rng_seed: int = 3,
    adc: float = 0.0,
    useless: bool = False,
    shift: float = 0.0,
    month: str = "2026-01",
    scanner: str = "MR1-3T",
) -> tuple[Case, ...]:
    """Lesions with findings at random, and outcomes as both models say, their log odds moved by ``shift``."""
    rng = np.random.default_rng(rng_seed)
    found = []
    for number in range(n):
        inputs: dict[str, str | float] = dict(LESION)
        for bundle in (CHAIN.first, CHAIN.second):
            for known in bundle.inputs:
                if known.variable.is_categorical:
                    counts = bundle.content["development"]["variables"][known.variable.name]["counts"]
                    shares = np.array([counts[level] for level in known.levels], dtype=float)
                    inputs[known.variable.name] = str(rng.choice(known.levels, p=shares / shares.sum()))
        inputs["adc"] = float(np.clip(rng.normal(0.967 + adc, 0.22), 0.45, 2.2))
        inputs["eer"] = float(np.clip(rng.normal(0.639, 0.19), 0.15, 1.34))
        answer = ask(CHAIN, inputs, (None, None)).as_dict()
        first, second = (answer[part]["probability"] for part in ("first", "second"))
        if useless:
            first, second = 0.21, 0.75
        first, second = (float(shifted(p, shift)) for p in (first, second))
        status = "positive" if rng.random() < first else "low" if rng.random() < second else "zero"
        found.append(
            Case(number, f"p{number}", number, inputs, answer, month, scanner, status, True, number + 1)
        )
    return tuple(found)


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
