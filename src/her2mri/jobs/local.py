"""Processes of this machine."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Generator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Final

from her2mri.errors import Her2mriError
from her2mri.jobs.sharing import with_shared_arguments
from her2mri.jobs.workers import Job, do

PARENT_SECONDS: Final = 0.5
"""How often a worker looks whether the run that started it is still there."""


@dataclass(frozen=True)
class LocalWorkers:
    """Jobs on ``processes`` processes of this machine; with one, in this process.

    >>> list(LocalWorkers().unordered([lambda: 7]))
    [(0, 7)]
    """

    processes: int = 1

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise ValueError(f"processes must be at least 1, got {self.processes}")

    def unordered(
        self, jobs: Sequence[Job], *, then: Callable[[Any], Any] | None = None
    ) -> Generator[tuple[int, Any], None, None]:
        """The position and the result of each job as they end; left early, the processes are ended at once."""
        if self.processes == 1 or len(jobs) < 2:
            for at, job in enumerate(jobs):
                yield at, do(job, then)
            return
        from joblib import Parallel, delayed, parallel_config

        calls = [delayed(_positioned)(at, job, then) for at, job in enumerate(with_shared_arguments(jobs))]
        with parallel_config(backend="loky", initializer=_end_with, initargs=(os.getpid(),)):
            parallel = Parallel(n_jobs=self.processes, return_as="generator_unordered")
        with warnings.catch_warnings():
            # A worker that has grown by 300 MB, as at its first compilation, is ended between two jobs and replaced:
            # nothing is lost, and joblib's warning of it would only alarm.
            warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
            results = parallel(calls)
            try:
                yield from results
            except BrokenProcessPool:
                raise Her2mriError(
                    "a worker process was ended from outside, often for want of memory; try fewer workers"
                ) from None
            finally:
                with warnings.catch_warnings():
                    # joblib warns whoever leaves early; here that is an interruption, and meant.
                    warnings.simplefilter("ignore", UserWarning)
                    results.close()


def _positioned(at: int, job: Job, then: Callable[[Any], Any] | None) -> tuple[int, Any]:
    return at, do(job, then)


def _end_with(run: int) -> None:
    """See that this worker ends with the process ``run`` that started it: killed, it can ask nobody to.

    Elsewhere than on POSIX a process keeps the number of a parent that is gone, and waits for joblib's own limit
    of five minutes without work.
    """
    if os.name != "posix":
        return

    def watch() -> None:
        while os.getppid() == run:
            time.sleep(PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="end with the run", daemon=True).start()
