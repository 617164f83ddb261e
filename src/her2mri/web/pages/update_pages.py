"""The steps to another model: computed and proposed, looked at, signed off."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from her2mri.errors import Fault, InputError
from her2mri.web.lesions.given import ConflictError
from her2mri.web.monitoring.cases import cases_of
from her2mri.web.monitoring.drawing import calibration_figure
from her2mri.web.monitoring.judged import judged
from her2mri.web.monitoring.performance import LABELS, Curve
from her2mri.web.monitoring.proposals import Proposal, decide, proposal, proposals, propose
from her2mri.web.monitoring.updating import METHODS, updated
from her2mri.web.pages.guard import InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

router = APIRouter()
Seeing = Annotated[Visitor, Depends(allowed(Permission.SEE_MONITORING))]
Proposing = Annotated[Visitor, Depends(allowed(Permission.PROPOSE_UPDATES))]
Deciding = Annotated[Visitor, Depends(allowed(Permission.SIGN_OFF_UPDATES))]
Text = Annotated[str, Form()]


@router.get("/monitoring/updates")
def update_list(request: Request, room: InRoom, visitor: Seeing) -> Response:
    """What was proposed and decided, and the form for a new one."""
    return _list(request, room, visitor)


@router.post("/monitoring/updates", dependencies=[OwnForm])
def send_update(
    request: Request, room: InRoom, visitor: Proposing, task: Text = "", method: Text = ""
) -> Response:
    """The update of one model is computed and proposed; or the form again, with what is wrong."""
    try:
        with room.database.reading() as session:
            answering = room.models.in_use(session)
            parent = next((bundle for bundle in answering.bundles if bundle.task.name == task), None)
            if parent is None:
                raise InputError([Fault("task", "no model in use answers it")])
            lesions = judged(parent, cases_of(session, answering))
        made = updated(lesions, method)  # seconds: no transaction waits for it
        with room.database.writing() as session:
            number = propose(room, session, visitor, answering.id, parent, method, made)
    except InputError as error:
        return _list(request, room, visitor, error)
    return RedirectResponse(f"/monitoring/updates/{number}", 303)


@router.get("/monitoring/updates/{number}")
def one_update(request: Request, room: InRoom, visitor: Seeing, number: int) -> Response:
    """Before and after, and what was decided."""
    return _one(request, room, visitor, number)


@router.post("/monitoring/updates/{number}", dependencies=[OwnForm])
def send_decision(
    request: Request, room: InRoom, visitor: Deciding, number: int, decision: Text = "", password: Text = ""
) -> Response:
    """Signed off (``accept``) or declined; or the page again, with what is wrong."""
    with room.database.reading() as session:
        if proposal(session, number) is None:
            raise HTTPException(404)
    try:
        if decision not in {"accept", "decline"}:
            raise InputError([Fault("decision", "is neither to sign off nor to decline")])
        decide(room, visitor, number, password, accept=decision == "accept")
    except InputError as error:
        return _one(request, room, visitor, number, error)
    return RedirectResponse(f"/monitoring/updates/{number}", 303)


def _list(request: Request, room: Room, visitor: Visitor, error: InputError | None = None) -> Response:
    with room.database.reading() as session:
        answering = room.models.in_use(session)
        rows = proposals(session)
    return page(
        request,
        "updates",
        visitor,
        status=_status(error),
        faults=error.faults if error else (),
        bundles=answering.bundles,
        methods=METHODS,
        rows=rows,
    )


def _one(
    request: Request, room: Room, visitor: Visitor, number: int, error: InputError | None = None
) -> Response:
    with room.database.reading() as session:
        found = proposal(session, number)
        if found is None:
            raise HTTPException(404)
        is_current = room.models.in_use(session).id == found.model
    return page(
        request,
        "update",
        visitor,
        status=_status(error),
        faults=error.faults if error else (),
        proposal=found,
        methods=METHODS,
        labels=LABELS,
        is_current=is_current,
        drawn={side: _drawn(found, side) for side in ("before", "after")},
        rows=_rows(found.comparison),
    )


def _rows(comparison: dict[str, Any]) -> list[tuple[str, dict[str, float] | None, dict[str, float] | None]]:
    """Each measure before and after."""
    sides = [{one["name"]: one for one in comparison[side]["figures"]} for side in ("before", "after")]
    return [
        (name, sides[0].get(name), sides[1].get(name)) for name in LABELS if any(name in s for s in sides)
    ]


def _drawn(found: Proposal, side: str) -> Markup:
    content = found.comparison[side]["curve"]
    if content is None:
        return Markup()
    curve = Curve(**{kind: tuple(tuple(row) for row in content[kind]) for kind in ("smooth", "groups")})
    task = found.bundle.task
    return calibration_figure(
        curve, found.bundle.locked_threshold, task.positive_label, f"{task.label}, {side} the update"
    )


def _status(error: InputError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, ConflictError) else 422
