"""The same lesions in two tables: what is printed of the parts against what is printed of the whole.

The groups of one table may be parts of a group of another, in sets that are drawn anew from the same cohort. Then
the counts of a level, added over parts and sets, are those of the whole, and the mean of the whole is the mean
of the parts weighted by size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from her2mri.audit.columns import Block
from her2mri.audit.finding import IMPOSSIBLE, UNCHECKED, Checked, Finding, Note
from her2mri.audit.printed import shown_range
from her2mri.audit.tables import Cell

_Column = tuple[str, str, dict[str, Cell]]
"""A set, a group, and what is printed of the variable by level."""


@dataclass(frozen=True)
class _Side:
    """The cells of one variable in one cohort that make up the group, in one table."""

    table: str
    cells: tuple[_Column, ...]

    @property
    def n(self) -> int | None:
        sizes = [next(iter(cells.values())).n for _, _, cells in self.cells]
        return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)

    def counts(self, level: str) -> list[int] | None:
        found = [cells[level].count if level in cells else None for _, _, cells in self.cells]
        return None if any(count is None for count in found) else [count or 0 for count in found]

    def continuous(self) -> list[Cell]:
        return [cells[""] for _, _, cells in self.cells if "" in cells]


def check_unions(parts: Sequence[Block]) -> Checked:
    """Every variable whose parts, in one table, do not make the whole that another table prints."""
    wholes = {cell.part_of for block in parts for cells in block.groups.values() for cell in cells.values()}
    findings: list[Finding] = []
    compared: dict[tuple[str, str, str], list[bool]] = {}
    for group in sorted(wholes - {""}):
        for whole, divided, cohort, variable in _pairs(parts, group):
            if whole.n is None or whole.n != divided.n:
                continue
            found = list(_differences(whole, divided, cohort, group, variable))
            findings += found
            if any(level for _, _, cells in whole.cells for level in cells):
                key = f"{whole.table}, {divided.table}", cohort, group
                compared.setdefault(key, []).append(not any(f.verdict == IMPOSSIBLE for f in found))
    notes = tuple(
        Note(
            tables,
            f"Counts of {group} in {cohort} agree between the two tables for {sum(agree)} of {len(agree)} "
            "variables.",
        )
        for (tables, cohort, group), agree in compared.items()
    )
    return Checked(tuple(findings), notes)


def _pairs(parts: Sequence[Block], group: str) -> Iterator[tuple[_Side, _Side, str, str]]:
    wholes: dict[tuple[str, str], dict[str, list[_Column]]] = {}
    divided: dict[tuple[str, str], dict[str, list[_Column]]] = {}
    for block in parts:
        for name, cells in block.groups.items():
            column = block.set, name, cells
            if name == group:
                sides = wholes
            elif next(iter(cells.values())).part_of == group:
                sides = divided
            else:
                continue
            sides.setdefault((block.cohort, block.variable), {}).setdefault(block.table, []).append(column)
    for (cohort, variable), whole in wholes.items():
        for first, columns in whole.items():
            for second, others in divided.get((cohort, variable), {}).items():
                if first != second:
                    yield _Side(first, tuple(columns)), _Side(second, tuple(others)), cohort, variable


def _differences(whole: _Side, parts: _Side, cohort: str, group: str, variable: str) -> Iterator[Finding]:
    levels = dict.fromkeys(level for _, _, cells in whole.cells for level in cells if level)
    for level in levels:
        first, second = whole.counts(level), parts.counts(level)
        if first is None or second is None or sum(first) == sum(second):
            continue
        why = (
            f"of the same {whole.n} lesions ({group}, {cohort}) {whole.table} counts "
            f"{_sum(first)} and {parts.table} {_sum(second)}"
        )
        yield _finding(
            whole, parts, cohort, f"{variable}: {level} ({group})", "count", str(sum(first)), str(sum(second)),
            IMPOSSIBLE, why,
        )  # fmt: skip
    if not levels:
        yield from _continuous(whole, parts, cohort, group, variable)


def _continuous(whole: _Side, parts: _Side, cohort: str, group: str, variable: str) -> Iterator[Finding]:
    about = f"{variable} ({group})"
    means = [_mean(side.continuous(), len(side.cells)) for side in (whole, parts)]
    medians = [_median(side.continuous(), len(side.cells)) for side in (whole, parts)]
    for metric, ranges, how in (
        ("mean", means, "the mean of all is the mean of the parts weighted by their sizes"),
        ("median", medians, "the median of all lies between the medians of the parts"),
    ):
        first, second = ranges
        if first is None or second is None:
            continue
        if first[0] > second[1] or second[0] > first[1]:
            texts = [shown_range(*span, 2) for span in (first, second)]
            why = (
                f"of the same {whole.n} lesions ({group}, {cohort}) the {metric} is {texts[0]} by {whole.table} and "
                f"{texts[1]} by {parts.table}: {how}"
            )
            yield _finding(whole, parts, cohort, about, metric, texts[0], texts[1], IMPOSSIBLE, why)
        return
    why = f"{whole.table} and {parts.table} do not print the same kind of summary for these lesions"
    yield _finding(whole, parts, cohort, about, "mean or median", "", "", UNCHECKED, why)


def _mean(cells: Sequence[Cell], expected: int) -> tuple[Fraction, Fraction] | None:
    means = [(cell.mean, cell.n) for cell in cells if cell.mean is not None and cell.n]
    if not cells or len(means) != expected:
        return None
    n = sum(size for _, size in means)
    return (
        sum((mean.low * size for mean, size in means), Fraction(0)) / n,
        sum((mean.high * size for mean, size in means), Fraction(0)) / n,
    )


def _median(cells: Sequence[Cell], expected: int) -> tuple[Fraction, Fraction] | None:
    medians = [cell.median for cell in cells if cell.median is not None]
    if not cells or len(medians) != expected:
        return None
    return min(median.low for median in medians), max(median.high for median in medians)


def _sum(counts: Sequence[int]) -> str:
    return f"{' + '.join(map(str, counts))} = {sum(counts)}" if len(counts) > 1 else str(counts[0])


def _finding(
    whole: _Side,
    parts: _Side,
    cohort: str,
    about: str,
    metric: str,
    printed: str,
    possible: str,
    verdict: str,
    why: str,
) -> Finding:
    tables = f"{whole.table}, {parts.table}"
    return Finding(tables, cohort, "", about, metric, printed, possible, verdict, why, "same_lesions")
