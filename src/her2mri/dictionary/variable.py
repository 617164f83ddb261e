"""One column of the lesion table: what it holds and what it may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["identifier", "category", "ordinal", "continuous", "date"]
Role = Literal[
    "identifier", "design", "eligibility", "source", "outcome", "predictor", "descriptor", "leaking"
]
"""``source``: measured to derive others; ``descriptor``: described, not a candidate by default (it repeats
candidates); ``leaking``: made from the outcome, never a predictor."""


@dataclass(frozen=True)
class Level:
    """One value of a category: as stored, as people read it, and other spellings met in spreadsheets.

    ``covers``: the more exact values that this one leaves open, so that it contradicts none of them.
    """

    value: str
    label: str
    aliases: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitSlip:
    """A range that betrays another unit: a value in [low, high] is probably ``unit``; ``factor`` mends it."""

    low: float
    high: float
    unit: str
    factor: float


@dataclass(frozen=True)
class Variable:
    """One variable of the dictionary.

    ``levels`` is empty for continuous variables; its first entry is the reference level. ``bounds`` are
    the smallest and largest values accepted. ``typical`` is where the median of a column is expected: a
    median outside it suggests the whole column is in another unit. ``per_patient``: all lesions of one
    patient are expected to have the same value. ``scanner_dependent``: a measurement whose location and spread differ
    between scanners.
    """

    name: str
    label: str
    kind: Kind
    role: Role
    group: str
    unit: str = ""
    levels: tuple[Level, ...] = ()
    bounds: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None
    unit_slips: tuple[UnitSlip, ...] = ()
    description: str = ""
    required: bool = False
    per_patient: bool = False
    scanner_dependent: bool = False

    @property
    def is_categorical(self) -> bool:
        """Whether the values come from a list of levels."""
        return bool(self.levels)

    @property
    def values(self) -> tuple[str, ...]:
        """The stored values, reference first."""
        return tuple(level.value for level in self.levels)

    @property
    def reference(self) -> str:
        """The level that the others are compared with."""
        return self.levels[0].value

    def label_of(self, value: str) -> str:
        """What people read for a stored value.

        Raises KeyError for a value that is not a level.
        """
        for level in self.levels:
            if level.value == value:
                return level.label
        raise KeyError(f"{value!r} is not a level of {self.name}: {', '.join(self.values)}")

    def spellings(self) -> dict[str, str]:
        """Every accepted spelling in lower case, mapped to the stored value."""
        found: dict[str, str] = {}
        for level in self.levels:
            for spelling in (level.value, level.label, *level.aliases):
                found.setdefault(spelling.strip().casefold(), level.value)
        return found

    @property
    def title(self) -> str:
        """The label with its unit: ``Tumour diameter (cm)``."""
        return f"{self.label} ({self.unit})" if self.unit else self.label
