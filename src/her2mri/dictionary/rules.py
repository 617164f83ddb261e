"""Rules as data: how one variable follows from others, and which lesions a study leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Derived:
    """What a rule says of one lesion: a value (None: cannot be said) and a contradiction met on the way."""

    value: str | None
    contradiction: str = ""


@dataclass(frozen=True)
class CutRule:
    """``target`` is the interval that the sum of ``inputs`` falls in.

    With ``closed = "left"`` a sum equal to a cut belongs to the higher level, with ``"right"`` to the lower.
    ``fills`` is False for a rule that only checks a given value and never makes one.

    >>> rule = CutRule("ki67_status", ("ki67_percent",), (20.0,), ("low", "high"))
    >>> rule.apply({"ki67_percent": 20.0}).value
    'high'
    """

    target: str
    inputs: tuple[str, ...]
    cuts: tuple[float, ...]
    levels: tuple[str, ...]
    closed: Literal["left", "right"] = "left"
    fills: bool = True
    version: str = ""

    def apply(self, lesion: Mapping[str, object]) -> Derived:
        """The level for one lesion; missing where any input is missing."""
        values = [lesion.get(name) for name in self.inputs]
        if any(is_missing(value) for value in values):
            return Derived(None)
        total = sum(float(str(value)) for value in values)
        side: Literal["left", "right"] = "right" if self.closed == "left" else "left"
        return Derived(self.levels[int(np.searchsorted(self.cuts, total, side=side))])


@dataclass(frozen=True)
class TableRow:
    """One line of a decision table: the values required (each a tuple of alternatives), and what follows."""

    when: tuple[tuple[str, tuple[str, ...]], ...]
    then: str | None
    contradiction: str = ""

    def matches(self, lesion: Mapping[str, object]) -> bool:
        """Whether every required value is there."""
        return all(lesion.get(name) in allowed for name, allowed in self.when)


@dataclass(frozen=True)
class TableRule:
    """``target`` is what the first matching row of a decision table says; a missing value matches no row."""

    target: str
    inputs: tuple[str, ...]
    rows: tuple[TableRow, ...]
    fills: bool = True
    version: str = ""

    def apply(self, lesion: Mapping[str, object]) -> Derived:
        """The level for one lesion, by the first row that matches."""
        for row in self.rows:
            if row.matches(lesion):
                return Derived(row.then, row.contradiction)
        return Derived(None)


Rule = CutRule | TableRule


@dataclass(frozen=True)
class Exclusion:
    """One reason to leave a lesion out, in exactly one of three ways.

    ``equals``: ``variable`` has one of these values; ``missing_in``: a predictor of one of these groups is
    missing; ``keep_largest``: another lesion of the patient alike in ``within`` is larger in this variable.
    """

    reason: str
    label: str
    variable: str = ""
    equals: tuple[str, ...] = ()
    missing_in: tuple[str, ...] = ()
    keep_largest: str = ""
    within: tuple[str, ...] = ()


def is_missing(value: object) -> bool:
    """None, NaN and pandas' NA are missing; nothing else is."""
    return value is None or (isinstance(value, float) and bool(np.isnan(value))) or str(value) == "<NA>"


def tuple_of(values: str | Sequence[str]) -> tuple[str, ...]:
    """One string or several, as a tuple."""
    return (values,) if isinstance(values, str) else tuple(values)
