"""How often a token may ask: counted by the minute, in this process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock


@dataclass
class Rates:
    """What each token asked for in the present minute.

    >>> rates = Rates()
    >>> noon = datetime(2026, 3, 2, 12, 0, 20)
    >>> [rates.wait(noon, 7, 1, most=2) for _ in range(3)]
    [0, 0, 40]
    >>> rates.wait(noon.replace(minute=1), 7, 2, most=2)
    0
    """

    _minute: datetime = datetime.min
    _asked: Counter[int] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, now: datetime, token: int, cost: int, *, most: int) -> int:
        """0, and ``cost`` is counted; or for how many seconds the token must wait, and nothing is."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._asked.clear()
            if self._asked[token] + cost > most:
                return 60 - now.second
            self._asked[token] += cost
            return 0
