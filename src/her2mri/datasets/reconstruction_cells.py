"""The finest cells of the two printed tables: lesions that no printed count can tell apart by design."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from her2mri.datasets.published_tables import characteristics
from her2mri.vocabulary import EXTERNAL_VALIDATION, INTERNAL_VALIDATION, TRAINING

CENTERS: Final = ("Center 1", "Center 2")


@dataclass(frozen=True)
class Cell:
    """Lesions of one HER2 status, of one set in the first task and one (or none) in the second."""

    status: str
    first: str
    second: str
    size: int

    @property
    def center(self) -> str:
        """Where these lesions were examined."""
        return CENTERS[1] if self.first == EXTERNAL_VALIDATION else CENTERS[0]

    def column_of(self, task: str) -> tuple[str, str] | None:
        """The printed column (sample, group) of that task's table that counts this cell."""
        if task == "her2_positive":
            return self.first, "positive" if self.status == "positive" else "negative"
        if self.status == "positive":
            return None
        return self.second, "positive" if self.status == "low" else "negative"


@cache
def cells() -> tuple[Cell, ...]:
    """The thirteen cells with their sizes.

    The tables do not say how the two splits of center 1 overlap. They were drawn independently, so the sizes
    are those expected then, rounded: they add up in every column of both tables.

    >>> sum(cell.size for cell in cells())
    1030
    """
    printed = column_sizes()
    found = []
    for sample in (TRAINING, INTERNAL_VALIDATION, EXTERNAL_VALIDATION):
        found.append(Cell("positive", sample, "", printed["her2_positive", sample, "positive"]))
    training = printed["her2_positive", TRAINING, "negative"]
    share = training / (training + printed["her2_positive", INTERNAL_VALIDATION, "negative"])
    for sample in (TRAINING, INTERNAL_VALIDATION):
        for status, group in (("low", "positive"), ("zero", "negative")):
            size = printed["her2_low", sample, group]
            inside = round(size * share)
            found.append(Cell(status, TRAINING, sample, inside))
            found.append(Cell(status, INTERNAL_VALIDATION, sample, size - inside))
    for status, group in (("low", "positive"), ("zero", "negative")):
        size = printed["her2_low", EXTERNAL_VALIDATION, group]
        found.append(Cell(status, EXTERNAL_VALIDATION, EXTERNAL_VALIDATION, size))
    return tuple(found)


@cache
def column_sizes() -> dict[tuple[str, str, str], int]:
    """Lesions of every printed column: (task, sample, group)."""
    table = characteristics().query("variable == 'menopausal_status'")
    sizes: dict[tuple[str, str, str], int] = {}
    for task, sample, group, count in zip(
        table["task"], table["sample"], table["group"], table["count"], strict=True
    ):
        sizes[task, sample, group] = sizes.get((task, sample, group), 0) + int(count)
    return sizes


def members(task: str, sample: str, group: str) -> list[int]:
    """The positions of the cells that a printed column counts."""
    return [index for index, cell in enumerate(cells()) if cell.column_of(task) == (sample, group)]
