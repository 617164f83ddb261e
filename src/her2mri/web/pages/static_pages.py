"""Scripts and styles: few, known by name, held in memory, so that no path leads anywhere else."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from her2mri.calculator.page import page_script, page_style

router = APIRouter()
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """One file, or nothing if the browser has it already."""
    if name not in files():
        raise HTTPException(404)
    content, tag = files()[name]
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_TYPES[name.rsplit(".", 1)[1]], headers=headers)


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Every file with its tag. The calculator's are those of the offline page, to the letter."""
    folder = resources.files("her2mri.web").joinpath("static")
    everything = [*folder.iterdir(), *folder.joinpath("vendor").iterdir()]
    found = {file.name: file.read_bytes() for file in everything if file.name.endswith(tuple(_TYPES))}
    found["calculator.js"] = page_script().encode("utf-8")
    found["calculator.css"] = page_style().encode("utf-8")
    return {
        name: (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"') for name, content in found.items()
    }
