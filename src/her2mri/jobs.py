"""Running independent pieces of work on one or several processes, with the same answer from each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Shown while a study runs: a stage of ``total`` steps gives a function to call after each."""

    def stage(self, name: str, total: int) -> AbstractContextManager[Callable[[], None]]:
        """Enter a stage."""
        ...


class Silent:
    """No progress shown."""

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[], None]]:
        """Enter a stage without a word."""
        yield lambda: None


def run_jobs(
    name: str, jobs: Sequence[Callable[[], T]], *, workers: int = 1, progress: Progress | None = None
) -> list[T]:
    """The results of the jobs in their order.

    Every job runs with one thread for linear algebra, so that sums are formed in the same order and the
    results have the same bits whatever the number of workers.
    """
    with (progress or Silent()).stage(name, len(jobs)) as advance:
        results = []
        for result in _results(jobs, workers):
            results.append(result)
            advance()
        return results


def _results(jobs: Sequence[Callable[[], T]], workers: int) -> Iterator[T]:
    if workers == 1 or len(jobs) == 1:
        yield from map(_single_threaded, jobs)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=workers, return_as="generator")(delayed(_single_threaded)(job) for job in jobs)


def _single_threaded(job: Callable[[], T]) -> T:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return job()
