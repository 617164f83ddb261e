"""The cells of a table of characteristics put together: one variable in one set, levels by groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from her2mri.audit.finding import Finding
from her2mri.audit.printed import Printed
from her2mri.audit.tables import Cell


@dataclass
class Block:
    """One variable in one set of one table: the cells by group and level, and the printed p-value."""

    table: str
    set: str
    cohort: str
    variable: str
    groups: dict[str, dict[str, Cell]] = field(default_factory=dict)
    p_value: Printed | None = None

    def sizes(self) -> dict[str, int | None]:
        """Lesions in each group."""
        return {group: next(iter(cells.values())).n for group, cells in self.groups.items()}

    def levels(self) -> tuple[str, ...]:
        """All levels that any group has a row for."""
        return tuple(dict.fromkeys(level for cells in self.groups.values() for level in cells))

    def counts(self) -> list[list[int]] | None:
        """Counts, levels by groups, or None where a count is missing or there is a single level."""
        levels = self.levels()
        counts = [
            [cell.count if (cell := cells.get(level)) is not None else None for cells in self.groups.values()]
            for level in levels
        ]
        if len(levels) < 2 or any(count is None for row in counts for count in row):
            return None
        return [[count for count in row if count is not None] for row in counts]

    def group_counts(self, group: str) -> dict[str, int]:
        """The printed counts of one group by level."""
        return {level: cell.count for level, cell in self.groups[group].items() if cell.count is not None}


def blocks(cells: Iterable[Cell]) -> list[Block]:
    """The cells by table, set and variable, in the order of the table."""
    found: dict[tuple[str, str, str], Block] = {}
    for cell in cells:
        key = cell.table, cell.set, cell.variable
        block = found.setdefault(key, Block(cell.table, cell.set, cell.cohort, cell.variable))
        block.groups.setdefault(cell.group, {})[cell.level] = cell
        block.p_value = block.p_value or cell.p_value
    return list(found.values())


def about(block: Block, group: str, level: str) -> str:
    """How a cell is named: variable, level and group."""
    where = f"{block.variable}: {level}" if level else block.variable
    return f"{where} ({group})" if group else where


def cell_finding(
    block: Block,
    group: str,
    level: str,
    metric: str,
    printed: str,
    possible: str,
    verdict: str,
    why: str,
    check: str,
) -> Finding:
    """A finding about one cell."""
    return Finding(
        block.table, block.set, "", about(block, group, level), metric, printed, possible, verdict, why, check
    )
