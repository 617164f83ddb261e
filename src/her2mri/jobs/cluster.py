"""The workers of a Dask cluster."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from her2mri.errors import Fault, Her2mriError, InputError
from her2mri.jobs.sharing import SharedArgument, SharedCall, with_shared_arguments
from her2mri.jobs.versions import versions
from her2mri.jobs.workers import Job, do

Client = Any  # distributed is an extra, and has no types
Future = Any

CONNECT_SECONDS: Final = 5
WORKER_SECONDS: Final = 30


@dataclass(frozen=True)
class DaskWorkers:
    """Jobs on a Dask cluster; ``scheduler`` is its address, such as ``tcp://10.0.0.4:8786``.

    The jobs of a worker that dies are done by others. A job is given up (Her2mriError) after the number of
    deaths that the scheduler allows, ``distributed.scheduler.allowed-failures``.
    """

    scheduler: str

    def unordered(
        self, jobs: Sequence[Job], *, then: Callable[[Any], Any] | None = None
    ) -> Generator[tuple[int, Any], None, None]:
        """The position and the result of each job as they end.

        Raises InputError where there is no cluster at the address, or one that cannot give the same results.
        """
        if not jobs:
            return
        client = self._client()
        with _without_its_tracebacks(), client:
            self._check_versions(client)
            yield from self._results(client, jobs, then)

    def _client(self) -> Client:
        try:
            distributed = _distributed()
        except ImportError:
            raise _fault(
                "the Dask backend needs the package distributed", "pip install 'her2mri[cluster]'"
            ) from None
        try:
            return distributed.Client(self.scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError):
            raise _fault(
                f"no Dask scheduler answered within {CONNECT_SECONDS} s",
                "start one with `dask scheduler` and give the address it prints",
                self.scheduler,
            ) from None

    def _check_versions(self, client: Client) -> None:
        try:
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError:
            raise _fault(
                f"the Dask cluster has no worker after {WORKER_SECONDS} s",
                "start one with `dask worker ADDRESS --nthreads 1`",
                self.scheduler,
            ) from None
        ours = versions()
        faults = [
            Fault(
                "--scheduler",
                f"worker {worker} has another version",
                value=f"{name} {theirs.get(name)}",
                allowed=f"{name} {number}",
                remedy="results would not be the same; install the same version",
            )
            for worker, theirs in sorted(client.run(versions).items())
            for name, number in ours.items()
            if theirs.get(name) != number
        ]
        if faults:
            raise InputError(faults)

    def _results(
        self, client: Client, jobs: Sequence[Job], then: Callable[[Any], Any] | None
    ) -> Generator[tuple[int, Any], None, None]:
        distributed = _distributed()

        sent: dict[str, Future] = {}
        position = {
            _submit(client, job, then, sent): at for at, job in enumerate(with_shared_arguments(jobs))
        }
        try:
            done = distributed.as_completed(position, with_results=True, loop=client.loop)
            for future, result in done:
                if isinstance(result, distributed.client.CancelledError):
                    raise result
                yield position.pop(future), result
        except distributed.KilledWorker as error:
            raise Her2mriError(
                f"a job was given up after the deaths of several workers, the last {error.last_worker.address}; "
                "is their memory enough?"
            ) from None
        except (distributed.client.CancelledError, distributed.comm.CommClosedError):
            raise Her2mriError(
                f"the Dask scheduler at {self.scheduler} went away; start it again and run the same command"
            ) from None


@contextmanager
def _without_its_tracebacks() -> Iterator[None]:
    """Dask's client logs a traceback when the scheduler goes away, which we say ourselves."""
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _distributed() -> Any:
    """The package, which has no types and takes half a second to import."""
    return importlib.import_module("distributed")


def _submit(client: Client, job: Job, then: Callable[[Any], Any] | None, sent: dict[str, Future]) -> Future:
    """A job handed to the scheduler, its shared arguments as results of a task of their own.

    So they travel once to each worker, and are there again when the worker that held them has died.
    """
    if not isinstance(job, SharedCall):
        return client.submit(do, job, then, pure=False)
    for value in (*job.args, *job.keywords.values()):
        if isinstance(value, SharedArgument) and value.sha256 not in sent:
            sent[value.sha256] = client.submit(_itself, value, pure=False)

    values = [
        sent[value.sha256] if isinstance(value, SharedArgument) else value
        for value in (*job.args, *job.keywords.values())
    ]
    return client.submit(_call, then, job.function, tuple(job.keywords), *values, pure=False)


def _itself(argument: SharedArgument) -> SharedArgument:
    return argument


def _call(
    then: Callable[[Any], Any] | None, function: Callable[..., Any], names: tuple[str, ...], *values: Any
) -> Any:
    """Do a job whose last arguments go by ``names``; Dask has put shared arguments in their place."""
    args = values[: len(values) - len(names)]
    keywords = dict(zip(names, values[len(args) :], strict=True))
    return do(SharedCall(function, args, keywords), then)


def _fault(problem: str, remedy: str, value: str = "") -> InputError:
    return InputError([Fault("--backend dask", problem, value=value, remedy=remedy)])
