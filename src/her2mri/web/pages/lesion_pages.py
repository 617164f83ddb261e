"""Lesions: the list, the form, what was stored, and all of it as CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Lesion
from her2mri.web.lesions.answering import keep_answer, keep_new
from her2mri.web.lesions.display import calculator_data, listed, stored_view
from her2mri.web.lesions.export import csv_lines
from her2mri.web.lesions.finding import all_found, answers_of, find_lesion, find_lesions, tidy
from her2mri.web.lesions.given import ConflictError, Given, read_given
from her2mri.web.lesions.models import Answering
from her2mri.web.measuring.draft import fields_of
from her2mri.web.measuring.keeping import find
from her2mri.web.measuring.record import measured_view, measurement_of, note_measured
from her2mri.web.pages.guard import Alone, InRoom, OwnForm, allowed
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

router = APIRouter()
Seeing = Annotated[Visitor, Depends(allowed(Permission.SEE_LESIONS))]
Entering = Annotated[Visitor, Depends(allowed(Permission.ENTER_LESIONS))]
Text = Annotated[str, Form()]


@dataclass(frozen=True)
class Sent:
    """What the form sends of a lesion. ``model`` and ``seen``: what the page answered by, and what it showed."""

    model: str
    lesion: str
    prevalence: str
    seen: str
    measurement: str

    def given(self, answering: Answering) -> Given:
        """What was given, as the models in use read it; InputError with every fault."""
        return read_given(answering, _number(self.model), self.lesion, self.prevalence, self.seen)

    def fields(self, pseudonym: str) -> dict[str, str]:
        """What the form shows again."""
        return {
            "pseudonym": pseudonym,
            "lesion": self.lesion,
            "prevalence": self.prevalence,
            "measurement": self.measurement,
        }


async def _sent(
    model: Text = "", lesion: Text = "", prevalence: Text = "", seen: Text = "", measurement: Text = ""
) -> Sent:
    return Sent(model, lesion, prevalence, seen, measurement)


InForm = Annotated[Sent, Depends(_sent)]


@router.get("/lesions")
def lesion_list(
    request: Request,
    room: InRoom,
    visitor: Seeing,
    wanted: Annotated[str, Query(alias="q")] = "",
    number: Annotated[int, Query(alias="page")] = 1,
) -> Response:
    """What the visitor may see, found by pseudonym."""
    wanted = tidy(wanted)
    with room.database.reading() as session:
        found = find_lesions(session, visitor, wanted, number)
        rows = [listed(answer) for answer in found.answers]
    links = {
        name: "?" + urlencode({"q": wanted, "page": found.page + step})
        for name, step in (("newer", -1), ("older", 1))
        if 1 <= found.page + step <= found.pages
    }
    notices = dict.fromkeys(row.notice for row in rows if row.notice)
    export = "/lesions.csv" + (f"?{urlencode({'q': wanted})}" if wanted else "")
    return page(
        request,
        "lesions",
        visitor,
        rows=rows,
        notices=notices,
        found=found,
        wanted=wanted,
        links=links,
        export=export,
    )


@router.get("/lesions.csv", dependencies=[Alone])
def lesions_as_csv(room: InRoom, visitor: Seeing, wanted: Annotated[str, Query(alias="q")] = "") -> Response:
    """The same lesions as a table."""
    with room.database.reading() as session:
        lines = list(csv_lines(all_found(session, visitor, wanted)))
    with room.database.writing() as session:
        record(session, room.now(), visitor.name, "lesions exported", count=len(lines) - 1)
    headers = {"Content-Disposition": 'attachment; filename="lesions.csv"'}
    return Response("".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/lesions/new")
def new_lesion(request: Request, room: InRoom, visitor: Entering, draft: str = "") -> Response:
    """The empty form, or with what it held when its reader went to measure the lesion."""
    return _form(request, room, visitor, None, _drafted(room, visitor, draft) or _empty())


@router.post("/lesions", dependencies=[OwnForm])
def send_lesion(
    request: Request, room: InRoom, visitor: Entering, sent: InForm, pseudonym: Text = ""
) -> Response:
    """A new lesion is kept with its answer; or the form again, with what is wrong."""
    try:
        with room.database.writing() as session:
            given = sent.given(room.models.in_use(session))
            lesion = keep_new(room, session, visitor, pseudonym.strip(), given)
            kept = lesion.id
            note_measured(session, visitor, answers_of(session, lesion)[0], sent.measurement)
    except InputError as error:
        return _form(request, room, visitor, None, sent.fields(pseudonym), error)
    return RedirectResponse(f"/lesions/{kept}", 303)


@router.get("/lesions/{number}")
def stored_lesion(request: Request, room: InRoom, visitor: Seeing, number: int) -> Response:
    """What was stored of a lesion, every revision of it."""
    with room.database.reading() as session:
        lesion = _found(session, visitor, number)
        answers = answers_of(session, lesion)
        view = stored_view(room.models, session, answers)
        answering = room.models.numbered(session, answers[0].model_id)
        measured = measured_view(session, answering, answers[0])
        newest_model = room.models.in_use(session).id
        is_own = lesion.owner_id == visitor.account_id
        content = {"pseudonym": lesion.pseudonym, "owner": lesion.owner.name, "number": lesion.id}
    if not is_own:
        with room.database.writing() as session:
            record(session, room.now(), visitor.name, "lesion seen", f"lesion {number}")
    shown: dict[str, Any] = {"view": view, "measured": measured, "lesion": content}
    return page(request, "lesion", visitor, is_own=is_own, newest_model=newest_model, **shown)


@router.get("/lesions/{number}/correct")
def correct_lesion(
    request: Request, room: InRoom, visitor: Entering, number: int, draft: str = ""
) -> Response:
    """The form with what was given last, or what it held when its reader went to measure."""
    with room.database.reading() as session:
        lesion = _found(session, visitor, number)
        last = answers_of(session, lesion)[0]
        measured = measurement_of(session, last)
        fields = {"pseudonym": lesion.pseudonym, "lesion": last.inputs, "prevalence": last.prevalence}
        fields["measurement"] = str(measured.id) if measured else ""
        fields |= {**_drafted(room, visitor, draft), "pseudonym": lesion.pseudonym}
    return _form(request, room, visitor, (number, last.revision), fields)


@router.post("/lesions/{number}", dependencies=[OwnForm])
def send_correction(
    request: Request, room: InRoom, visitor: Entering, number: int, sent: InForm, revision: Text = ""
) -> Response:
    """The next revision is kept; or the form again, with what is wrong."""
    with room.database.reading() as session:
        pseudonym = _found(session, visitor, number).pseudonym
    try:
        with room.database.writing() as session:
            found = _found(session, visitor, number)
            given = sent.given(room.models.in_use(session))
            answer = keep_answer(room, session, visitor, found, _number(revision), given)
            note_measured(session, visitor, answer, sent.measurement)
    except InputError as error:
        return _form(request, room, visitor, (number, _number(revision)), sent.fields(pseudonym), error)
    return RedirectResponse(f"/lesions/{number}", 303)


def _form(
    request: Request,
    room: Room,
    visitor: Visitor,
    target: tuple[int, int] | None,
    fields: dict[str, str],
    error: InputError | None = None,
) -> Response:
    """The calculator with what is known so far. ``target``: the lesion and the revision that is corrected."""
    with room.database.reading() as session:
        answering = room.models.in_use(session)
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    return page(
        request,
        "lesion_form",
        visitor,
        status=status,
        target=target,
        faults=error.faults if error else (),
        pseudonym=fields["pseudonym"][:64],
        model=answering.id,
        data=calculator_data(answering.bundles),
        room_data=restored(fields, answering.known),
        measurement=fields["measurement"][:9],
    )


def restored(fields: Mapping[str, str], known: frozenset[str]) -> dict[str, Any]:
    """What was given before, where it can be read: the page shows it again."""
    try:
        lesion, prevalence = json.loads(fields["lesion"]), json.loads(fields["prevalence"])
    except (ValueError, RecursionError):
        return {"lesion": {}, "prevalence": []}
    usable = isinstance(lesion, dict) and isinstance(prevalence, list)
    if not usable:
        return {"lesion": {}, "prevalence": []}
    values = {name: value for name, value in lesion.items() if name in known and _is_plain(value)}
    return {"lesion": values, "prevalence": [share if _is_plain(share) else None for share in prevalence[:2]]}


def _is_plain(value: object) -> bool:
    if isinstance(value, float | int) and not isinstance(value, bool):
        return abs(value) < 1e9
    return isinstance(value, str) and len(value) < 100


def _empty() -> dict[str, str]:
    return {"pseudonym": "", "lesion": "{}", "prevalence": "[]", "measurement": ""}


def _drafted(room: Room, visitor: Visitor, draft: str) -> dict[str, str]:
    """What the form held when its reader went to measure; nothing where that is gone, or another's."""
    found = find(room, visitor, draft)
    return fields_of(found.read("draft")) if found is not None else {}


def _found(session: Any, visitor: Visitor, number: int) -> Lesion:
    lesion = find_lesion(session, visitor, number)
    if lesion is None:
        raise HTTPException(404)
    return lesion


def _number(text: str) -> int:
    """A number that a hidden field holds; InputError where somebody changed it."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError([Fault("form", "is not the one that was shown", remedy="open the page again")])
    return int(text)
