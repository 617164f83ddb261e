"""Where in the breast: a biopsied position as Duke writes it (``R 10, R 11 with calcs``)."""

from __future__ import annotations

import re
from typing import Final

SIDES: Final = {"L": "left", "R": "right"}

_HARMLESS: Final = re.compile(
    r"(with and without|with|without) calcs?\b|\d+ ?cm from nipple|anterior|posterior"
)
_ENTRY: Final = re.compile(r"([LR])\b\s*(.*)", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d{1,2}?)(?::?([0-5]\d))?(?:-(\d{1,2}?)(?::?([0-5]\d))?)?")
_QUADRANT: Final = re.compile(r"(upper|lower)( inner| outer)? quadrant")
_CENTRAL: Final = ("subareolar", "retroareolar", "central")


def entries(position: str) -> list[tuple[str, str | None]]:
    """Side (``L``, ``R``, or empty where it cannot be read) and half of the breast of each position.

    >>> entries("R 10, R 1130 with calcs, L 3")
    [('R', 'upper'), ('R', 'upper'), ('L', None)]
    """
    found = []
    for part in _HARMLESS.sub("", position).split(","):
        match = _ENTRY.fullmatch(part.strip())
        found.append((match[1].upper(), half_of(match[2].strip().casefold())) if match else ("", None))
    return found


def half_of(place: str) -> str | None:
    """``upper``, ``lower`` or ``central``; None where the words do not place it in one of them.

    Seen from the front both breasts are upper between 9 and 3 o'clock over 12; 3 and 9 themselves are on
    the border.

    >>> half_of("12-1"), half_of("530"), half_of("9"), half_of("4 subareolar")
    ('upper', 'lower', None, None)
    """
    if place in _CENTRAL:
        return "central"
    if match := _QUADRANT.fullmatch(place):
        return match[1]
    match = _CLOCK.fullmatch(place)
    if match is None:
        return None
    hours = [(match[1], match[2])] + ([(match[3], match[4])] if match[3] else [])
    halves = {_half_of_hour(int(hour) + int(minute or 0) / 60) for hour, minute in hours}
    return halves.pop() if len(halves) == 1 else None


def quadrant_of(position: str, side: str) -> str | None:
    """The quadrant (or central area) that every biopsied position lies in, all in the breast ``side``.

    >>> quadrant_of("L 1, L 2:30", "L"), quadrant_of("L 1, L 5", "L"), quadrant_of("R subareolar", "R")
    ('upper_left', None, 'right_central')
    """
    found = entries(position)
    halves = {half for _, half in found}
    half = halves.pop() if len(halves) == 1 else None
    if half is None or any(found_side != side for found_side, _ in found):
        return None
    return f"{SIDES[side]}_central" if half == "central" else f"{half}_{SIDES[side]}"


def side_of(position: str) -> str | None:
    """The breast that every position lies in (``L`` or ``R``); None where they differ or cannot be read."""
    sides = {side for side, _ in entries(position)}
    return next(iter(sides)) or None if len(sides) == 1 else None


def _half_of_hour(hour: float) -> str | None:
    if not 1 <= hour < 13:
        return None
    hour %= 12
    if hour < 3 or hour > 9:
        return "upper"
    return "lower" if 3 < hour < 9 else None
