"""The tables that an audit reads, row by row: figures of performance, cells of characteristics, relations."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from her2mri.audit.printed import Printed


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one model on one set, with its interval and the size of each class."""

    table: str
    set: str
    model: str
    metric: str
    estimate: Printed | None
    conf_low: Printed | None
    conf_high: Printed | None
    positive: str
    negative: str
    n_positive: int | None
    n_negative: int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What is printed of one level of a variable (or of a continuous variable) in one group of one set.

    Sets of one ``cohort`` are parts of the same lesions. ``part_of`` names the group of another table that this
    group is a part of. ``step`` is the smallest step of the raw values; ``step_assumed`` that nobody stated it.
    """

    table: str
    set: str
    cohort: str
    group: str
    part_of: str
    n: int | None
    variable: str
    level: str
    count: int | None
    percent: Printed | None
    mean: Printed | None
    sd: Printed | None
    median: Printed | None
    q1: Printed | None
    q3: Printed | None
    step: Fraction | None
    step_assumed: bool
    p_value: Printed | None


@dataclass(frozen=True, slots=True)
class Relation:
    """Who has this level of a variable has one of these levels of another."""

    variable: str
    level: str
    other_variable: str
    other_levels: tuple[str, ...]


@dataclass(frozen=True)
class AuditInput:
    """Everything that is read for one audit."""

    figures: tuple[Figure, ...] = ()
    cells: tuple[Cell, ...] = ()
    relations: tuple[Relation, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of tables, without the relations."""
        return len(self.figures) + len(self.cells)
