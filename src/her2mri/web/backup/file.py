"""The file of a backup: gzipped lines of JSON, the last with the SHA-256 of those before it. Decision 0240.

The first line says what the file is; a table is a line with its name and columns, then a line for each row.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from her2mri.errors import Fault, InputError

FORMAT: Final = "her2mri room backup"
VERSION: Final = 1
_LEVEL: Final = 6


@dataclass(frozen=True)
class Contents:
    """What a backup says of itself. ``tables``: the version of the tables; ``rows``: how many by table."""

    tables: str
    software: str
    made_at: str
    rows: dict[str, int]
    sha256: str


def write_backup(path: Path, lines: Iterable[Any]) -> str:
    """Write the lines to a new file for its owner alone, on the disk as a whole or not at all; their SHA-256."""
    if path.exists():
        raise InputError([Fault(str(path), "is there already", remedy="name a new file")])
    if not path.parent.is_dir():
        raise InputError([Fault(str(path.parent), "there is no such folder")])
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp: mode 0600
    try:
        with os.fdopen(number, "wb") as raw:
            sha256 = _write(raw, lines)
            raw.flush()
            os.fsync(raw.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise InputError([Fault(str(path), f"cannot be written: {error.strerror}")]) from error
    finally:
        Path(name).unlink(missing_ok=True)
    return sha256


def read_contents(path: Path) -> Contents:
    """What the file says it holds, every byte of it checked; InputError where it is damaged or of another kind."""
    try:
        header, counted, sha256, last = _counted(path)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise _fault(path, "is no backup of a reading room, or damaged") from error
    if header.get("format") != FORMAT:
        raise _fault(path, "is no backup of a reading room")
    if header.get("version") != VERSION:
        raise _fault(path, "was made by a newer software", remedy="restore with that software")
    if last != {"rows": counted, "sha256": sha256}:
        raise _fault(path, "is not whole: its last line does not fit what stands before it")
    return Contents(header["tables"], header["software"], header["made_at"], counted, sha256)


def read_rows(path: Path) -> Iterator[tuple[str, list[str], Iterator[list[Any]]]]:
    """Each table of a backup that was checked: its name, its columns and its rows, to be read in this order."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            head = json.loads(line)
            if "table" in head:
                yield head["table"], head["columns"], _rows(file, head["rows"])


def _rows(file: Iterator[str], count: int) -> Iterator[list[Any]]:
    for _ in range(count):
        yield json.loads(next(file))


def _write(raw: Any, lines: Iterable[Any]) -> str:
    counted: dict[str, int] = {}
    running = hashlib.sha256()
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0) as file:
        for line in lines:
            if isinstance(line, dict) and "table" in line:
                counted[line["table"]] = line["rows"]
            text = _text(line)
            running.update(text)
            file.write(text)
        file.write(_text({"rows": counted, "sha256": running.hexdigest()}))
    return running.hexdigest()


def _counted(path: Path) -> tuple[dict[str, Any], dict[str, int], str, Any]:
    """The first line, the rows that are really there, the hash of all but the last line, and the last line."""
    counted: dict[str, int] = {}
    table = ""
    running = hashlib.sha256()
    with gzip.open(path, "rb") as file:
        text = next(file, b"")
        header = dict(json.loads(text))
        for following in file:
            running.update(text)
            text = following
            if text.startswith(b"["):
                counted[table] += 1
            elif b'"table"' in text:
                table = json.loads(text)["table"]
                counted[table] = 0
    return header, counted, running.hexdigest(), json.loads(text)


def _text(line: Any) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def _fault(path: Path, problem: str, *, remedy: str = "") -> InputError:
    return InputError([Fault(str(path), problem, remedy=remedy)])
