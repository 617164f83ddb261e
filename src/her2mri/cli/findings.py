"""Faults and caveats as people read them: equal ones together, with the rows that they are in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from her2mri.errors import Fault

if TYPE_CHECKING:
    from her2mri.cohort.cohort import Caveat


@dataclass(frozen=True)
class Finding:
    """Faults or caveats that differ in row and value only."""

    where: str
    column: str
    message: str
    advice: str
    rows: tuple[int, ...]
    values: tuple[str, ...]

    @property
    def rows_text(self) -> str:
        """The rows, the first few of many."""
        return shortened([str(row) for row in self.rows])

    @property
    def values_text(self) -> str:
        """The different values, the first few of many."""
        return shortened([value for value in dict.fromkeys(self.values) if value], most=3)

    def __str__(self) -> str:
        place = ", ".join(filter(None, [self.where, self.column and f"column {self.column}"]))
        if self.rows:
            place += f", row{'s' if len(self.rows) > 1 else ''} {self.rows_text}"
        found = f" (found {self.values_text})" if self.values_text else ""
        return f"{place}: {self.message}{found}" + (f"; {self.advice}" if self.advice else "")


def shortened(words: Sequence[str], *, most: int = 5) -> str:
    """The first few words, and how many more there are.

    >>> shortened(["2", "3", "4", "5", "6", "7", "8"])
    '2, 3, 4, 5, 6 and 2 more'
    """
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"


def group_faults(faults: Iterable[Fault]) -> list[Finding]:
    """Faults with equal ones together, in the order in which they were met."""
    return _grouped(
        (
            (
                fault.where,
                fault.column,
                fault.problem,
                "; ".join(filter(None, [_allowed(fault), fault.remedy])),
            ),
            fault.row,
            fault.value,
        )
        for fault in faults
    )


def group_caveats(caveats: Iterable[Caveat]) -> list[Finding]:
    """Caveats with equal ones together, in the order in which they were met."""
    return _grouped(
        ((caveat.where, caveat.column, caveat.message, ""), caveat.row, caveat.value) for caveat in caveats
    )


def _allowed(fault: Fault) -> str:
    return f"allowed: {fault.allowed}" if fault.allowed else ""


def _grouped(entries: Iterable[tuple[tuple[str, str, str, str], int | None, str]]) -> list[Finding]:
    groups: dict[tuple[str, str, str, str], tuple[list[int], list[str]]] = {}
    for key, row, value in entries:
        rows, values = groups.setdefault(key, ([], []))
        if row is not None:
            rows.append(row)
        values.append(value)
    return [Finding(*key, tuple(rows), tuple(values)) for key, (rows, values) in groups.items()]
