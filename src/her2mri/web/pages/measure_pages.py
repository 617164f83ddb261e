"""A lesion measured from images: they are sent, shown, drawn on, measured, and the values go into the form."""

from __future__ import annotations

import zlib
from importlib.util import find_spec
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from her2mri.errors import Fault, InputError
from her2mri.web.measuring.draft import address_of, draft_of, take_over
from her2mri.web.measuring.keeping import begin, find
from her2mri.web.measuring.receiving import Receiver, check_size
from her2mri.web.measuring.record import keep_measurement
from her2mri.web.measuring.region import LARGEST_REGION, write_region
from her2mri.web.measuring.upload import Step, Upload
from her2mri.web.middleware import DRAWING_POLICY
from her2mri.web.pages.guard import InRoom, OwnForm, OwnPage, allowed
from her2mri.web.pages.lesion_pages import restored
from her2mri.web.pages.render import page
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

router = APIRouter()
Entering = Annotated[Visitor, Depends(allowed(Permission.ENTER_LESIONS))]
Text = Annotated[str, Form()]
FILES: Final = {
    "preview.nii": "application/octet-stream",
    "region.nii.gz": "application/octet-stream",
    "figure.png": "image/png",
}
_GONE: Final = Fault("images", "were discarded meanwhile")
_BUSY: Final = Fault("images", "are being read or measured already", remedy="wait until that is done")
EXTRA: Final = ("pydicom", "nibabel", "SimpleITK", "highdicom")


def own(room: InRoom, visitor: Entering, number: str) -> Upload:
    """The examination of that number; 404 where it is another's or gone."""
    found = find(room, visitor, number)
    if found is None:
        raise HTTPException(404)
    return found


Own = Annotated[Upload, Depends(own)]


@router.post("/measure", dependencies=[OwnForm])
def begin_measuring(
    request: Request,
    room: InRoom,
    visitor: Entering,
    pseudonym: Text = "",
    lesion: Text = "{}",
    prevalence: Text = "[]",
    target: Text = "",
) -> Response:
    """From the form of a lesion, whose fields are kept meanwhile."""
    missing = [name for name in EXTRA if find_spec(name) is None]
    with room.database.reading() as session:
        known = room.models.in_use(session).known
    fields = {"lesion": lesion, "prevalence": prevalence}
    try:
        if missing:
            remedy = "whoever runs this server: pip install 'her2mri[imaging]'"
            raise InputError([Fault("installation", "images cannot be read here yet", remedy=remedy)])
        started = begin(room, visitor, draft_of(pseudonym, restored(fields, known), target))
    except InputError as error:
        said = " ".join(map(str, error.faults))
        return page(request, "message", visitor, status=422, title="Not possible here", text=said)
    room.jobs.watch(room)
    return RedirectResponse(f"/measure/{started.number}", 303)


@router.get("/measure/{number}")
def measuring(request: Request, room: InRoom, visitor: Entering, found: Own) -> Response:
    """Where this examination is: to be sent, being read, to be drawn on, measured."""
    state, view = found.state(), found.read("view")
    content = {
        "number": found.number,
        "faults": state.faults,
        "step": state.step,
        "view": view,
        "result": found.read("result") if state.step is Step.MEASURED else {},
        "most": room.settings.most_image_bytes,
        "back": address_of(found),
        "pseudonym": found.read("draft")["pseudonym"],
    }
    response = page(request, "measure", visitor, **content)
    response.headers["Content-Security-Policy"] = DRAWING_POLICY
    return response


@router.get("/measure/{number}/state")
def measuring_state(found: Own) -> JSONResponse:
    """How far it is, for the page that waits."""
    state = found.state()
    return JSONResponse({"step": state.step, "busy": state.step.is_busy})


@router.get("/measure/{number}/files/{name}")
def measuring_file(found: Own, name: str) -> Response:
    """What the page shows; nothing else that lies there."""
    path = found.folder / name
    if name not in FILES or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type=FILES[name])


@router.post("/measure/images/{number}", dependencies=[OwnPage])
async def send_images(request: Request, room: InRoom, found: Own) -> JSONResponse:
    """A form of files; they are read as soon as they are here."""
    if found.state().step.is_busy:
        return _refused(409, _BUSY)
    try:
        await run_in_threadpool(_make_place, request, room, found)
        receiver = Receiver(
            found.images, request.headers.get("content-type", ""), room.settings.most_image_bytes
        )
        await _received(request, receiver)
        found.write("told", receiver.told)
        room.jobs.start(room, found, "read")
    except InputError as error:
        await run_in_threadpool(found.clear)
        return _refused(422, *error.faults)
    except ClientDisconnect:
        await run_in_threadpool(found.clear)
        return _refused(422, Fault("images", "were cut off on their way"))
    except FileExistsError:  # sent twice in the same moment: the other goes on
        return _refused(409, _BUSY)
    except FileNotFoundError:
        return _refused(404, _GONE)
    return JSONResponse({"files": receiver.files})


def _make_place(request: Request, room: Room, found: Upload) -> None:
    check_size(found.folder, request.headers.get("content-length", ""), room.settings.most_image_bytes)
    found.clear()
    found.set_state(Step.RECEIVING)
    found.images.mkdir(mode=0o700)


async def _received(request: Request, receiver: Receiver) -> None:
    """The whole form, piece by piece, written where nobody else waits for it."""
    try:
        async for piece in request.stream():
            if piece:
                await run_in_threadpool(receiver.write, piece)
        receiver.finish()
    finally:
        receiver.close()


@router.post("/measure/region/{number}", dependencies=[OwnPage])
async def send_region(request: Request, room: InRoom, found: Own) -> JSONResponse:
    """What was drawn, as the page's own grid of marked voxels, compressed; it is measured at once."""
    state = found.state()
    if state.step.is_busy:
        return _refused(409, _BUSY)
    if state.step not in {Step.READY, Step.MEASURED}:
        return _refused(409, Fault("region", "there are no images to measure now"))
    packed = bytearray()
    try:
        async for piece in request.stream():
            packed += piece
            if len(packed) > LARGEST_REGION:
                return _refused(413, Fault("region", "is too large to be one"))
        await run_in_threadpool(write_region, found, bytes(packed))
        room.jobs.start(room, found, "measure")
    except InputError as error:
        return _refused(422, *error.faults)
    except (zlib.error, ClientDisconnect):
        return _refused(422, Fault("region", "is damaged"))
    except FileNotFoundError:
        return _refused(404, _GONE)
    return JSONResponse({})


@router.post("/measure/{number}/use", dependencies=[OwnForm])
def use_measurement(room: InRoom, visitor: Entering, found: Own) -> Response:
    """The values go into the form, the record of them is kept, the images are removed."""
    with room.database.writing() as session:
        # Looked at in its turn: who presses twice has it taken over once.
        if found.state().step is not Step.MEASURED:
            raise HTTPException(409, "Nothing is measured, or it was taken over already.")
        number = keep_measurement(room, session, visitor, found.read("measured"))
        known = room.models.in_use(session).known
        found.set_state(Step.EMPTY)
    take_over(found, known, number)
    found.clear()
    return RedirectResponse(address_of(found), 303)


@router.post("/measure/{number}/discard", dependencies=[OwnForm])
def discard_images(found: Own) -> Response:
    """The images are removed, and the form is as it was."""
    found.clear()
    return RedirectResponse(address_of(found), 303)


def _refused(status: int, *faults: Fault) -> JSONResponse:
    content: dict[str, Any] = {"faults": [str(fault) for fault in faults]}
    return JSONResponse(content, status)
