"""Arguments that many jobs have in common: made into bytes once, and read once by each worker process."""

from __future__ import annotations

import hashlib
import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

from her2mri.jobs.workers import Job

WORTH_SHARING: Final = 20_000
"""Bytes below which an argument travels with each job: reading it again costs less than a millisecond."""
KEPT: Final = 8
"""How many shared arguments a worker keeps: two tasks with a few stages each, and no growing memory."""


@dataclass(frozen=True)
class SharedArgument:
    """The bytes of an argument under their hash.

    They stand in an array because joblib maps large arrays into its workers instead of sending them.
    """

    sha256: str
    content: np.ndarray[tuple[int], np.dtype[np.uint8]] = field(repr=False, compare=False)


@dataclass(frozen=True)
class SharedCall:
    """A call some of whose arguments are shared; they are put in place where the call is made."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    keywords: dict[str, Any]

    def __call__(self) -> Any:
        """Make the call."""
        keywords = {name: _put(value) for name, value in self.keywords.items()}
        return self.function(*map(_put, self.args), **keywords)


def with_shared_arguments(jobs: Sequence[Job]) -> list[Job]:
    """The jobs, with an argument that several ``functools.partial`` have (the same object) shared by them."""
    partials = [job for job in jobs if isinstance(job, partial)]
    times = Counter(id(value) for job in partials for value in _values(job))
    several = {id(value): value for job in partials for value in _values(job) if times[id(value)] > 1}
    shared = {at: found for at, value in several.items() if (found := _shared(value)) is not None}

    def put(value: Any) -> Any:
        return shared.get(id(value), value)

    return [
        SharedCall(job.func, tuple(map(put, job.args)), {key: put(v) for key, v in job.keywords.items()})
        if isinstance(job, partial) and any(id(value) in shared for value in _values(job))
        else job
        for job in jobs
    ]


def _values(job: partial[Any]) -> list[Any]:
    return [*job.args, *job.keywords.values()]


def _shared(value: Any) -> SharedArgument | None:
    """None where sharing is not worth it, or only a cleverer pickler (joblib's, Dask's) can send the value."""
    if value is None or isinstance(value, bool | int | float | str):
        return None
    try:
        content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    if len(content) < WORTH_SHARING:
        return None
    return SharedArgument(hashlib.sha256(content).hexdigest(), np.frombuffer(content, dtype=np.uint8))


_kept: dict[str, Any] = {}


def _put(value: Any) -> Any:
    """The argument itself for a shared one, which is read at the first call in this process."""
    if not isinstance(value, SharedArgument):
        return value
    if value.sha256 not in _kept:
        while len(_kept) >= KEPT:
            del _kept[next(iter(_kept))]
        _kept[value.sha256] = pickle.loads(value.content.tobytes())
    return _kept[value.sha256]
