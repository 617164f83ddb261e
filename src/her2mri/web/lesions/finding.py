"""Finding lesions again: only those that the visitor may see, page by page, each with its latest answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, Subquery, bindparam, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from her2mri.web.database.tables import Account, Lesion, StoredAnswer
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor

PER_PAGE: Final = 25
LONGEST_SEARCH: Final = 32


class FoundAnswer(NamedTuple):
    """The latest answer of a lesion, as far as a list needs it."""

    lesion_id: int
    pseudonym: str
    reader: str
    revision: int
    answered_at: datetime
    output: str


@dataclass(frozen=True)
class Found:
    """One page of what was found, of how many lesions, and which page of how many."""

    answers: tuple[FoundAnswer, ...]
    total: int
    page: int
    pages: int


def find_lesions(session: Session, visitor: Visitor, wanted: str, page: int) -> Found:
    """The lesions whose pseudonym contains ``wanted``, the last answered first."""
    kind, values = _asked(visitor, wanted)
    total: int = session.scalar(_count(*kind), values) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(page, 1), pages)
    rows = session.execute(_one_page(*kind), {**values, "skipped": (page - 1) * PER_PAGE})
    return Found(tuple(FoundAnswer(*row) for row in rows), total, page, pages)


def all_found(session: Session, visitor: Visitor, wanted: str) -> Iterator[StoredAnswer]:
    """Every lesion found, with its latest answer."""
    kind, values = _asked(visitor, wanted)
    yield from session.scalars(_all(*kind).execution_options(yield_per=500), values)


def find_lesion(session: Session, visitor: Visitor, number: int) -> Lesion | None:
    """One lesion; None where it does not exist or is not for this visitor to see: nobody can tell which."""
    if not 0 < number < 2**31:
        return None
    lesion = session.scalars(_BY_NUMBER, {"number": number}).first()
    return lesion if lesion is not None and may_see(visitor, lesion) else None


def answers_of(session: Session, lesion: Lesion) -> list[StoredAnswer]:
    """Every answer of a lesion, the latest first."""
    return list(session.scalars(_OF_LESION, {"lesion": lesion.id}))


def may_see(visitor: Visitor, lesion: Lesion) -> bool:
    """Whether this visitor may see that lesion."""
    return visitor.may(Permission.SEE_LESIONS) and (
        lesion.owner_id == visitor.account_id or visitor.may(Permission.SEE_ALL_LESIONS)
    )


def tidy(wanted: str) -> str:
    """What can be searched for: control characters, which no database takes, are in no pseudonym."""
    return "".join(sign for sign in wanted if sign.isprintable())[:LONGEST_SEARCH].strip()


# Statements are built once: to build one takes longer than to ask it.

_BY_NUMBER: Final = (
    select(Lesion).where(Lesion.id == bindparam("number")).options(joinedload(Lesion.owner, innerjoin=True))
)
_OF_LESION: Final = (
    select(StoredAnswer)
    .where(StoredAnswer.lesion_id == bindparam("lesion"))
    .options(joinedload(StoredAnswer.reader, innerjoin=True))
    .order_by(StoredAnswer.revision.desc())
)


def _asked(visitor: Visitor, wanted: str) -> tuple[tuple[bool, bool], dict[str, Any]]:
    """Whether the visitor sees all and whether anything is searched for; and the values of the statement."""
    wanted = tidy(wanted).lower()
    sees_all = visitor.may(Permission.SEE_ALL_LESIONS)
    values: dict[str, Any] = {} if sees_all else {"owner": visitor.account_id}
    if wanted:
        values["pattern"] = "%" + re.sub("([/%_])", r"/\1", wanted) + "%"
    return (sees_all, bool(wanted)), values


@cache
def _count(sees_all: bool, is_search: bool) -> Select[Any]:
    """Lesions: each has an answer from the moment it is there."""
    return _only(select(func.count(Lesion.id)), sees_all, is_search)


@cache
def _one_page(sees_all: bool, is_search: bool) -> Select[Any]:
    newest = _newest(sees_all, is_search).limit(PER_PAGE).offset(bindparam("skipped")).subquery()
    columns: tuple[Any, ...] = (
        StoredAnswer.lesion_id,
        Lesion.pseudonym,
        Account.name,
        StoredAnswer.revision,
        StoredAnswer.answered_at,
        StoredAnswer.output,
    )
    return _joined(select(*columns), newest)


@cache
def _all(sees_all: bool, is_search: bool) -> Select[Any]:
    whole = contains_eager(StoredAnswer.lesion).contains_eager(Lesion.owner)
    return _joined(select(StoredAnswer).options(whole), _newest(sees_all, is_search).subquery())


def _joined(query: Select[Any], newest: Subquery) -> Select[Any]:
    return (
        query.join(newest, StoredAnswer.id == newest.c.id)
        .join(Lesion, StoredAnswer.lesion_id == Lesion.id)
        .join(Account, Lesion.owner_id == Account.id)
        .order_by(StoredAnswer.id.desc())
    )


def _newest(sees_all: bool, is_search: bool) -> Select[Any]:
    """Numbers of the latest answers of the lesions that may be seen, the last first: numbers grow with time."""
    last = func.max(StoredAnswer.id).label("id")
    query: Select[Any] = select(last).join(Lesion, StoredAnswer.lesion_id == Lesion.id)
    return _only(query.group_by(StoredAnswer.lesion_id).order_by(last.desc()), sees_all, is_search)


def _only(query: Select[Any], sees_all: bool, is_search: bool) -> Select[Any]:
    if not sees_all:
        query = query.where(Lesion.owner_id == bindparam("owner"))
    if is_search:
        query = query.where(func.lower(Lesion.pseudonym).like(bindparam("pattern"), escape="/"))
    return query
