"""Jobs that leave a trace of having been done, and a run of them that tests interrupt.

python work.py FOLDER PROCESSES     40 jobs; prints their results as one line of JSON
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from her2mri.errors import EstimationError
from her2mri.jobs import LocalWorkers, Runner, unfinished_work

if TYPE_CHECKING:
    import pandas as pd

JOBS = 40


def traced(folder: Path, seconds: float, seed: int) -> list[float | list[float]]:
    """Some sums whose bits would show another order or number of threads; writes its seed when done."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(60, 60))
    time.sleep(seconds)
    result = [float(np.linalg.slogdet(values)[1]), (values @ values).sum(axis=0).tolist()]
    with (folder / "done").open("a") as trace:
        trace.write(f"{seed}\n")
    return result


def jobs(folder: Path, seconds: float = 0.0, count: int = JOBS) -> list[partial[list[float | list[float]]]]:
    return [partial(traced, folder, seconds, seed) for seed in range(count)]


def done(folder: Path) -> list[int]:
    """The seeds of the jobs that were done, as often as they were."""
    trace = folder / "done"
    return sorted(map(int, trace.read_text().split())) if trace.is_file() else []


def where(frame: pd.DataFrame, at: int) -> tuple[int, int, float]:
    """The process of the job and the object it was given."""
    time.sleep(0.01)
    return os.getpid(), id(frame), float(frame["x"].sum()) + at


def joined(frame: pd.DataFrame, folder: Path, at: int, *, workers: float) -> list[float]:
    """A job with a shared argument, and a keyword that Dask's own call has too."""
    time.sleep(0.05)
    with (folder / "done").open("a") as trace:
        trace.write(f"{at}\n")
    return [os.getpid(), id(frame), float(frame["x"].sum()) / (at + workers)]


def fails() -> None:
    raise EstimationError("one class")


GROWN: list[bytes] = []


def growing(number: int) -> int:
    """Keeps 350 MB for good, and takes long enough for the worker's memory to be looked at."""
    GROWN.append(b"x" * (350 * 2**20))
    time.sleep(1.2)
    return number


def main() -> None:
    # A shell that starts something in the background has it ignore Ctrl-C, and so all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder, processes = Path(sys.argv[1]), int(sys.argv[2])
    with unfinished_work(folder / "out", "data, study, seed") as finished:
        runner = Runner(LocalWorkers(processes), finished=finished)
        print("started", flush=True)
        print(json.dumps(runner.resume("Resample", jobs(folder, 0.05))))


if __name__ == "__main__":
    main()
