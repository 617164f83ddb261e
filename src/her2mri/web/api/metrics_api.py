"""The figures of this server, for Prometheus with a token."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from her2mri.web.api.documented import needs, refusals
from her2mri.web.api.door import with_scope
from her2mri.web.metrics import exposition
from her2mri.web.people.tokens import Caller, Scope

router = APIRouter()
_FIGURES: Final[dict[str, Any]] = {
    "description": "In the text format of Prometheus",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: _FIGURES, **refusals()},
    openapi_extra=needs(Scope.METRICS),
)
def metrics(_caller: Annotated[Caller, Depends(with_scope(Scope.METRICS))]) -> Response:
    """Requests by route and status, how long they took, answers given, and the process."""
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)
