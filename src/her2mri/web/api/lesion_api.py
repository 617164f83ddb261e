"""Stored lesions and their answers, for programs: what their person may see, and no more."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse, Response

from her2mri.web.api.documented import needs, refusals
from her2mri.web.api.door import with_scope
from her2mri.web.api.refusals import RefusedError
from her2mri.web.api.schemas import LesionsOut, RevisionsOut
from her2mri.web.audit_log import record
from her2mri.web.database.tables import StoredAnswer
from her2mri.web.lesions.finding import LONGEST_SEARCH, FoundAnswer, answers_of, find_lesion, find_lesions
from her2mri.web.pages.guard import InRoom
from her2mri.web.people.tokens import Caller, Scope

router = APIRouter()
Reading = Annotated[Caller, Depends(with_scope(Scope.READ))]
_LARGEST: Final = 2**31 - 1


@router.get(
    "/api/lesions", response_model=LesionsOut, responses=refusals(422), openapi_extra=needs(Scope.READ)
)
def stored_lesions(
    room: InRoom,
    caller: Reading,
    wanted: Annotated[str, Query(alias="q", max_length=LONGEST_SEARCH)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=_LARGEST)] = 1,
) -> Response:
    """Lesions whose pseudonym contains q, each with its latest answer; a page beyond the last is the last."""
    with room.database.reading() as session:
        found = find_lesions(session, caller, wanted, number)
        rows = [_listed(answer) for answer in found.answers]
    with room.database.writing() as session:
        record(
            session, room.now(), caller.name, "lesions exported", f"token {caller.token_id}", count=len(rows)
        )
    return JSONResponse({"total": found.total, "page": found.page, "pages": found.pages, "lesions": rows})


@router.get(
    "/api/lesions/{number}",
    response_model=RevisionsOut,
    responses=refusals(404, 422),
    openapi_extra=needs(Scope.READ),
)
def stored_lesion(room: InRoom, caller: Reading, number: Annotated[int, Path(ge=1, le=_LARGEST)]) -> Response:
    """Every answer of one lesion, the latest first."""
    with room.database.reading() as session:
        lesion = find_lesion(session, caller, number)
        if lesion is None:
            raise RefusedError(404)
        rows = [_stored(answer) for answer in answers_of(session, lesion)]
        is_own = lesion.owner_id == caller.account_id
    if not is_own:
        with room.database.writing() as session:
            record(session, room.now(), caller.name, "lesion seen", f"lesion {number}", token=caller.token_id)
    return JSONResponse({"revisions": rows})


def _listed(found: FoundAnswer) -> dict[str, Any]:
    return {
        "lesion": found.lesion_id,
        "pseudonym": found.pseudonym,
        "reader": found.reader,
        "revision": found.revision,
        "answered_at": f"{found.answered_at.isoformat()}Z",
        "answer": json.loads(found.output),
    }


def _stored(answer: StoredAnswer) -> dict[str, Any]:
    lesion = answer.lesion
    found = FoundAnswer(
        lesion.id, lesion.pseudonym, lesion.owner.name, answer.revision, answer.answered_at, answer.output
    )
    return {
        **_listed(found),
        "model": answer.model_id,
        "software": answer.software,
        "findings": json.loads(answer.inputs),
        "prevalence": json.loads(answer.prevalence),
    }
