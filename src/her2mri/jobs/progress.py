"""What is shown while jobs run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


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
