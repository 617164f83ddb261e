"""The order in which a reader meets the cases: drawn by a hash, so that anybody can draw it again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import factorial
from typing import Final

SESSIONS: Final = 2
"""Unaided, then aided."""

Order = tuple[int, ...]


def reading_orders(seed: int, readers: Sequence[str], cases: Sequence[str]) -> dict[str, tuple[Order, Order]]:
    """For each reader, where in ``cases`` the first, second, ... case stands: unaided, then aided. All orders differ.

    Cases are sorted by SHA-256 of ``seed/draw/reader/session/case``; ``draw`` counts from 0 and goes up only where
    an order came out like another. ValueError where the cases have fewer orders than are needed.

    >>> reading_orders(7, ["r1"], ["a", "b", "c"])
    {'r1': ((0, 1, 2), (1, 0, 2))}
    """
    if factorial(min(len(cases), 20)) < SESSIONS * len(readers):
        raise ValueError("fewer orders of the cases than readers and sessions")
    taken: set[Order] = set()
    found: dict[str, tuple[Order, Order]] = {}
    for reader in readers:
        orders = []
        for session in range(1, SESSIONS + 1):
            draw = 0
            while (order := _drawn(seed, draw, reader, session, cases)) in taken:
                draw += 1
            taken.add(order)
            orders.append(order)
        found[reader] = (orders[0], orders[1])
    return found


def _drawn(seed: int, draw: int, reader: str, session: int, cases: Sequence[str]) -> Order:
    def place(number: int) -> bytes:
        return hashlib.sha256(f"{seed}/{draw}/{reader}/{session}/{cases[number]}".encode()).digest()

    return tuple(sorted(range(len(cases)), key=place))
