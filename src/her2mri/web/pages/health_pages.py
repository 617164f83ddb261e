"""What the machinery around the server asks: is it alive, and can it work."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from her2mri.errors import Her2mriError
from her2mri.web.database.migrate import current, newest
from her2mri.web.pages.guard import InRoom

router = APIRouter()


@router.get("/health", responses={503: {"description": "Something does not work"}})
def health(room: InRoom) -> JSONResponse:
    """200 where the database answers, its tables are of this version and a model is in use; else 503."""
    parts = {"database": False, "tables": False, "model": False}
    try:
        parts["tables"] = current(room.database) == newest()
        parts["database"] = True
        with room.database.reading() as session:
            room.models.in_use(session)
        parts["model"] = True
    except (SQLAlchemyError, Her2mriError):
        pass  # what could not be asked stays false; the log of the database says why
    is_well = all(parts.values())
    return JSONResponse({"status": "ok" if is_well else "failing", **parts}, 200 if is_well else 503)
