"""Starting a room: its tables brought up to date, its models in use; and what a worker of it runs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from starlette.types import ASGIApp

from her2mri.bundle import Bundle
from her2mri.web.application import application
from her2mri.web.database.migrate import migrate
from her2mri.web.lesions.models import put_in_use, starting_bundles
from her2mri.web.logs import log_to_stderr
from her2mri.web.measuring.keeping import forget_everything
from her2mri.web.people.accounts import COMMAND_LINE
from her2mri.web.room import Room
from her2mri.web.settings import ENVIRONMENT, Settings


def prepare(room: Room, bundles: Sequence[Bundle]) -> None:
    """Migrate; put the given bundles in use or, where no model ever was, those that come with it; forget images."""
    migrate(room.database)
    forget_everything(room)
    with room.database.writing() as session:
        if bundles:
            put_in_use(session, room.now(), COMMAND_LINE, bundles)
        elif not room.models.is_any_in_use(session):
            put_in_use(session, room.now(), COMMAND_LINE, starting_bundles())


def worker() -> ASGIApp:
    """The application of one worker process; its settings are in the environment."""
    log_to_stderr()
    return application(Room.of(Settings.from_json(os.environ[ENVIRONMENT])))
