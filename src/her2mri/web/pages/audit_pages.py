"""The audit log, the check of its chain, and stored answers computed again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import func, select

from her2mri.web.audit_log import check_chain, record
from her2mri.web.database.tables import AuditEntry
from her2mri.web.lesions.recompute import recompute
from her2mri.web.pages.guard import Alone, InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

router = APIRouter()
Checking = Annotated[Visitor, Depends(allowed(Permission.CHECK))]
PER_PAGE: Final = 50


@router.get("/audit")
def audit_log(
    request: Request, room: InRoom, visitor: Checking, number: Annotated[int, Query(alias="page")] = 1
) -> Response:
    """What was done, the last first."""
    return _log(request, room, visitor, number)


@router.post("/audit/check", dependencies=[OwnForm, Alone])
def check_audit_log(request: Request, room: InRoom, visitor: Checking) -> Response:
    """Every hash of the log computed again."""
    with room.database.reading() as session:
        chain = check_chain(session)
    with room.database.writing() as session:
        found = "whole" if chain.is_whole else chain.problem
        record(session, room.now(), visitor.name, "audit log checked", found=found, entries=chain.entries)
    return _log(request, room, visitor, 1, chain=chain)


@router.post("/audit/recompute", dependencies=[OwnForm, Alone])
def recompute_answers(request: Request, room: InRoom, visitor: Checking) -> Response:
    """Every stored answer asked of its model again."""
    with room.database.reading() as session:
        again = recompute(room, session)
    with room.database.writing() as session:
        record(
            session,
            room.now(),
            visitor.name,
            "answers recomputed",
            same=again.same,
            near=again.near,
            other=len(again.other),
        )
    return _log(request, room, visitor, 1, again=again)


def _log(request: Request, room: Room, visitor: Visitor, number: int, **found: Any) -> Response:
    with room.database.reading() as session:
        total = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        pages = max(1, -(-total // PER_PAGE))
        number = min(max(number, 1), pages)
        query = select(AuditEntry).order_by(AuditEntry.number.desc())
        entries = list(session.scalars(query.limit(PER_PAGE).offset((number - 1) * PER_PAGE)))
        models = room.models.in_use(session)
    content = {"chain": None, "again": None, **found}
    return page(
        request,
        "audit",
        visitor,
        entries=entries,
        total=total,
        number=number,
        pages=pages,
        models=models,
        **content,
    )
