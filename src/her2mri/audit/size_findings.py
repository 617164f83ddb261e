"""Whole columns and sets that do not fit the stated numbers of lesions, and the numbers that would fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from her2mri.audit.confusion import IntArray
from her2mri.audit.finding import IMPOSSIBLE, Finding
from her2mri.audit.performance import ReadRows, Row
from her2mri.audit.printed import Printed
from her2mri.audit.proof import attainable
from her2mri.audit.sizes import Size, nearest, sizes_that_fit, splits_that_fit

FEWEST_MISFITS = 2
"""One figure that does not fit is a slip; from two on the size itself is doubted."""


def size_findings(read: ReadRows) -> list[Finding]:
    """Columns and sets of which at least two figures do not fit, each with the sizes that fit all of it."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, row in enumerate(read.rows):
        groups.setdefault((row.table, row.set), []).append(index)
    misfit = {
        key: at for key, at in groups.items() if sum(index in read.repairs for index in at) >= FEWEST_MISFITS
    }
    findings: list[Finding] = []
    split: set[tuple[str, str]] = set()
    for table in dict.fromkeys(table for table, _ in misfit):
        sets = {name: at for (where, name), at in misfit.items() if where == table}
        for finding in _splits(read, sets, table):
            findings.append(finding)
            split |= {(table, name) for name in finding.set.split(", ")}
    for key, at in misfit.items():
        findings += _columns([read.rows[index] for index in at])
        if key not in split:
            findings += _whole_set(read, at)
    return findings


def _columns(rows: Sequence[Row]) -> Iterator[Finding]:
    first = rows[0]
    for metric, n in (("sensitivity", first.n_positive), ("specificity", first.n_negative)):
        printed = [row.printed[metric] for row in rows if metric in row.printed]
        wrong = [value.text for value in printed if not attainable(value, n)]
        if len(wrong) < FEWEST_MISFITS:
            continue
        fitting = _sizes_of_column(printed, n)
        possible = ", ".join(str(size) for size in fitting[:3]) or "none near"
        why = f"no whole number of {n} lesions gives {', '.join(wrong)}"
        if fitting:
            why += f"; all {len(printed)} figures of the column fit {fitting[0]} lesions"
        yield _finding(
            first, "n_positive" if metric == "sensitivity" else "n_negative", str(n), possible, why
        )


def _sizes_of_column(printed: Sequence[Printed], n: int) -> list[int]:
    near = range(max(1, n // 2), n * 3 // 2 + 1)
    fitting = [size for size in near if all(attainable(value, size) for value in printed)]
    return sorted(fitting, key=lambda size: abs(size - n))


def _whole_set(read: ReadRows, at: Sequence[int]) -> Iterator[Finding]:
    first = read.rows[at[0]]
    stated = Size(first.n_positive, first.n_negative)
    around = [_around(n) for n in (first.n_positive, first.n_negative)]
    fitting = nearest(sizes_that_fit(read.arrays.take(at), *around), stated)
    if not fitting:
        return
    wrong, figures = sum(index in read.repairs for index in at), _figures(read, at)
    why = (
        f"{wrong} of {len(at)} rows fit no two-by-two table of {stated} lesions; of the "
        f"{around[0].size * around[1].size} pairs of sizes between half and one and a half times the stated, "
        f"{len(fitting)} fit all {figures} figures"
    )
    possible = ", ".join(str(size) for size in fitting[:3]) + (", ..." if len(fitting) > 3 else "")
    yield _finding(first, "number of lesions", str(stated), possible, why)


def _around(n: int) -> IntArray:
    return np.arange(max(1, n // 2), n * 3 // 2 + 1)


def _splits(read: ReadRows, misfit: dict[str, list[int]], table: str) -> Iterator[Finding]:
    """Two sets that fit together if one set's stated lesions were divided between them."""
    for name, at in misfit.items():
        first = read.rows[at[0]]
        stated = Size(first.n_positive, first.n_negative)
        for other, others in misfit.items():
            if other == name:
                continue
            found = splits_that_fit(read.arrays.take(at), read.arrays.take(others), stated)
            if not found:
                continue
            tried = (stated.n_positive - 1) * (stated.n_negative - 1)
            rest = [
                str(Size(stated.n_positive - size.n_positive, stated.n_negative - size.n_negative))
                for size in found
            ]
            share = _total(found[0]) / _total(stated)
            why = (
                f"all {_figures(read, at) + _figures(read, others)} figures of {name} and {other} fit if the "
                f"{stated} lesions stated for {name} were divided between the two: {' or '.join(rest[:3])} for "
                f"{name} and {' or '.join(map(str, found[:3]))} ({share:.1%}) for {other}; "
                f"{len(found)} of {tried} divisions fit"
            )
            printed = f"{name} {stated}, {other} {_stated(read, others)}"
            possible = f"{name} {rest[0]}, {other} {found[0]}"
            yield Finding(
                table, f"{name}, {other}", "all", "", "number of lesions", printed, possible, IMPOSSIBLE, why, "split"
            )  # fmt: skip


def _stated(read: ReadRows, at: Sequence[int]) -> Size:
    return Size(read.rows[at[0]].n_positive, read.rows[at[0]].n_negative)


def _total(size: Size) -> int:
    return size.n_positive + size.n_negative


def _figures(read: ReadRows, at: Sequence[int]) -> int:
    return sum(len(read.rows[index].printed) for index in at)


def _finding(row: Row, metric: str, printed: str, possible: str, why: str) -> Finding:
    return Finding(
        row.table, row.set, "all", "", metric, printed, possible, IMPOSSIBLE, why,
        "sizes" if metric == "number of lesions" else "column_size",
    )  # fmt: skip
