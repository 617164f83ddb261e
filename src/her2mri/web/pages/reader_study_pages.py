"""Reader studies for who conducts them: set up, opened, watched, closed, given away, analysed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from her2mri.errors import InputError
from her2mri.web.audit_log import record
from her2mri.web.database.reader_study_tables import OpenedStudy
from her2mri.web.lesions.given import ConflictError
from her2mri.web.pages.guard import InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.pages.study_form import InSetup, beside, empty_fields, fields_again, fields_of, offered
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.reader_studies import drafting
from her2mri.web.reader_studies.drafting import SentSetup
from her2mri.web.reader_studies.finding import Study, all_studies, find_study, images_of
from her2mri.web.reader_studies.opening import (
    close_study,
    findings_in_words,
    fingerprint,
    missing_reads,
    open_study,
)
from her2mri.web.reader_studies.questions import questions
from her2mri.web.reader_studies.reading import OwnStudy, standing
from her2mri.web.room import Room

router = APIRouter()
Conducting = Annotated[Visitor, Depends(allowed(Permission.CONDUCT_STUDIES))]
Text = Annotated[str, Form()]


@router.get("/studies")
def study_list(request: Request, room: InRoom, visitor: Conducting) -> Response:
    """Every reader study."""
    with room.database.reading() as session:
        studies = all_studies(session)
    return page(request, "studies", visitor, studies=studies)


@router.get("/studies/new")
def new_study(request: Request, room: InRoom, visitor: Conducting) -> Response:
    """The empty form."""
    return _form(request, room, visitor, None, empty_fields())


@router.post("/studies", dependencies=[OwnForm])
def send_study(request: Request, room: InRoom, visitor: Conducting, sent: InSetup) -> Response:
    """A draft is kept; or the form again, with what is wrong."""
    try:
        with room.database.reading() as session:
            setup = drafting.checked(room, session, sent)  # nobody who writes waits for a long table
        with room.database.writing() as session:
            number = drafting.keep_new_study(room, session, visitor, setup)
    except InputError as error:
        return _form(request, room, visitor, None, fields_again(sent), error)
    return RedirectResponse(f"/studies/{number}", 303)


@router.get("/studies/{number}")
def one_study(request: Request, room: InRoom, visitor: Conducting, number: int) -> Response:
    """A draft with its cases; or how far the readers are."""
    return study_page(request, room, visitor, number)


@router.get("/studies/{number}/change")
def change_study(request: Request, room: InRoom, visitor: Conducting, number: int) -> Response:
    """The form with what the draft holds."""
    with room.database.reading() as session:
        study = found_study(session, number)
    if study.draft is None:
        return RedirectResponse(f"/studies/{number}", 303)
    return _form(request, room, visitor, study, fields_of(study.draft))


@router.post("/studies/{number}", dependencies=[OwnForm])
def send_change(request: Request, room: InRoom, visitor: Conducting, number: int, sent: InSetup) -> Response:
    """The draft is changed; or the form again, with what is wrong."""
    with room.database.reading() as session:
        study = found_study(session, number)
    try:
        with room.database.reading() as session:
            setup = drafting.checked(room, session, sent, study.must_be_draft())
        with room.database.writing() as session:
            drafting.keep_change(room, session, visitor, found_study(session, number), setup, sent.seen)
    except ConflictError as error:
        return _stale_form(request, room, visitor, number, sent, error)
    except InputError as error:
        return _form(request, room, visitor, study, fields_again(sent), error)
    return RedirectResponse(f"/studies/{number}", 303)


def _stale_form(
    request: Request, room: Room, visitor: Visitor, number: int, sent: SentSetup, error: ConflictError
) -> Response:
    """The form as it was sent, beside what the draft holds by now; the study itself where it was opened."""
    with room.database.reading() as session:
        study = found_study(session, number)
    if study.draft is None:
        return study_page(request, room, visitor, number, error)
    fields, otherwise = beside(sent, study.draft)
    return _form(request, room, visitor, study, fields, ConflictError([*error.faults, *otherwise]))


@router.post("/studies/{number}/open", dependencies=[OwnForm])
def open_for_reading(
    request: Request, room: InRoom, visitor: Conducting, number: int, seen: Text = ""
) -> Response:
    """The set-up is frozen and the readers may begin."""
    try:
        with room.database.writing() as session:
            open_study(room, session, visitor, found_study(session, number), seen)
    except InputError as error:
        return study_page(request, room, visitor, number, error)
    return RedirectResponse(f"/studies/{number}", 303)


@router.post("/studies/{number}/close", dependencies=[OwnForm])
def close_for_good(
    request: Request, room: InRoom, visitor: Conducting, number: int, missing: Text = ""
) -> Response:
    """Nobody reads any more, and what was read may be seen."""
    lacking = int(missing) if missing.isascii() and missing.isdigit() and len(missing) < 9 else -1
    try:
        with room.database.writing() as session:
            close_study(room, session, visitor, found_study(session, number), lacking)
    except InputError as error:
        return study_page(request, room, visitor, number, error)
    return RedirectResponse(f"/studies/{number}", 303)


@router.get("/studies/{number}/setup.json")
def frozen_setup(room: InRoom, visitor: Conducting, number: int) -> Response:
    """What was frozen, to the letter: its SHA-256 is the one that the page shows."""
    with room.database.reading() as session:
        frozen = found_study(session, number).frozen
        if frozen is None:
            raise HTTPException(404)
        if frozen.reader(visitor.account_id) is not None:
            raise HTTPException(403, "You read in this study, and the set-up holds the truth.")
        content = session.get_one(OpenedStudy, number).content
    with room.database.writing() as session:
        record(session, room.now(), visitor.name, "study set-up exported", f"study {number}")
    headers = {"Content-Disposition": f'attachment; filename="study-{number}-setup.json"'}
    return Response(content, media_type="application/json", headers=headers)


def found_study(session: Session, number: int) -> Study:
    """The study of that number, or 404."""
    study = find_study(session, number)
    if study is None:
        raise HTTPException(404)
    return study


def _status(error: InputError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, ConflictError) else 422


def _form(
    request: Request,
    room: Room,
    visitor: Visitor,
    study: Study | None,
    fields: dict[str, Any],
    error: InputError | None = None,
) -> Response:
    with room.database.reading() as session:
        accounts = drafting.readers_to_choose(session)
    return page(
        request,
        "study_form",
        visitor,
        status=_status(error),
        study=study,
        fields=fields,
        questions=questions(),
        people=offered(accounts, fields),
        faults=error.faults if error else (),
    )


def study_page(
    request: Request, room: Room, visitor: Visitor, number: int, error: InputError | None = None
) -> Response:
    """A study as it stands, with what was wrong with what was asked of it."""
    with room.database.reading() as session:
        study = found_study(session, number)
        images = images_of(session, number)
        content: dict[str, Any] = {"study": study, "images": images, "findings": findings_in_words}
        if study.draft is not None:
            answering = room.models.in_use(session)
            content |= {"model": answering, "seen": fingerprint(study.draft, images, answering.id)}
        else:
            content |= {"missing": missing_reads(session, study), "rows": _progress(room, session, study)}
    return page(
        request, "study", visitor, status=_status(error), faults=error.faults if error else (), **content
    )


def _progress(room: Room, session: Session, study: Study) -> list[tuple[str, str, Any]]:
    """Name, experience and standing of each reader: how far, never what."""
    assert study.frozen is not None
    return [
        (reader.name, reader.experience, standing(session, room.now(), OwnStudy(study, study.frozen, reader)))
        for reader in study.frozen.readers
    ]
