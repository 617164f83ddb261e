"""Counts against the size of their group, and percentages against the counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from her2mri.audit.columns import Block, cell_finding
from her2mri.audit.finding import IMPOSSIBLE, UNCHECKED, UNLIKELY, Checked, Finding, Note
from her2mri.audit.printed import shown
from her2mri.audit.tables import Cell

OF_GROUP: Final = "the group"
CONVENTIONS: Final = (OF_GROUP, "the counted lesions of the group", "the level over all groups", "all groups")
"""What a percentage may be a share of."""


def check_counts(parts: Sequence[Block]) -> Checked:
    """Levels that do not add up to their group, and percentages that are not those of their counts."""
    findings = [finding for block in parts for finding in _sums(block)]
    notes = []
    for table in dict.fromkeys(block.table for block in parts):
        cells = [cell for block in parts if block.table == table for cell in _percents(block)]
        if cells:
            usual = max(CONVENTIONS, key=lambda name: sum(name in cell.fitting for cell in cells))
            notes.append(_note(table, usual, cells))
            findings += [finding for cell in cells if (finding := _percent_finding(cell, usual))]
    return Checked(tuple(findings), tuple(notes))


def _sums(block: Block) -> Iterator[Finding]:
    for group, cells in block.groups.items():
        counts, n = block.group_counts(group), block.sizes()[group]
        if not counts:
            continue
        if n is None:
            why = "the size of the group is not given"
            yield cell_finding(block, group, "", "count", "", "", UNCHECKED, why, "level_sum")
            continue
        for level, count in counts.items():
            if count > n:
                why = f"{count} lesions of a group of {n}"
                yield cell_finding(
                    block, group, level, "count", str(count), f"0 to {n}", IMPOSSIBLE, why, "level_sum"
                )
        total = sum(counts.values())
        if len(counts) < max(2, len(cells)) or total == n:
            continue
        why = f"the levels add up to {' + '.join(map(str, counts.values()))} = {total}, the group has {n}"
        if total > n:
            why += ": more than there are, unless a lesion may have two levels"
            yield cell_finding(block, group, "", "count", str(total), str(n), IMPOSSIBLE, why, "level_sum")
        else:
            why += f": {n - total} may be missing without a word"
            yield cell_finding(block, group, "", "count", str(total), str(n), UNLIKELY, why, "level_sum")


@dataclass(frozen=True)
class _Percent:
    block: Block
    group: str
    cell: Cell
    shares: dict[str, Fraction]
    fitting: tuple[str, ...]


def _percents(block: Block) -> Iterator[_Percent]:
    sizes = block.sizes()
    everyone = sum(n or 0 for n in sizes.values())
    for group, cells in block.groups.items():
        counted = sum(block.group_counts(group).values())
        for level, cell in cells.items():
            if cell.count is None or cell.percent is None:
                continue
            across = sum(block.group_counts(other).get(level, 0) for other in block.groups)
            wholes = zip(CONVENTIONS, (cell.n or 0, counted, across, everyone), strict=True)
            shares = {name: Fraction(100 * cell.count, whole) for name, whole in wholes if whole}
            fitting = tuple(name for name, share in shares.items() if cell.percent.covers(share))
            if not any(shares.values()) and cell.percent.covers(0):
                fitting = CONVENTIONS
            yield _Percent(block, group, cell, shares, fitting)


def _note(table: str, usual: str, cells: Sequence[_Percent]) -> Note:
    fitting = sum(usual in cell.fitting for cell in cells)
    return Note(
        table,
        f"{fitting} of {len(cells)} percentages are the count's share of {usual}, to the printed digit.",
    )


def _percent_finding(found: _Percent, usual: str) -> Finding | None:
    cell = found.cell
    if usual in found.fitting or cell.percent is None:
        return None
    decimals = cell.percent.decimals
    share = found.shares.get(usual)
    possible = "" if share is None else f"{shown(share, decimals)}%"
    counted = len(found.block.levels()) > 1
    verdict = UNLIKELY if found.fitting or not counted else IMPOSSIBLE
    if found.fitting:
        why = f"a share of {found.fitting[0]}, where the table otherwise gives shares of {usual}"
    else:
        exact = "" if share is None else f": {cell.count}/{cell.n} = {shown(share, decimals + 2)}%"
        why = f"not the percentage of {cell.count} of {usual}, nor of any other total in the set{exact}"
        if share is not None:
            why += _cause(cell, share)
    text = cell.percent.text.removesuffix("%")
    return cell_finding(
        found.block,
        found.group,
        cell.level,
        "percent",
        f"{cell.count} ({text}%)",
        possible,
        verdict,
        why,
        "percent",
    )


def _cause(cell: Cell, share: Fraction) -> str:
    if cell.percent is None:
        return ""
    digit = Fraction(1, 10**cell.percent.decimals)
    printed = cell.percent.low + digit / 2
    if printed <= share < printed + digit:
        return "; it fits if the digits were cut off instead of rounded"
    if abs(share - printed) < digit:
        return "; one unit of the last digit: rounded twice, or adjusted so that the column adds up to 100"
    return ""
