"""Reader studies for who reads in them: how far, the case whose turn it is, and at the end one's own reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from her2mri.errors import InputError
from her2mri.web.lesions.answering import shares_of
from her2mri.web.lesions.display import calculator_data
from her2mri.web.lesions.given import ConflictError
from her2mri.web.pages.guard import InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.reader_studies.finding import studies_of_reader
from her2mri.web.reader_studies.reading import (
    OwnStudy,
    SentRead,
    Turn,
    answer,
    own_study,
    show,
    shown_image,
    standing,
)
from her2mri.web.reader_studies.results import reads_of_study
from her2mri.web.room import Room

router = APIRouter()
Reading = Annotated[Visitor, Depends(allowed(Permission.READ_STUDIES))]
Text = Annotated[str, Form()]


@dataclass(frozen=True)
class Sent:
    """What the form of a case sends. ``then`` is "pause" where the reader wants no next case."""

    session: Text = ""
    place: Text = ""
    call: Text = ""
    confidence: Text = ""
    then: Text = ""

    @property
    def read(self) -> SentRead:
        """The read in it."""
        return SentRead(self.session, self.place, self.call, self.confidence)


@router.get("/reading")
def own_studies(request: Request, room: InRoom, visitor: Reading) -> Response:
    """The studies that the visitor reads in."""
    now = room.now()
    with room.database.reading() as session:
        rows = []
        for study in studies_of_reader(session, visitor.account_id):
            own = own_study(session, visitor, study.number)
            assert own is not None
            rows.append((own, standing(session, now, own)))
    return page(request, "reading", visitor, rows=rows)


@router.get("/reading/{number}")
def own_progress(request: Request, room: InRoom, visitor: Reading, number: int) -> Response:
    """How far the visitor is; after the study is closed, what they read and what was right."""
    with room.database.reading() as session:
        own = _own(session, visitor, number)
        where = standing(session, room.now(), own)
        reads = []
        if own.study.closed_at is not None:
            everyone = reads_of_study(session, own.study)
            reads = [read for read in everyone if read.reader.account == visitor.account_id]
    return page(request, "reading_study", visitor, own=own, where=where, reads=reads)


@router.get("/reading/{number}/case")
def case_to_read(request: Request, room: InRoom, visitor: Reading, number: int) -> Response:
    """The case whose turn it is. That it was shown, and when, is written down."""
    with room.database.writing() as session:
        own = _own(session, visitor, number)
        turn = show(room, session, visitor, own)
        if turn is None:
            return RedirectResponse(f"/reading/{number}", 303)
        content = _case(room, session, own, turn)
    return page(request, "reading_case", visitor, **content)


@router.post("/reading/{number}/case", dependencies=[OwnForm])
def send_read(
    request: Request, room: InRoom, visitor: Reading, number: int, sent: Annotated[Sent, Depends()]
) -> Response:
    """The read is kept, and the next case follows; or the same case again, with what is wrong."""
    try:
        with room.database.writing() as session:
            answer(room, session, visitor, _own(session, visitor, number), sent.read)
    except ConflictError as error:
        with room.database.reading() as session:
            own = _own(session, visitor, number)
        return page(request, "reading_refused", visitor, status=409, own=own, faults=error.faults)
    except InputError as error:
        return _case_again(request, room, visitor, number, sent, error)
    return RedirectResponse(f"/reading/{number}" + ("" if sent.then == "pause" else "/case"), 303)


@router.get("/reading/{number}/case/{part}/{place}/{image}")
def image_to_read(room: InRoom, visitor: Reading, number: int, part: int, place: int, image: int) -> Response:
    """An image of the case that the visitor has before them, and of no other. ``part``: the session, 1 or 2."""
    with room.database.reading() as session:
        own = _own(session, visitor, number)
        found = shown_image(session, room.now(), own, (part, place), image)
        if found is None:
            raise HTTPException(404)
        return Response(found.content, media_type=found.media)


def _own(session: Session, visitor: Visitor, number: int) -> OwnStudy:
    own = own_study(session, visitor, number)
    if own is None:
        raise HTTPException(404)
    return own


def _case_again(
    request: Request, room: Room, visitor: Visitor, number: int, sent: Sent, error: InputError
) -> Response:
    """The same showing of the case goes on: its time does not begin anew."""
    with room.database.reading() as session:
        own = _own(session, visitor, number)
        turn = standing(session, room.now(), own).turn
        if turn is None:
            return RedirectResponse(f"/reading/{number}", 303)
        content = _case(room, session, own, turn)
    given = {"call": sent.call, "confidence": sent.confidence[:3]}
    return page(
        request, "reading_case", visitor, status=422, **{**content, "given": given, "faults": error.faults}
    )


def _case(room: Room, session: Session, own: OwnStudy, turn: Turn) -> dict[str, Any]:
    """What the page of a case shows: nothing of the model before the aided session, nothing of the truth ever."""
    content: dict[str, Any] = {
        "number": own.study.number,
        "frozen": own.frozen,
        "turn": turn,
        "given": {"call": "", "confidence": ""},
        "faults": (),
        "data": None,
        "room_data": None,
    }
    if turn.arm == "aided":
        answering = room.models.numbered(session, own.frozen.model)
        content["data"] = calculator_data(answering.bundles)
        content["room_data"] = {
            "lesion": turn.case.inputs,
            "prevalence": [None] * len(answering.bundles),
            "stored": shares_of(turn.case.answer),
        }
    return content
