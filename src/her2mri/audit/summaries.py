"""Means, standard deviations and quartiles: in order, and attainable where the step of the raw values is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from her2mri.audit.columns import Block, cell_finding
from her2mri.audit.finding import IMPOSSIBLE, UNCHECKED, UNLIKELY, Finding
from her2mri.audit.grim import grim, grimmer, median_fits, nearest_means
from her2mri.audit.tables import Cell


def check_summaries(parts: Sequence[Block]) -> list[Finding]:
    """Every summary that its own digits, its size and the step of the raw values rule out."""
    found = [
        finding
        for block in parts
        for group, cells in block.groups.items()
        for level, cell in cells.items()
        for finding in (*_order(block, group, level, cell), *_steps(block, group, level, cell))
    ]
    return found + _without_steps(parts)


def _without_steps(parts: Sequence[Block]) -> list[Finding]:
    """One line for each variable of a table whose means and medians could be anything."""
    cells: dict[tuple[str, str], int] = {}
    for block in parts:
        for levels in block.groups.values():
            for cell in levels.values():
                if (cell.mean is not None or cell.median is not None) and (cell.step is None or not cell.n):
                    cells[block.table, block.variable] = cells.get((block.table, block.variable), 0) + 1
    why = "the step of the raw values, or the size of the group, is not given: any mean or median may be"
    return [
        Finding(
            table, "all", "", variable, "mean or median", f"{count} cells", "", UNCHECKED, why, "granularity"
        )
        for (table, variable), count in cells.items()
    ]


def _order(block: Block, group: str, level: str, cell: Cell) -> Iterator[Finding]:
    quartiles = [printed for printed in (cell.q1, cell.median, cell.q3) if printed is not None]
    if any(first.low > second.high for first, second in pairwise(quartiles)):
        text = ", ".join(printed.text for printed in quartiles)
        why = "the quartiles are not in rising order"
        yield cell_finding(block, group, level, "median", text, "rising", IMPOSSIBLE, why, "order")
    if cell.sd is not None and cell.sd.high < 0:
        why = "a standard deviation is not negative"
        yield cell_finding(block, group, level, "sd", cell.sd.text, ">= 0", IMPOSSIBLE, why, "order")


def _steps(block: Block, group: str, level: str, cell: Cell) -> Iterator[Finding]:
    if cell.step is None or not cell.n:
        return
    verdict = UNLIKELY if cell.step_assumed else IMPOSSIBLE
    given = f"{'if' if cell.step_assumed else 'with'} values in steps of {float(cell.step):g}"
    if cell.mean is not None and not grim(cell.mean, cell.n, cell.step):
        near = nearest_means(cell.mean, cell.n, cell.step)
        why = f"{given}, {cell.n} of them cannot have the mean {cell.mean.text}; the nearest are {near}"
        yield cell_finding(block, group, level, "mean", cell.mean.text, near, verdict, why, "grim")
    elif cell.mean is not None and cell.sd is not None and not grimmer(cell.mean, cell.sd, cell.n, cell.step):
        why = f"{given}, no {cell.n} of them have mean {cell.mean.text} and standard deviation {cell.sd.text}"
        yield cell_finding(
            block, group, level, "sd", f"{cell.mean.text} ({cell.sd.text})", "", verdict, why, "grimmer"
        )
    if cell.median is not None and not median_fits(cell.median, cell.n, cell.step):
        why = f"{given}, {cell.n} of them cannot have the median {cell.median.text}"
        yield cell_finding(block, group, level, "median", cell.median.text, "", verdict, why, "grim")
