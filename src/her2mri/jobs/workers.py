"""What a job is, who does jobs, and the conditions under which each is done."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

from her2mri.jobs.one_thread import one_thread

Json = Any
"""Lists, dictionaries with text keys, text, numbers, True, False and None, however nested."""

Job = Callable[[], Any]
"""A call without arguments that depends on nothing but itself and changes nothing it was given."""

_one_at_a_time = threading.Lock()


class Workers(Protocol):
    """Whoever does jobs. A result has the same bits whoever did the job and whatever else was done."""

    def unordered(
        self, jobs: Sequence[Job], *, then: Callable[[Any], Any] | None = None
    ) -> Generator[tuple[int, Any], None, None]:
        """The position and the result of each job, in the order in which they end.

        ``then`` is applied to each result where the job was done.
        """
        ...


def do(job: Job, then: Callable[[Any], Any] | None = None) -> Any:
    """Do one job under the conditions that every worker keeps.

    One thread for linear algebra, and one job at a time in a process: the number of threads belongs to the
    whole process, and a Dask worker may do several jobs.
    """
    with _one_at_a_time, one_thread():
        result = job()
    return result if then is None else then(result)


def as_text(result: Json) -> str:
    """A result as one line of JSON; finite numbers read back to the last bit.

    Infinite and undefined numbers are ``Infinity``, ``-Infinity`` and ``NaN``, as Python reads them; that is
    more than JSON allows, and nobody else reads these lines. Raises TypeError for anything but JSON.

    >>> as_text([0.1, float("nan"), float("-inf")])
    '[0.1,NaN,-Infinity]'
    """
    return json.dumps(result, ensure_ascii=True, separators=(",", ":"))
