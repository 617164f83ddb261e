"""What pathology found: entered for one lesion, or for many by a table; and the scanners to choose from."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Lesion
from her2mri.web.lesions.finding import find_lesion
from her2mri.web.lesions.given import ConflictError
from her2mri.web.monitoring.examination import (
    examinations_of,
    keep_facts,
    open_scanners,
    read_facts,
    scanners,
    set_scanner,
)
from her2mri.web.monitoring.pathology import asked, keep_report, label_rule_of, pathology_of, read_report
from her2mri.web.monitoring.truth_table import COLUMNS, Stored, keep_rows, read_rows
from her2mri.web.pages.guard import InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

router = APIRouter()
Entering = Annotated[Visitor, Depends(allowed(Permission.ENTER_TRUTH))]
Keeping = Annotated[Visitor, Depends(allowed(Permission.KEEP_SCANNERS))]
Text = Annotated[str, Form()]


@router.get("/lesions/{number}/truth")
def truth_of_lesion(request: Request, room: InRoom, visitor: Entering, number: int) -> Response:
    """What pathology found of a lesion, every revision of it, and the form for the next."""
    return _truth(request, room, visitor, number)


@router.post("/lesions/{number}/pathology", dependencies=[OwnForm])
def send_pathology(
    request: Request,
    room: InRoom,
    visitor: Entering,
    number: int,
    revision: Text = "",
    her2_ihc: Text = "",
    her2_ish: Text = "",
) -> Response:
    """The next revision of the report is kept; or the form again, with what is wrong."""
    try:
        with room.database.writing() as session:
            lesion = _found(session, visitor, number)
            report = read_report(her2_ihc, her2_ish, label_rule_of(room.models.in_use(session)))
            keep_report(room, session, visitor, lesion, revision_number(revision), report)
    except InputError as error:
        return _truth(request, room, visitor, number, error, {"her2_ihc": her2_ihc, "her2_ish": her2_ish})
    return RedirectResponse(f"/lesions/{number}/truth", 303)


@router.post("/lesions/{number}/examination", dependencies=[OwnForm])
def send_examination(
    request: Request,
    room: InRoom,
    visitor: Entering,
    number: int,
    revision: Text = "",
    scanner: Text = "",
    month: Text = "",
    patient: Text = "",
) -> Response:
    """The next revision of the examination is kept; or the form again, with what is wrong."""
    try:
        with room.database.writing() as session:
            lesion = _found(session, visitor, number)
            facts = read_facts(session, f"{room.now():%Y-%m}", scanner, month, patient)
            keep_facts(room, session, visitor, lesion, revision_number(revision), facts)
    except InputError as error:
        typed = {"scanner": scanner, "month": month[:7], "patient": patient[:32]}
        return _truth(request, room, visitor, number, error, typed)
    return RedirectResponse(f"/lesions/{number}/truth", 303)


@router.get("/truth")
def truth_table(request: Request, visitor: Entering) -> Response:
    """The form for a table of many lesions."""
    return _table(request, visitor)


@router.post("/truth", dependencies=[OwnForm])
def send_truth_table(
    request: Request, room: InRoom, visitor: Entering, table: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Every row of the table is kept, or none, with every fault of it."""
    try:
        if table is None or not table.filename:
            raise InputError([Fault("table", "was not sent", remedy="choose a file")])
        rows = read_rows(table.file.read(), table.filename)
        with room.database.writing() as session:
            stored = keep_rows(room, session, visitor, rows)
            record(
                session,
                room.now(),
                visitor.name,
                "pathology table read",
                rows=len(rows),
                reports=stored.reports,
                examinations=stored.examinations,
            )
    except InputError as error:
        return _table(request, visitor, error=error)
    return _table(request, visitor, stored=stored)


@router.get("/scanners")
def scanner_list(request: Request, room: InRoom, visitor: Keeping) -> Response:
    """The scanners that an examination may be of."""
    return _scanners(request, room, visitor)


@router.post("/scanners", dependencies=[OwnForm])
def change_scanner(
    request: Request, room: InRoom, visitor: Keeping, code: Text = "", change: Text = ""
) -> Response:
    """A code put on the list, or taken off it (``close``)."""
    try:
        with room.database.writing() as session:
            set_scanner(room, session, visitor, code, is_open=change != "close")
    except InputError as error:
        return _scanners(request, room, visitor, error)
    return _scanners(request, room, visitor)


def _truth(
    request: Request,
    room: Room,
    visitor: Visitor,
    number: int,
    error: InputError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with room.database.reading() as session:
        lesion = _found(session, visitor, number)
        reports, examinations = pathology_of(session, lesion), examinations_of(session, lesion)
        history = [(report, report.who.name) for report in reports]
        content = {"pseudonym": lesion.pseudonym, "owner": lesion.owner.name, "number": lesion.id}
        is_own = lesion.owner_id == visitor.account_id
        codes = open_scanners(session)
    if not is_own:
        with room.database.writing() as session:
            record(session, room.now(), visitor.name, "lesion's truth seen", f"lesion {number}")
    report, examination = (found[0] if found else None for found in (reports, examinations))
    stored: dict[str, Any] = {
        name: getattr(source, name, None) or ""
        for source, names in (
            (report, ("her2_ihc", "her2_ish")),
            (examination, ("scanner", "month", "patient")),
        )
        for name in names
    }
    ihc, ish = asked()
    return page(
        request,
        "truth",
        visitor,
        status=_status(error),
        faults=error.faults if error else (),
        lesion=content,
        history=history,
        report=report,
        examination=examination,
        fields={**stored, **(typed or {})},
        variables=(ihc, ish),
        label=_label_of_status,
        codes=codes,
        this_month=f"{room.now():%Y-%m}",
    )


def _table(
    request: Request, visitor: Visitor, *, stored: Stored | None = None, error: InputError | None = None
) -> Response:
    faults = error.faults if error else ()
    return page(
        request, "truth_table", visitor, status=_status(error), faults=faults, stored=stored, columns=COLUMNS
    )


def _scanners(request: Request, room: Room, visitor: Visitor, error: InputError | None = None) -> Response:
    with room.database.reading() as session:
        rows = scanners(session)
    faults = error.faults if error else ()
    return page(request, "scanners", visitor, status=_status(error), faults=faults, rows=rows)


def _status(error: InputError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, ConflictError) else 422


def _label_of_status(status: str | None) -> str:
    from her2mri.dictionary import load_dictionary

    return load_dictionary()["her2_status"].label_of(status) if status else ""


def _found(session: Session, visitor: Visitor, number: int) -> Lesion:
    lesion = find_lesion(session, visitor, number)
    if lesion is None:
        raise HTTPException(404)
    return lesion


def revision_number(text: str) -> int:
    """The number that a hidden field holds; InputError where somebody changed it."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError([Fault("form", "is not the one that was shown", remedy="open the page again")])
    return int(text)
