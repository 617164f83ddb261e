"""The folder a result is written to: all of it or nothing, and nothing of anybody else's touched."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from her2mri.errors import Fault, InputError


def check_destination(folder: Path, mark: str) -> None:
    """Raise InputError unless the folder is new, empty, or holds an earlier result of ours and nothing else.

    ``mark`` is the file in which a result lists its ``outputs``.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError([Fault(str(folder), "is a file, not a folder", remedy="name a new folder")])
    if not folder.is_dir():
        return
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if strange := sorted(found - _written(folder / mark)):
        more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
        raise InputError(
            [
                Fault(
                    str(folder),
                    "the folder holds other files",
                    value=", ".join(strange[:3]) + more,
                    remedy="name a new folder",
                )
            ]
        )


def _written(mark: Path) -> set[str]:
    """The files that an earlier result says it wrote; none where the mark is not ours."""
    try:
        content = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return set()
    if (
        not isinstance(content, dict)
        or "her2mri" not in content
        or not isinstance(content.get("outputs"), dict)
    ):
        return set()
    return {mark.name, *content["outputs"]}


@contextmanager
def complete_folder(folder: Path, mark: str) -> Iterator[Path]:
    """A folder to write into that takes the place of ``folder`` only when everything in it is written.

    Whatever interrupts the writing, an earlier result is as it was before.
    """
    check_destination(folder, mark)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    fresh.chmod(0o755)
    try:
        yield fresh
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    """Put ``fresh`` where ``folder`` was; the earlier folder goes only when its successor stands."""
    if not folder.exists():
        fresh.rename(folder)
        return
    aside = fresh.with_name(f"{fresh.name}-earlier")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)
