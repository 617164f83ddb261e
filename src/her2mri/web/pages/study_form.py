"""The form of a study's set-up: what it sends, and what it shows again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import Depends, File, Form, UploadFile

from her2mri.errors import Fault
from her2mri.web.database.tables import Account
from her2mri.web.reader_studies.drafting import SentSetup, drawn_seed, revision
from her2mri.web.reader_studies.questions import question_named
from her2mri.web.reader_studies.setup import Setup

Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]
WORDING = "Which is it?"
RATING = "How sure are you of this call, from 0 (a guess) to 100 (certain)?"
WASHOUT = 28


def _sent(
    title: Text = "",
    question: Text = "",
    wording: Text = "",
    rating: Text = "",
    washout_days: Text = "",
    seed: Text = "",
    shows_findings: Text = "",
    reader: Texts = None,
    account: Texts = None,
    experience: Texts = None,
    seen: Text = "",
    table: Annotated[UploadFile | None, File()] = None,
) -> SentSetup:
    """``account`` and ``experience`` have one entry for each reader that the form offers, in the same order."""
    has_table = table is not None and bool(table.filename)
    return SentSetup(
        title=title,
        question=question,
        wording=wording,
        rating=rating,
        washout_days=washout_days,
        seed=seed,
        shows_findings=bool(shows_findings),
        readers=tuple(reader or ()),
        experience=dict(zip(account or (), experience or (), strict=False)),
        table=table.file.read() if table is not None and has_table else b"",
        table_name=(table.filename or "") if table is not None else "",
        seen=seen,
    )


InSetup = Annotated[SentSetup, Depends(_sent)]


def empty_fields() -> dict[str, Any]:
    """The form of a new study."""
    return {
        "title": "",
        "question": "",
        "wording": WORDING,
        "rating": RATING,
        "washout_days": WASHOUT,
        "seed": drawn_seed(),
        "shows_findings": True,
        "readers": (),
        "experience": {},
        "seen": "",
        "lost_table": False,
    }


def fields_of(setup: Setup) -> dict[str, Any]:
    """The form with what a draft holds."""
    own = {"readers", "experience", "seen", "lost_table"}
    return {
        **{name: getattr(setup, name) for name in empty_fields() if name not in own},
        "lost_table": False,
        "seen": revision(setup),
        "readers": tuple(reader.name for reader in setup.readers),
        "experience": {reader.name: reader.experience for reader in setup.readers},
    }


def fields_again(sent: SentSetup) -> dict[str, Any]:
    """The form as it was sent, but for the file, which no page can give back."""
    fields = {name: value for name, value in asdict(sent).items() if not name.startswith("table")}
    return {**fields, "lost_table": bool(sent.table)}


def beside(sent: SentSetup, draft: Setup) -> tuple[dict[str, Any], list[Fault]]:
    """A stale form as it was sent, now made from this draft; and what in the draft is otherwise than in the form."""
    now = fields_of(draft)
    found = [
        Fault(label, f"is {_said(now, name)!r} in the draft by now")
        for name, label in _LABELS.items()
        if _said(now, name) != _said(asdict(sent), name)
    ]
    return {**fields_again(sent), "seen": now["seen"]}, found


def _said(fields: dict[str, Any], name: str) -> str:
    if name == "readers":
        chosen = {reader: fields["experience"].get(reader, "").strip() for reader in fields["readers"]}
        return ", ".join(f"{reader} ({years})" if years else reader for reader, years in chosen.items())
    if name == "shows_findings":
        return "findings and images" if fields[name] else "images alone"
    question = question_named(fields["question"]) if name == "question" else None
    return question.label if question else " ".join(str(fields[name]).split())


_LABELS: Final = {
    "title": "title",
    "question": "task",
    "shows_findings": "readers see",
    "readers": "readers",
    "washout_days": "washout, days",
    "seed": "seed",
    "wording": "question above the calls",
    "rating": "question above the rating",
}


def offered(accounts: list[Account], fields: dict[str, Any]) -> list[tuple[str, bool, str]]:
    """Who may read: name, whether chosen, experience."""
    return [
        (account.name, account.name in fields["readers"], fields["experience"].get(account.name, ""))
        for account in accounts
    ]
