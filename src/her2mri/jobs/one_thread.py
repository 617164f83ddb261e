"""One thread for linear algebra, so that sums are formed in the same order everywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

_READ_WHEN_LOADED: Final = dict.fromkeys(
    (
        "BLIS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


@contextmanager
def one_thread() -> Iterator[None]:
    """Libraries loaded before have one thread meanwhile; one that is loaded meanwhile has one from then on.

    The second matters: most jobs import what they need, and the first of them in a process would else form
    its sums in another order than all that follow.
    """
    before = {name: os.environ.get(name) for name in _READ_WHEN_LOADED}
    os.environ.update(_READ_WHEN_LOADED)
    try:
        with _libraries(len(sys.modules)).limit(limits=1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    """The libraries loaded, looked for again (a millisecond) only when there are more modules."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
