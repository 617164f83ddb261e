"""Tables: sent, mended cell by cell, scored with visible progress, and what came of each lesion."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.uploads_tables import Upload
from her2mri.web.lesions.given import ConflictError
from her2mri.web.pages.guard import InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room
from her2mri.web.uploads.apart import read_apart
from her2mri.web.uploads.cells import text_of
from her2mri.web.uploads.keeping import KEPT_FOR, discard, find_upload, keep_table, uploads_of
from her2mri.web.uploads.looking import Looked, look, mend, template_file
from her2mri.web.uploads.mending import Typed, not_kept
from her2mri.web.uploads.packed import LARGEST_FILE, MOST_COLUMNS, MOST_ROWS
from her2mri.web.uploads.reading import SUFFIXES, suffix_of
from her2mri.web.uploads.results import csv_of, results_of
from her2mri.web.uploads.scoring import begin_scoring, score_some

router = APIRouter()
Entering = Annotated[Visitor, Depends(allowed(Permission.ENTER_LESIONS))]
LARGEST_BODY: Final = LARGEST_FILE + 64 * 1024
"""A file with the form around it."""
MOST_SHOWN: Final = 100
"""Faults that a page shows at once; the next come when these are mended."""
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def _fields(request: Request) -> FormData:
    return await request.form()


Fields = Annotated[FormData, Depends(_fields)]


@router.get("/uploads")
def upload_list(request: Request, room: InRoom, visitor: Entering) -> Response:
    """The visitor's tables, and the form for another."""
    return _list(request, room, visitor)


@router.get("/uploads/template.xlsx")
def template(visitor: Entering) -> Response:
    """An empty table to fill."""
    headers = {"Content-Disposition": 'attachment; filename="lesions.xlsx"'}
    return Response(template_file(), media_type=_WORKBOOK, headers=headers)


@router.post("/uploads", dependencies=[OwnForm])
def send_table(
    request: Request, room: InRoom, visitor: Entering, table: Annotated[UploadFile | None, File()] = None
) -> Response:
    """A table is read and kept until it is scored; or the form again, with why it cannot be."""
    try:
        if table is None or not table.filename:
            raise InputError([Fault("table", "no file was chosen")])
        content = table.file.read(LARGEST_FILE + 1)
        typed = read_apart(content, suffix_of(table.filename))
        with room.database.writing() as session:
            number = keep_table(session, room.now(), visitor, typed).id
    except InputError as error:
        return _list(request, room, visitor, error)
    return RedirectResponse(f"/uploads/{number}", 303)


@router.get("/uploads/{number}")
def upload(
    request: Request,
    room: InRoom,
    visitor: Entering,
    number: int,
    shown: Annotated[int, Query(alias="page")] = 1,
) -> Response:
    """What is to be mended; or how far scoring is, and what came of it."""
    looked = look(room, visitor, number)
    if looked is not None:
        return _to_mend(request, visitor, looked)
    with room.database.reading() as session:
        found = results_of(session, _found(session, visitor, number), shown)
    return page(request, "upload_results", visitor, found=found)


@router.post("/uploads/{number}", dependencies=[OwnForm])
def send_mended(request: Request, room: InRoom, visitor: Entering, number: int, fields: Fields) -> Response:
    """What was typed is kept and checked; the page comes again until nothing is to be mended."""
    before = look(room, visitor, number)
    if before is None:
        with room.database.reading() as session:
            _found(session, visitor, number)
        return RedirectResponse(f"/uploads/{number}", 303)
    typed = _typed(before, fields)
    error = None
    try:
        mend(room, visitor, before, typed)
    except ConflictError as conflict:
        error = conflict
    looked = look(room, visitor, number)
    if looked is None or (looked.checked.is_clean and error is None):
        return RedirectResponse(f"/uploads/{number}", 303)
    return _to_mend(request, visitor, looked, again=not_kept(before.checked, typed), error=error)


