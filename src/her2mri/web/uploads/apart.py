"""Reading in a process of its own, with little memory, little time and no secret: what is sent may be hostile."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, Final

from her2mri.errors import Fault, TableError
from her2mri.web.uploads.packed import MOST_ROWS
from her2mri.web.uploads.raw_cells import raw_as_json, raw_of_json
from her2mri.web.uploads.reading import SUFFIXES, read_bounded, read_typed
from her2mri.web.uploads.typed_table import TypedTable

if TYPE_CHECKING:
    from her2mri.cohort.read import RawTable

LOGGER: Final = logging.getLogger("her2mri.web")
MEMORY: Final = 1024**3
"""Bytes of address space; reading the largest table that is taken needs 0.2 GB of memory."""
SECONDS: Final = 20
"""Of a processor."""
PATIENCE: Final = 60
"""Seconds on the clock, on a machine that has much else to do."""
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT")
MOST_WAITING: Final = 4
"""Tables that are read or wait for it: each holds one of the threads that answer all visitors."""
_WAITING: Final = BoundedSemaphore(MOST_WAITING)
_READING: Final = Lock()


def read_apart(content: bytes, suffix: str) -> TypedTable:
    """What ``read_typed`` finds; TableError with its faults, or that it took too much."""
    return TypedTable.from_json(_answer(content, suffix, "lesions"))


def read_cells_apart(content: bytes, suffix: str) -> RawTable:
    """The cells of a table of anything else, as ``read_bounded`` finds them; TableError as above."""
    return raw_of_json(_answer(content, suffix, "cells"))


def _answer(content: bytes, suffix: str, wanted: str) -> Any:
    """One table at a time in each server process; a few who come meanwhile wait, more are sent away."""
    if not _WAITING.acquire(blocking=False):
        remedy = "try again in a minute; nothing was kept"
        raise TableError([Fault("table", "other tables are being read", remedy=remedy)])
    try:
        with _READING:
            ended = _run(content, suffix, wanted)
    finally:
        _WAITING.release()
    if ended is None or ended.returncode != 0:
        LOGGER.warning("a table could not be read within its bounds")
        raise TableError([_too_much()])
    answer = json.loads(ended.stdout)
    if "faults" in answer:
        raise TableError([Fault(**fault) for fault in answer["faults"]])
    return answer["table"]


def _run(content: bytes, suffix: str, wanted: str) -> subprocess.CompletedProcess[bytes] | None:
    """The reader's end; None where it took too long."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # One thread, and memory that is given back: the bounds are for what is read, not for a pool.
    environment |= {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    # Any other ending may be longer than an argument can be, or hold what none can.
    known = suffix if suffix in SUFFIXES else ""
    command = [sys.executable, "-m", "her2mri.web.uploads.apart", wanted, known, str(MEMORY)]
    try:
        # What it writes on stderr may repeat a value: nobody reads it.
        return subprocess.run(
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None


def _too_much() -> Fault:
    problem = "takes more memory or time than a table of lesions needs"
    remedy = f"save the cells alone as CSV, at most {MOST_ROWS:,} rows"
    return Fault("table", problem, remedy=remedy)


def _bound(memory: int) -> None:
    """Limits of this process, where the system has such."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def answered(content: bytes, suffix: str, wanted: str) -> bytes:
    """The table or its faults, as one process tells the other. ``wanted``: "lesions", or "cells" of any table."""
    try:
        table = _read(content, suffix, wanted)
    except TableError as error:
        answer = json.dumps({"faults": [fault.as_dict() for fault in error.faults]})
    except MemoryError:
        answer = json.dumps({"faults": [_too_much().as_dict()]})
    else:
        answer = f'{{"table":{table}}}'
    return answer.encode("utf-8")


def _read(content: bytes, suffix: str, wanted: str) -> str:
    if wanted == "cells":
        return raw_as_json(read_bounded(content, suffix))
    from her2mri.dictionary import load_dictionary

    return read_typed(content, suffix, load_dictionary()).as_json()


def main() -> None:
    """Bytes from stdin, the table or its faults to stdout."""
    wanted, suffix, memory = sys.argv[1:]
    _bound(int(memory))
    sys.stdout.buffer.write(answered(sys.stdin.buffer.read(), suffix, wanted))


if __name__ == "__main__":
    main()
