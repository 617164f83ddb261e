"""FHIR R4: Observations in, a RiskAssessment out, and what this server says of itself. Decision 0186."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import WithJsonSchema

from her2mri.bundle.wording import ask
from her2mri.dictionary.codes import load_codes
from her2mri.errors import Fault, LesionError
from her2mri.interchange.conformance import capability_statement, code_system, operation_definition
from her2mri.interchange.observations import observations_in, read_observations
from her2mri.interchange.risk_assessment import Assessed, risk_assessment
from her2mri.web.api.documented import OBSERVATIONS, fhir_responses, needs
from her2mri.web.api.door import with_scope
from her2mri.web.api.predict_api import in_use
from her2mri.web.api.refusals import FHIR, RefusedError
from her2mri.web.api.strict_json import StrictRoute
from her2mri.web.metrics import ANSWERS
from her2mri.web.pages.guard import InRoom
from her2mri.web.people.tokens import Caller, Scope

router = APIRouter(route_class=StrictRoute)
Predicting = Annotated[Caller, Depends(with_scope(Scope.PREDICT))]
Resource = Annotated[dict[str, Any], Body(media_type=FHIR), WithJsonSchema(OBSERVATIONS)]


class FhirResponse(JSONResponse):
    """A resource."""

    media_type = FHIR


@router.get("/fhir/metadata", response_class=FhirResponse, responses=fhir_responses("CapabilityStatement"))
def metadata(request: Request) -> Response:
    """The CapabilityStatement."""
    return FhirResponse(capability_statement(_base(request)))


@router.get(
    "/fhir/OperationDefinition/predict",
    response_class=FhirResponse,
    responses=fhir_responses("OperationDefinition"),
)
def operation(request: Request) -> Response:
    """The OperationDefinition of $predict."""
    return FhirResponse(operation_definition(_base(request)))


@router.get(
    "/fhir/CodeSystem/{name}", response_class=FhirResponse, responses=fhir_responses("CodeSystem", 404)
)
def codes(name: str) -> Response:
    """The dictionary as a CodeSystem."""
    known = load_codes()
    if name != known.dictionary.name:
        raise RefusedError(404)
    return FhirResponse(code_system(known))


@router.post(
    "/fhir/RiskAssessment/$predict",
    response_class=FhirResponse,
    responses=fhir_responses("RiskAssessment", 422, 503, guarded=True),
    openapi_extra=needs(Scope.PREDICT),
)
def predict(room: InRoom, caller: Predicting, content: Resource) -> Response:
    """The RiskAssessment of one lesion's Observations. Nothing is stored."""
    known = load_codes()
    answering = in_use(room)
    try:
        observed = read_observations(observations_in(content), known)
        prevalence = (None,) * len(answering.bundles)
        answer = ask(answering.model, observed.lesion, prevalence, explained=True)
    except LesionError as error:
        raise RefusedError(422, error.faults) from error
    if answer.refused:
        raise RefusedError(422, [Fault("lesion", answer.refused)])
    ANSWERS.labels(door="fhir").inc()
    at = f"{room.now().isoformat(timespec='seconds')}Z"
    return FhirResponse(risk_assessment(Assessed(observed, answering.model, answer, known), at))


def _base(request: Request) -> str:
    return f"{request.base_url}fhir"
