"""Asking the model in use, and keeping what it said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from her2mri import __version__
from her2mri.bundle.canonical import canonical
from her2mri.bundle.wording import ask
from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Lesion, StoredAnswer
from her2mri.web.lesions.given import ConflictError, Given, with_levels
from her2mri.web.lesions.models import Answering
from her2mri.web.lesions.pseudonym import pseudonym_fault
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

TOLERANCE: Final = 1e-6
"""How far the page's own probabilities may lie from the server's; they are proved to agree to 1e-9."""


@dataclass(frozen=True)
class Answered:
    """What a model was asked, levels as the dictionary stores them, and its output as plain data."""

    answering: Answering
    inputs: Mapping[str, str | float]
    prevalence: Sequence[float | None]
    output: Mapping[str, Any]


def output_of(
    answering: Answering, lesion: Mapping[str, str | float], prevalence: Sequence[float | None]
) -> dict[str, Any]:
    """What the model says, as plain data. LesionError where a value is impossible."""
    answer = ask(answering.model, lesion, prevalence)
    plain: dict[str, Any] = json.loads(canonical(answer.as_dict()))
    return plain


def shares_of(output: Mapping[str, Any]) -> list[float]:
    """The probabilities of the classes, in the order of the bar; none where the model does not answer."""
    if "classes" in output:
        return [part["probability"] for part in output["classes"]]
    if output["probability"] is None:
        return []
    return [output["probability"], 1 - output["probability"]]


def is_taken(session: Session, visitor: Visitor, pseudonym: str) -> bool:
    """Whether a lesion of this visitor is called so already."""
    query = select(Lesion.id).where(Lesion.owner_id == visitor.account_id, Lesion.pseudonym == pseudonym)
    return session.scalar(query) is not None


def keep_new(room: Room, session: Session, visitor: Visitor, pseudonym: str, given: Given) -> Lesion:
    """A new lesion with its first answer.

    Raises InputError for a pseudonym that cannot be or is taken, and as ``keep_answer`` does.
    """
    if fault := pseudonym_fault(pseudonym):
        raise InputError([fault])
    if is_taken(session, visitor, pseudonym):
        remedy = "find it in the list and correct it there"
        raise InputError([Fault("pseudonym", "you have a lesion of that name already", remedy=remedy)])
    lesion = Lesion(owner_id=visitor.account_id, pseudonym=pseudonym, created_at=room.now())
    session.add(lesion)
    session.flush()
    keep_answer(room, session, visitor, lesion, 0, given)
    return lesion


def keep_answer(
    room: Room,
    session: Session,
    visitor: Visitor,
    lesion: Lesion,
    after: int,
    given: Given,
) -> StoredAnswer:
    """The next revision of a lesion's answer, ``after`` the one that the reader saw.

    Raises LesionError where a value is impossible, and ConflictError where another revision was stored
    meanwhile, or the page showed another answer than the server computes.
    """
    answering = given.answering
    query = select(func.max(StoredAnswer.revision)).where(StoredAnswer.lesion_id == lesion.id)
    last = session.scalar(query) or 0
    if last != after:
        remedy = "look at it before you correct it"
        raise ConflictError([Fault("revision", "this lesion was corrected meanwhile", remedy=remedy)])
    inputs = with_levels(answering, given.lesion)
    output = output_of(answering, inputs, given.prevalence)
    shares = shares_of(output)
    if len(shares) != len(given.seen) or any(
        abs(ours - theirs) > TOLERANCE for ours, theirs in zip(shares, given.seen, strict=True)
    ):
        remedy = "do not use it; tell whoever runs this server"
        raise ConflictError([Fault("answer", "the page showed another one than the server's", remedy=remedy)])
    return store_answer(
        room, session, visitor, lesion, last + 1, Answered(answering, inputs, given.prevalence, output)
    )


def store_answer(
    room: Room, session: Session, visitor: Visitor, lesion: Lesion, revision: int, answered: Answered
) -> StoredAnswer:
    """Add an answer with its entry in the audit log."""
    answer = StoredAnswer(
        lesion_id=lesion.id,
        revision=revision,
        model_id=answered.answering.id,
        inputs=canonical(answered.inputs),
        prevalence=canonical(list(answered.prevalence)),
        output=canonical(answered.output),
        software=__version__,
        answered_by=visitor.account_id,
        answered_at=room.now(),
    )
    session.add(answer)
    session.flush()
    record(
        session,
        answer.answered_at,
        visitor.name,
        "answer stored",
        f"lesion {lesion.id}",
        answer=answer.id,
        revision=answer.revision,
        model=answered.answering.id,
    )
    return answer
