"""Uploaded images: found by the session that sent them alone, and removed in time."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from her2mri.errors import Fault, InputError
from her2mri.web.database.tables import SignIn
from her2mri.web.measuring.upload import Upload, remove
from her2mri.web.people.sessions import Visitor, forget_expired

if TYPE_CHECKING:
    from her2mri.web.room import Room

_NUMBER: Final = re.compile(r"[0-9a-f]{32}")


def begin(room: Room, visitor: Visitor, draft: Mapping[str, Any]) -> Upload:
    """A new examination with what the form holds; earlier ones of the same reader are removed.

    Raises InputError where this server keeps no images.
    """
    if not room.settings.images:
        raise InputError([Fault("images", "this server takes none", remedy="ask whoever runs it")])
    root = Path(room.settings.images)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in root.glob(f"{visitor.account_id}-*"):
        remove(other, root)
    number = secrets.token_hex(16)
    folder = root / _session(visitor) / number
    folder.mkdir(mode=0o700, parents=True)
    found = Upload(number, folder)
    found.write("draft", draft)
    return found


def find(room: Room, visitor: Visitor, number: str) -> Upload | None:
    """An examination of this session; None where there is none of that number, or it is another's."""
    if not room.settings.images or not _NUMBER.fullmatch(number):
        return None
    folder = Path(room.settings.images) / _session(visitor) / number
    return Upload(number, folder) if folder.is_dir() else None


def forget(room: Room, visitor: Visitor) -> None:
    """Remove what this session sent."""
    if room.settings.images:
        root = Path(room.settings.images)
        remove(root / _session(visitor), root)


def forget_everything(room: Room) -> None:
    """Remove what sessions sent to a server that runs no more."""
    if room.settings.images:
        shutil.rmtree(room.settings.images, ignore_errors=True)


def forget_ended(room: Room) -> bool:
    """Remove what sessions sent that have ended, in whatever way. Whether anything is left."""
    root = Path(room.settings.images)
    if not root.is_dir():
        return False
    with room.database.writing() as session:
        forget_expired(session, room.now(), room.settings)
        running = set(session.scalars(select(SignIn.token_sha256)))
    left = False
    for folder in root.iterdir():
        if folder.name.partition("-")[2] in running:
            left = True
        else:
            remove(folder, root)
    return left


def _session(visitor: Visitor) -> str:
    return f"{visitor.account_id}-{visitor.token_sha256}"
