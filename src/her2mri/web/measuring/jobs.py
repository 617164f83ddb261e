"""Work on images in processes of their own: one at a time, watched, and ended when nobody wants it any more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from her2mri.errors import Fault
from her2mri.web.logs import LOGGER
from her2mri.web.measuring.keeping import forget_ended
from her2mri.web.measuring.upload import Step, Upload
from her2mri.web.settings import ENVIRONMENT

if TYPE_CHECKING:
    from her2mri.web.room import Room

LONGEST: Final = 900.0
"""Seconds that one piece of work may take."""
_LOOK_EVERY: Final = 0.2
_SWEEP_EVERY: Final = 60.0
_STOPPED: Final = Fault(
    "images", "the work on them stopped", remedy="are they too large for this server? ask whoever runs it"
)
Work = Literal["read", "measure"]


@dataclass
class Jobs:
    """The work of one server process. ``sweep_every`` seconds it looks for images of sessions that have ended."""

    sweep_every: float = _SWEEP_EVERY
    _lock: Lock = field(default_factory=Lock)
    _queue: ThreadPoolExecutor | None = None
    _closing: Event = field(default_factory=Event)
    _sweeper: Thread | None = None
    _more: bool = False  # came while the sweeper was looking

    def start(self, room: Room, upload: Upload, work: Work) -> None:
        """Do this as soon as nothing else is being done."""
        upload.set_state(Step.READING if work == "read" else Step.MEASURING)
        with self._lock:
            self._closing.clear()
            if self._queue is None:
                self._queue = ThreadPoolExecutor(1, "images")
            self._queue.submit(self._run, upload, work, room.settings.most_image_bytes)

    def watch(self, room: Room) -> None:
        """From now on images of sessions that have ended are removed, until none are left."""
        with self._lock:
            self._closing.clear()
            self._more = True
            if self._sweeper is None or not self._sweeper.is_alive():
                self._sweeper = Thread(target=self._sweep, args=(room,), name="images-sweep", daemon=True)
                self._sweeper.start()

    def close(self) -> None:
        """End what is being done; what waits is not begun."""
        self._closing.set()
        with self._lock:
            queue, self._queue = self._queue, None
        if queue is not None:
            queue.shutdown(cancel_futures=True)

    def _run(self, upload: Upload, work: Work, most: int) -> None:
        """One piece of work; the process writes the state at its end, and here what it could not say itself."""
        if not upload.folder.is_dir():
            return
        command = [sys.executable, "-P", "-m", "her2mri.web.measuring.work", work]
        surroundings = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        with subprocess.Popen(
            [*command, str(upload.folder), str(most)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=surroundings,
        ) as process:
            ended = self._ended(process, upload)
        if ended != 0 and upload.state().step.is_busy and upload.folder.is_dir():
            LOGGER.error("work on images stopped", extra={"status": ended})
            try:
                upload.set_state(Step.REFUSED if work == "read" else Step.READY, (str(_STOPPED),))
            except FileNotFoundError:
                return  # removed meanwhile

    def _ended(self, process: subprocess.Popen[bytes], upload: Upload) -> int:
        """Wait for the end; kill it where its images are gone, the server stops or it takes too long."""
        latest = time.monotonic() + LONGEST
        while True:
            try:
                return process.wait(_LOOK_EVERY)
            except subprocess.TimeoutExpired:
                unwanted = self._closing.is_set() or not upload.folder.is_dir()
                if unwanted or time.monotonic() > latest:
                    process.kill()

    def _sweep(self, room: Room) -> None:
        """Ends under the lock and says so there: whoever comes to ``watch`` finds a thread that goes on, or none."""
        left = True
        while True:
            self._closing.wait(self.sweep_every)
            with self._lock:
                if self._closing.is_set() or not (left or self._more):
                    self._sweeper = None
                    return
                self._more = False
            try:
                left = forget_ended(room)
            except SQLAlchemyError:
                LOGGER.exception("images of ended sessions were not looked for")
                left = True


_SECRETS: Final = frozenset({ENVIRONMENT, "HER2MRI_DATABASE"})
"""Variables that may hold a password, which work on images does not need."""
