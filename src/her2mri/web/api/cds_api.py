"""CDS Hooks: what a health record asks when a patient is opened. Decision 0188."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import WithJsonSchema

from her2mri.bundle.wording import ask
from her2mri.dictionary.codes import load_codes
from her2mri.errors import LesionError
from her2mri.interchange.cds_hooks import NoPrefetchError, card, discovery, findings_of, service_id
from her2mri.interchange.observations import read_observations
from her2mri.interchange.risk_assessment import Assessed
from her2mri.web.api.documented import HOOK_CALL, needs, refusals
from her2mri.web.api.door import with_scope
from her2mri.web.api.predict_api import in_use
from her2mri.web.api.refusals import RefusedError
from her2mri.web.api.schemas import CardsOut, ServicesOut
from her2mri.web.api.strict_json import StrictRoute
from her2mri.web.metrics import ANSWERS
from her2mri.web.pages.guard import InRoom
from her2mri.web.people.tokens import Caller, Scope

router = APIRouter(route_class=StrictRoute)
Predicting = Annotated[Caller, Depends(with_scope(Scope.PREDICT))]
Call = Annotated[dict[str, Any], Body(), WithJsonSchema(HOOK_CALL)]


@router.get("/cds-services", response_model=ServicesOut, responses=refusals(503, guarded=False))
def services(room: InRoom) -> Response:
    """The one service, and which Observations it wants sent along."""
    return JSONResponse(discovery(load_codes(), in_use(room).bundles))


@router.post(
    "/cds-services/{service}",
    response_model=CardsOut,
    responses=refusals(404, 412, 422, 503),
    openapi_extra=needs(Scope.PREDICT),
)
def call(
    request: Request,
    room: InRoom,
    caller: Predicting,
    service: str,
    content: Call,
) -> Response:
    """One card, or none where no finding was sent that a model asks for. Nothing is stored."""
    codes = load_codes()
    if service != service_id(codes):
        raise RefusedError(404)
    answering = in_use(room)
    try:
        observed = read_observations(findings_of(content), codes, searched=True)
        if not answering.known & set(observed.lesion):
            return JSONResponse({"cards": []})
        answer = ask(answering.model, observed.lesion, (None,) * len(answering.bundles), explained=True)
    except NoPrefetchError as error:
        raise RefusedError(412, error.faults) from error
    except LesionError as error:
        raise RefusedError(422, error.faults) from error
    ANSWERS.labels(door="cds").inc()
    made = Assessed(observed, answering.model, answer, codes)
    return JSONResponse({"cards": [card(made, str(request.base_url), str(uuid.uuid4()))]})
