"""How the models do here: shares and numbers of many lesions, and of no single one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response
from sqlalchemy import select

from her2mri.web.database.tables import ModelInUse
from her2mri.web.monitoring.drawing import calibration_figure, drift_figure, evidence_figure
from her2mri.web.monitoring.groups import FEWEST_JUDGED, FEWEST_SHOWN
from her2mri.web.monitoring.performance import FEWEST
from her2mri.web.monitoring.report import Reports, TaskReport
from her2mri.web.pages.guard import InRoom, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor

router = APIRouter()
Seeing = Annotated[Visitor, Depends(allowed(Permission.SEE_MONITORING))]
REPORTS = Reports()


@router.get("/monitoring")
def monitoring(
    request: Request, room: InRoom, visitor: Seeing, model: Annotated[int | None, Query()] = None
) -> Response:
    """The models in use, or those that were in use under a number."""
    from her2mri.evaluation.calibration_watch import TOLERATED_SHIFT, TOLERATED_SLOPE, WATCH, WORRY

    with room.database.reading() as session:
        numbers = list(session.scalars(select(ModelInUse.id).order_by(ModelInUse.id.desc())))
        if model is not None and model not in numbers:
            raise HTTPException(404)
        answering = room.models.numbered(session, numbers[0] if model is None else model)
        reports = REPORTS.of(session, room.settings.database, answering)
    return page(
        request,
        "monitoring",
        visitor,
        answering=answering,
        numbers=numbers,
        reports=reports,
        drawn=[_drawn(report, WATCH, WORRY) for report in reports],
        limits={
            "watch": WATCH,
            "worry": WORRY,
            "shift": TOLERATED_SHIFT,
            "slope": TOLERATED_SLOPE,
            "figures": FEWEST,
            "shown": FEWEST_SHOWN,
            "ratio": FEWEST_JUDGED,
        },
    )


def _drawn(report: TaskReport, watch: float, worry: float) -> dict[str, object]:
    task, bundle = report.bundle.task, report.bundle
    curve = report.curve
    return {
        "calibration": calibration_figure(curve, bundle.locked_threshold, task.positive_label, task.label)
        if curve
        else "",
        "evidence": evidence_figure(report.verdict.evidence, watch, worry, task.label),
        "drift": drift_figure(report.drift, task.label) if report.drift else "",
    }
