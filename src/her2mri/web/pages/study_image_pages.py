"""Images of the cases of a draft: added by the names of their files, looked at, removed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from her2mri.errors import Fault, InputError
from her2mri.web.database.reader_study_tables import StudyImage
from her2mri.web.pages.guard import InRoom, OwnForm
from her2mri.web.pages.reader_study_pages import Conducting, found_study, study_page
from her2mri.web.reader_studies import drafting
from her2mri.web.reader_studies.finding import LARGEST_NUMBER
from her2mri.web.reader_studies.images import MOST_AT_ONCE, Encoded, encoded

router = APIRouter()
Text = Annotated[str, Form()]


@router.post("/study-images/{number}", dependencies=[OwnForm])
def send_images(
    request: Request,
    room: InRoom,
    visitor: Conducting,
    number: int,
    images: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Images are added to the cases that their files are named after, all of them or none."""
    with room.database.reading() as session:
        study = found_study(session, number)
    try:
        cases = [case.case for case in study.must_be_draft().cases]
        pictures = _pictures(images or [], cases)
        with room.database.writing() as session:
            drafting.add_images(room, session, visitor, found_study(session, number), pictures)
    except InputError as error:
        return study_page(request, room, visitor, number, error)
    return RedirectResponse(f"/studies/{number}", 303)


def _pictures(files: list[UploadFile], cases: list[str]) -> list[tuple[str, Encoded]]:
    """In the order of their names. A file is called by its place in what was sent: its name may be a patient's."""
    faults: list[Fault] = []
    found: list[tuple[str, str, Encoded]] = []
    files = [file for file in files if file.filename]
    if not 1 <= len(files) <= MOST_AT_ONCE:
        raise InputError([Fault("images", "choose some", allowed=f"1 to {MOST_AT_ONCE} at once")])
    for place, file in enumerate(files, start=1):
        name = file.filename or ""
        case = drafting.case_of_file(name, cases)
        where = f"image {place}" + (f" ({case})" if case else "")
        if not case:
            remedy = "call it CASE.png or CASE_anything.png, by the pseudonym of its case"
            faults.append(Fault(where, "its file is not named after a case of this study", remedy=remedy))
            continue
        try:
            found.append((case, name, encoded(file.file.read(), where)))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return [(case, image) for case, _, image in sorted(found, key=lambda each: each[:2])]


@router.post("/study-images/{number}/remove", dependencies=[OwnForm])
def drop_images(
    request: Request, room: InRoom, visitor: Conducting, number: int, case: Text = ""
) -> Response:
    """The images of one case are removed for good."""
    try:
        with room.database.writing() as session:
            drafting.remove_images(room, session, visitor, found_study(session, number), case)
    except InputError as error:
        return study_page(request, room, visitor, number, error)
    return RedirectResponse(f"/studies/{number}", 303)


@router.get("/study-images/{number}/{image}")
def one_image(room: InRoom, visitor: Conducting, number: int, image: int) -> Response:
    """An image of a study, for who conducts it."""
    with room.database.reading() as session:
        found = session.get(StudyImage, image) if 0 < image <= LARGEST_NUMBER else None
        if found is None or found.study_id != number:
            raise HTTPException(404)
        return Response(found.content, media_type=found.media)
