"""A printed number as what it covers: the closed interval of all values that round to its digits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

MOST_DECIMALS: Final = 9
"""Digits beyond these are dropped and the interval widened: 1e-9 is finer than any printed table."""

_NOTHING: Final = {"", "-", "--", "–", "—", "*", ".", "na", "n/a", "nan", "none", "ns"}
_NUMBER: Final = re.compile(r"([<>≤≥]=?)?\s*([+-]?)(\d*)(?:\.(\d*))?\s*(%)?")
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d{1,2}")
_SPELLINGS: Final = str.maketrans({"·": ".", "∙": ".", "−": "-", "‐": "-", "\u00a0": " ", "\u2009": " "})


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as it stands in a table.

    ``twice_low`` and ``twice_high`` count half units of the last printed digit, so that they are whole:
    0.62 covers 123 / 200 to 125 / 200. Both ends belong to the interval: whichever way a table rounds its
    ties, the true value is inside. ``decimals`` are those of the proportion, so that 62% has two.

    >>> half = parse_printed("0.62")
    >>> float(half.low), float(half.high)
    (0.615, 0.625)
    """

    text: str
    twice_low: int
    twice_high: int
    decimals: int

    @property
    def low(self) -> Fraction:
        """The smallest value that may have been printed so."""
        return Fraction(self.twice_low, 2 * 10**self.decimals)

    @property
    def high(self) -> Fraction:
        """The largest value that may have been printed so."""
        return Fraction(self.twice_high, 2 * 10**self.decimals)

    @property
    def value(self) -> float:
        """The middle of what is covered: for a plain number, the number."""
        return float((self.low + self.high) / 2)

    @property
    def is_plain(self) -> bool:
        """Whether this is a number and not a bound such as <0.001."""
        return self.text[:1] not in "<>≤≥"

    def covers(self, low: float | Fraction, high: float | Fraction | None = None) -> bool:
        """Whether a value, or any value of a range, may have been printed so."""
        return bool(self.low <= (low if high is None else high) and low <= self.high)


def parse_printed(text: str, *, largest: int = 1) -> Printed | None:
    """The number in a cell, or None for an empty cell or a dash.

    A decimal point may be raised (0·62), a percentage is a proportion (62.1% is 0.621), and ``<0.001``
    covers 0 to 0.001. ``largest`` is the largest value that a number such as ``>0.99`` may stand for.

    Raises
    ------
    ValueError
        Where the cell holds something else.

    """
    cell = text.strip().translate(_SPELLINGS)
    if cell.casefold() in _NOTHING:
        return None
    if _SCIENTIFIC.fullmatch(cell):
        cell = f"{Decimal(cell):f}"
    match = _NUMBER.fullmatch(cell)
    if match is None or not (match[3] or match[4]):
        raise ValueError(f"not a number: {text!r}")
    relation, sign, whole, part, percent = match.groups()
    digits, shown = (whole or "0") + (part or ""), len(part or "")
    decimals = shown + (2 if percent else 0)
    number = int(digits) * (-1 if sign == "-" else 1)
    if relation:
        return _bound(cell, relation, number, decimals, largest)
    if decimals > MOST_DECIMALS:
        number = round(Fraction(number, 10 ** (decimals - MOST_DECIMALS)))
        return Printed(cell, 2 * number - 2, 2 * number + 2, MOST_DECIMALS)
    return Printed(cell, 2 * number - 1, 2 * number + 1, decimals)


def _bound(cell: str, relation: str, number: int, decimals: int, largest: int) -> Printed:
    if relation[0] in "<≤":
        return Printed(cell, 0, 2 * number, decimals)
    return Printed(cell, 2 * number, 2 * largest * 10**decimals, decimals)


def parse_percent(text: str) -> Printed | None:
    """A percentage, with or without its sign, as a percentage: ``32.8`` covers 32.75 to 32.85."""
    return parse_printed(text.strip().removesuffix("%"), largest=100)


def shown(value: float | Fraction, decimals: int) -> str:
    """A value with as many decimals as the printed one it is compared with.

    >>> shown(Fraction(16, 42), 2)
    '0.38'
    """
    return f"{float(value):.{decimals}f}"


def shown_range(low: float | Fraction, high: float | Fraction, decimals: int) -> str:
    """A range of values, or the value where both ends print alike."""
    first, last = shown(low, decimals), shown(high, decimals)
    return first if first == last else f"{first} to {last}"
