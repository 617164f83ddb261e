"""Jobs finished by a run that was interrupted, kept beside its output until the output stands."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from her2mri.errors import Fault, InputError

_log = logging.getLogger(__name__)
_FINGERPRINT: Final = "fingerprint"
_STAGE: Final = re.compile(r"\d{2,}-[a-z0-9-]*\.jsonl")
SYNC_SECONDS: Final = 5.0
"""A line is with the operating system as soon as it is written, so that no end of this process loses it; it is
forced to the disk this often, so that a power cut loses seconds."""


class FinishedJobs:
    """The results of finished jobs in a folder: a file a stage, a line a job.

    A line begins with a SHA-256 over the fingerprint of the work, the stage and the rest of the line. A line
    cut short, altered or of other work is therefore no result, and its job is done again. Nothing is ever
    rewritten: lines are only added.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self._stages = 0
        _check_ours(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        mark = folder / _FINGERPRINT
        earlier = mark.read_text(encoding="utf-8", errors="replace").strip() if mark.is_file() else ""
        if earlier != fingerprint:
            if earlier:
                _log.warning("%s holds unfinished work of another study or version; it is not used", folder)
            self._clear()
            mark.write_text(f"{fingerprint}\n", encoding="utf-8")

    def stage(self, name: str) -> FinishedStage:
        """The jobs of one stage. Stages are told apart by their order, so that two may have one name."""
        self._stages += 1
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        path = self.folder / f"{self._stages:02d}-{slug}.jsonl"
        return FinishedStage(path, f"{self.fingerprint}\n{path.stem}\n")

    def any_kept(self) -> bool:
        """Whether there is anything to resume from."""
        return any(path.stat().st_size for path in self.folder.glob("*.jsonl"))

    def remove(self) -> None:
        """Remove the folder: the work is complete, or there is nothing in it."""
        self._clear()
        self.folder.rmdir()

    def _clear(self) -> None:
        for path in _files(self.folder):
            path.unlink(missing_ok=True)


class FinishedStage:
    """The finished jobs of one stage: ``results`` by key as they were found, and a file to add to."""

    def __init__(self, path: Path, sealed_with: str) -> None:
        self._sealed_with = sealed_with.encode()
        self._path = path
        self._synced = time.monotonic()
        content = path.read_bytes() if path.is_file() else b""
        self.results = dict(filter(None, map(self._read, content.split(b"\n"))))
        self._begin = b"" if content.endswith(b"\n") or not content else b"\n"

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.fsync(self._file)
        os.close(self._file)

    def add(self, key: str, result: str) -> None:
        """Keep the result, one line of JSON, of the job with this key."""
        line = json.dumps(key).encode() + b" " + result.encode()
        _write_all(self._file, self._begin + self._seal(line) + b" " + line + b"\n")
        self._begin = b""
        if time.monotonic() - self._synced > SYNC_SECONDS:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def _seal(self, line: bytes) -> bytes:
        return hashlib.sha256(self._sealed_with + line).hexdigest().encode()

    def _read(self, line: bytes) -> tuple[str, str] | None:
        seal, _, rest = line.partition(b" ")
        if seal != self._seal(rest):
            return None
        text = rest.decode()
        key, end = json.JSONDecoder().raw_decode(text)
        return key, text[end + 1 :]


@contextmanager
def unfinished_work(out: Path, fingerprint: str) -> Iterator[FinishedJobs]:
    """The finished jobs of the work that will be written to ``out``, in ``<out>.unfinished`` beside it.

    The folder goes when the block is left without an exception, and stays for the next run otherwise.
    ``fingerprint`` is one line that stands for everything the results depend on: data, study, seed, versions;
    what was kept under another is not used. Raises InputError where the folder holds something else.
    """
    finished = FinishedJobs(out.with_name(f"{out.name}.unfinished"), fingerprint)
    complete = False
    try:
        yield finished
        complete = True
    finally:
        if complete or not finished.any_kept():
            finished.remove()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name == _FINGERPRINT or _STAGE.fullmatch(path.name)]


def _check_ours(folder: Path) -> None:
    if not folder.exists():
        return
    remedy = "move it, or write the study to another folder"
    if not folder.is_dir():
        raise InputError([Fault(str(folder), "is a file, not a folder of unfinished work", remedy=remedy)])
    if strange := sorted({path.name for path in folder.iterdir()} - {path.name for path in _files(folder)}):
        value = ", ".join(strange[:3])
        raise InputError(
            [
                Fault(
                    str(folder), "the folder of unfinished work holds other files", value=value, remedy=remedy
                )
            ]
        )


def _write_all(file: int, content: bytes) -> None:
    """Write every byte; in one call but where the disk is nearly full."""
    while content:
        content = content[os.write(file, content) :]
