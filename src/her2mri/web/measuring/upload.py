"""The folder of what one reader sent to have one lesion measured, and of what was made of it."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

REMOVED: Final = "removed-"


class Step(StrEnum):
    """How far an examination is."""

    EMPTY = "empty"
    RECEIVING = "receiving"
    READING = "reading"
    REFUSED = "refused"
    READY = "ready"
    MEASURING = "measuring"
    MEASURED = "measured"

    @property
    def is_busy(self) -> bool:
        """Whether something is being done that must end first."""
        return self in {Step.RECEIVING, Step.READING, Step.MEASURING}


@dataclass(frozen=True)
class State:
    """How far an examination is, and what was wrong with what was asked last."""

    step: Step
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Upload:
    """One examination: what the form held when it was left, the images, and what was made of them.

    ``images/`` holds a folder for each part that was sent; ``told.json`` what the reader said of their times;
    ``preview.nii`` and ``view.json`` what the page shows; ``region.nii.gz`` what was drawn; ``measured.json`` and
    ``figure.png`` what was measured.
    """

    number: str
    folder: Path

    @property
    def images(self) -> Path:
        """The folder of what was sent."""
        return self.folder / "images"

    def state(self) -> State:
        """How far it is."""
        content = self.read("state")
        return State(Step(content.get("step", Step.EMPTY)), tuple(content.get("faults", ())))

    def set_state(self, step: Step, faults: tuple[str, ...] = ()) -> None:
        """From now on it is so far."""
        self.write("state", {"step": step, "faults": list(faults)})

    def read(self, name: str) -> dict[str, Any]:
        """What ``write`` wrote; nothing where it did not."""
        try:
            content = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        found: dict[str, Any] = content
        return found

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Plain data, there as a whole or not at all."""
        fresh = self.folder / f".{name}.{secrets.token_hex(4)}"
        fresh.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self.folder / f"{name}.json")

    def clear(self) -> None:
        """Remove the images and what was made of them; what the form held stays."""
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path.name == "images":
                remove(path, self.folder.parent)
            elif path.name != "draft.json":
                path.unlink(missing_ok=True)


def remove(folder: Path, root: Path) -> None:
    """Gone at once under its name, so that nothing more is written to it; then from the disk."""
    away = folder if folder.name.startswith(REMOVED) else root / f"{REMOVED}{secrets.token_hex(8)}"
    if away != folder:
        try:
            folder.rename(away)
        except FileNotFoundError:
            return
    shutil.rmtree(away, ignore_errors=True)
