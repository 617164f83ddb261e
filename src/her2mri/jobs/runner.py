"""Running jobs: who does them, what is shown meanwhile, and what need not be done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

from her2mri.jobs.finished import FinishedJobs
from her2mri.jobs.local import LocalWorkers
from her2mri.jobs.progress import Progress, Silent
from her2mri.jobs.workers import Job, Json, Workers, as_text

T = TypeVar("T")


@dataclass(frozen=True)
class Runner:
    """Runs the stages of one piece of work.

    >>> Runner().run("Square", [partial(pow, number, 2) for number in (1, 2, 3)])
    [1, 4, 9]
    """

    workers: Workers = field(default_factory=LocalWorkers)
    progress: Progress = field(default_factory=Silent)
    finished: FinishedJobs | None = None

    def run(self, name: str, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """The results of the jobs in their order, of any type; nothing is kept of them."""
        results: list[Any] = [None] * len(jobs)
        # Closed explicitly: whoever is interrupted leaves no worker busy.
        with self.progress.stage(name, len(jobs)) as advance, closing(self.workers.unordered(jobs)) as done:
            for at, result in done:
                results[at] = result
                advance()
        return cast("list[T]", results)

    def resume(self, name: str, jobs: Sequence[Callable[[], Json]]) -> list[Json]:
        """The results of the jobs in their order; those that an interrupted run finished are not done again.

        Results are lists, dictionaries with text keys, text, numbers, True, False and None, and must hold
        nothing that identifies a patient. They come back as JSON gives them (a tuple as a list), whether they
        were done now, by an earlier run, or nothing is kept at all. A job is known again by its position and
        by its function and plain arguments. Raises TypeError where a result is not JSON.
        """
        if self.finished is None:
            return self._results(name, jobs, {}, lambda at, text: None)
        keys = [key_of(at, job) for at, job in enumerate(jobs)]
        with self.finished.stage(name) as stage:
            earlier = {at: stage.results[key] for at, key in enumerate(keys) if key in stage.results}
            return self._results(name, jobs, earlier, lambda at, text: stage.add(keys[at], text))

    def _results(
        self, name: str, jobs: Sequence[Job], earlier: dict[int, str], keep: Callable[[int, str], None]
    ) -> list[Json]:
        """The results, each handed as JSON to ``keep`` as soon as it is there; ``earlier`` are not done again."""
        results = {at: json.loads(text) for at, text in earlier.items()}
        left = [at for at in range(len(jobs)) if at not in earlier]
        with self.progress.stage(name, len(jobs)) as advance:
            for _ in earlier:
                advance()
            with closing(self.workers.unordered([jobs[at] for at in left], then=as_text)) as done:
                for i, text in done:
                    keep(left[i], text)
                    results[left[i]] = json.loads(text)
                    advance()
        return [results[at] for at in range(len(jobs))]


def run_jobs(
    name: str, jobs: Sequence[Callable[[], T]], *, workers: int = 1, progress: Progress | None = None
) -> list[T]:
    """The results of the jobs in their order, on that many processes of this machine."""
    return Runner(LocalWorkers(workers), progress or Silent()).run(name, jobs)


def key_of(position: int, job: Job) -> str:
    """What a job is known by: its position, and a hash of what a ``functools.partial`` says of itself.

    Function and plain arguments tell apart jobs that were cut differently, such as the same resamples in
    larger chunks. They are hashed because they are kept, and an argument could be anything.

    >>> key_of(3, partial(pow, 2, exp=5))
    '3 fc003f138410456e'
    """
    if not isinstance(job, partial):
        return str(position)
    arguments = [_said(value) for value in job.args]
    arguments += [f"{name}={_said(value)}" for name, value in sorted(job.keywords.items())]
    function = f"{job.func.__module__}.{job.func.__qualname__}" if hasattr(job.func, "__qualname__") else ""
    said = f"{function}({', '.join(arguments)})"
    return f"{position} {hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _said(value: Any) -> str:
    """A plain argument as it is written in Python; of others, their type, as the fingerprint holds them."""
    if value is None or isinstance(value, bool | int | float | str | range):
        return repr(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_said, value))}]"
    return type(value).__name__