@router.post("/uploads/{number}/score", dependencies=[OwnForm])
def score(
    request: Request, room: InRoom, visitor: Entering, number: int, version: Annotated[int, Form()] = 0
) -> Response:
    """The next lesions are scored; the first time all that is needed for it is taken up."""
    looked = look(room, visitor, number)
    try:
        with room.database.writing() as session:
            found = _found(session, visitor, number)
            if looked is not None:
                if looked.version != version:
                    raise _changed(number)
                begin_scoring(room, session, visitor, found, looked)
    except InputError as error:
        assert looked is not None
        return _to_mend(request, visitor, looked, error=error)
    progress = score_some(room, visitor, number)
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"lesions": progress.lesions, "left": progress.left})
    return RedirectResponse(f"/uploads/{number}", 303)


@router.post("/uploads/{number}/remove", dependencies=[OwnForm])
def remove(request: Request, room: InRoom, visitor: Entering, number: int) -> Response:
    """A table that is not scored is removed, with all that was typed in it."""
    try:
        with room.database.writing() as session:
            discard(session, room.now(), visitor.name, _found(session, visitor, number))
    except InputError as error:
        return _list(request, room, visitor, error)
    return RedirectResponse("/uploads", 303)


@router.get("/uploads/{number}/lesions.csv")
def results_as_csv(room: InRoom, visitor: Entering, number: int) -> Response:
    """The lesions of a table with the answers that scoring gave."""
    with room.database.reading() as session:
        lines = list(csv_of(session, _found(session, visitor, number)))
    with room.database.writing() as session:
        count = len(lines) - 1
        record(session, room.now(), visitor.name, "lesions exported", f"table {number}", count=count)
    headers = {"Content-Disposition": f'attachment; filename="table-{number}.csv"'}
    return Response("".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _list(request: Request, room: Room, visitor: Visitor, error: InputError | None = None) -> Response:
    with room.database.reading() as session:
        tables = list(uploads_of(session, visitor))
    return page(
        request,
        "uploads",
        visitor,
        status=422 if error else 200,
        tables=tables,
        faults=error.faults if error else (),
        suffixes=",".join(SUFFIXES),
        limits={"rows": MOST_ROWS, "columns": MOST_COLUMNS, "megabytes": LARGEST_FILE // 1024**2},
        days=KEPT_FOR.days,
    )


def _to_mend(
    request: Request,
    visitor: Visitor,
    looked: Looked,
    *,
    again: dict[str, str] | None = None,
    error: InputError | None = None,
) -> Response:
    """The faults with something to type against each. ``again``: what was typed and could not be kept."""
    is_sent = request.method == "POST"
    groups = looked.checked.to_mend[:MOST_SHOWN]
    rows = {row.row: row for row in looked.table.rows}
    present = {group.key: text_of(rows[group.rows[0]].cells.get(group.fault.column)) for group in groups}
    status = 409 if isinstance(error, ConflictError) else 422 if is_sent else 200
    return page(
        request,
        "upload",
        visitor,
        status=status,
        looked=looked,
        groups=groups,
        left_out=[row.row for row in looked.table.rows if row.left_out],
        names={number: text_of(row.cells.get("lesion_id")) for number, row in rows.items()},
        present=present | (again or {}),
        is_sent=is_sent,
        faults=error.faults if error else (),
    )


def _typed(looked: Looked, fields: FormData) -> Typed:
    """What the form of a table sent, which showed the faults by their keys and the rows left out by number."""
    texts = [(name, value) for name, value in fields.multi_items() if isinstance(value, str)]
    shown = {value for name, value in texts if name == "key"}
    out = {value for name, value in texts if name == "out"}
    groups = [group for group in looked.checked.to_mend if group.key in shown]
    was_out = {row.row for row in looked.table.rows if row.left_out and f"row {row.row}" in shown}
    still_out = {row for row in was_out if f"row {row}" in out}
    factors = {name.removeprefix("factor "): value for name, value in texts if name.startswith("factor ")}
    return Typed(
        values={name.removeprefix("value "): value for name, value in texts if name.startswith("value ")},
        shown=frozenset(row for group in groups for row in group.rows) | was_out,
        left_out=frozenset(row for group in groups if group.key in out for row in group.rows) | still_out,
        factors={name: float(value) for name, value in factors.items() if _is_number(value)},
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _changed(number: int) -> ConflictError:
    return ConflictError([Fault(f"table {number}", "was changed meanwhile", remedy="look at it again")])


def _found(session: Session, visitor: Visitor, number: int) -> Upload:
    found = find_upload(session, visitor, number)
    if found is None:
        raise HTTPException(404)
    return found
