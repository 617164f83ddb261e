"""Finding lesions again: only those that the visitor may see, page by page, each with its latest answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, contains_eager

from her2mri.web.database.tables import Account, Lesion, StoredAnswer
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor

PER_PAGE: Final = 25
LONGEST_SEARCH: Final = 32


@dataclass(frozen=True)
class Found:
    """One page of what was found, of how many lesions, and which page of how many."""

    answers: tuple[StoredAnswer, ...]
    total: int
    page: int
    pages: int


def find_lesions(session: Session, visitor: Visitor, wanted: str, page: int) -> Found:
    """The lesions whose pseudonym contains ``wanted``, the last answered first."""
    query = _latest(visitor, wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(page, 1), pages)
    rows = session.scalars(_whole(query).limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    return Found(tuple(rows.unique()), total, page, pages)


def all_found(session: Session, visitor: Visitor, wanted: str) -> Iterator[StoredAnswer]:
    """Every lesion found, with its latest answer."""
    yield from session.scalars(_whole(_latest(visitor, wanted)).execution_options(yield_per=500))


def find_lesion(session: Session, visitor: Visitor, number: int) -> Lesion | None:
    """One lesion; None where it does not exist or is not for this visitor to see: nobody can tell which."""
    if not 0 < number < 2**31:
        return None
    lesion = session.get(Lesion, number)
    return lesion if lesion is not None and may_see(visitor, lesion) else None


def answers_of(session: Session, lesion: Lesion) -> list[StoredAnswer]:
    """Every answer of a lesion, the latest first."""
    query = select(StoredAnswer).where(StoredAnswer.lesion_id == lesion.id)
    return list(session.scalars(query.order_by(StoredAnswer.revision.desc())))


def may_see(visitor: Visitor, lesion: Lesion) -> bool:
    """Whether this visitor may see that lesion."""
    return visitor.may(Permission.SEE_LESIONS) and (
        lesion.owner_id == visitor.account_id or visitor.may(Permission.SEE_ALL_LESIONS)
    )


def _latest(visitor: Visitor, wanted: str) -> Select[Any]:
    """The latest answers of the lesions that the visitor may see."""
    any_answer = aliased(StoredAnswer)
    latest = select(func.max(any_answer.revision)).where(any_answer.lesion_id == Lesion.id)
    query = (
        select(StoredAnswer)
        .join(Lesion, StoredAnswer.lesion_id == Lesion.id)
        .join(Account, Lesion.owner_id == Account.id)
        .where(StoredAnswer.revision == latest.scalar_subquery())
    )
    if not visitor.may(Permission.SEE_ALL_LESIONS):
        query = query.where(Lesion.owner_id == visitor.account_id)
    if wanted := tidy(wanted):
        query = query.where(func.lower(Lesion.pseudonym).contains(wanted.lower(), autoescape=True))
    return query


def tidy(wanted: str) -> str:
    """What can be searched for: control characters, which no database takes, are in no pseudonym."""
    return "".join(sign for sign in wanted if sign.isprintable())[:LONGEST_SEARCH].strip()


def _whole(query: Select[Any]) -> Select[Any]:
    eager = contains_eager(StoredAnswer.lesion).contains_eager(Lesion.owner)
    return query.options(eager).order_by(StoredAnswer.answered_at.desc(), StoredAnswer.id.desc())
