"""The folder a study is written to: all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from her2mri.errors import Fault, InputError

MARK: Final = "study.json"
"""The file by which a folder is known to hold a study of ours, which a new run may replace."""


def check_destination(folder: Path) -> None:
    """Raise InputError unless the folder can be written: new, empty, or holding an earlier study."""
    if folder.is_dir():
        if any(folder.iterdir()) and not (folder / MARK).is_file():
            raise InputError([Fault(str(folder), "the folder holds other files", remedy="name a new folder")])
    elif folder.exists():
        raise InputError([Fault(str(folder), "is a file, not a folder", remedy="name a new folder")])


@contextmanager
def complete_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of ``folder`` only when everything in it is written.

    Whatever interrupts the writing, the folder is as it was before.
    """
    check_destination(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    fresh.chmod(0o755)
    try:
        yield fresh
        if folder.exists():
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as aside:
                folder.rename(Path(aside) / folder.name)
                fresh.rename(folder)
        else:
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
