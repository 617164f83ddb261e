"""Sensitivity, specificity, accuracy, NPV and PPV against each other and against the numbers of lesions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from her2mri.audit.confusion import FIGURES, ConfusionRows, confusion_rows, fits
from her2mri.audit.finding import IMPOSSIBLE, Checked, Finding
from her2mri.audit.printed import Printed
from her2mri.audit.proof import contradiction, denominator, unattainable
from her2mri.audit.repair import Repair, repair
from her2mri.audit.tables import Figure


@dataclass(frozen=True)
class Row:
    """All figures of one model on one set, with the classes in the order under which they are read."""

    table: str
    set: str
    model: str
    positive: str
    negative: str
    n_positive: int
    n_negative: int
    figures: dict[str, Figure]

    @property
    def printed(self) -> dict[str, Printed]:
        """The figures that a two-by-two table determines."""
        return {
            name: estimate
            for name in FIGURES
            if name in self.figures and (estimate := self.figures[name].estimate) is not None
        }

    def swapped(self) -> Row:
        """The row with the other class as the positive one."""
        return replace(
            self,
            positive=self.negative,
            negative=self.positive,
            n_positive=self.n_negative,
            n_negative=self.n_positive,
        )


@dataclass(frozen=True)
class ReadRows:
    """Rows as they are to be read, which of them fit, and what to doubt in those that do not."""

    rows: tuple[Row, ...]
    repairs: dict[int, Repair]
    arrays: ConfusionRows


def rows_of(figures: Iterable[Figure]) -> list[Row]:
    """The figures put together by table, set and model, where both class sizes are given."""
    gathered: dict[tuple[str, str, str], dict[str, Figure]] = {}
    for figure in figures:
        if figure.n_positive and figure.n_negative:
            gathered.setdefault((figure.table, figure.set, figure.model), {})[figure.metric] = figure
    rows = []
    for (table, name, model), metrics in gathered.items():
        first = next(iter(metrics.values()))
        sizes = first.n_positive or 0, first.n_negative or 0
        rows.append(Row(table, name, model, first.positive, first.negative, *sizes, metrics))
    return rows


def _arrays(rows: Sequence[Row]) -> ConfusionRows:
    return confusion_rows(
        [row.printed for row in rows], [row.n_positive for row in rows], [row.n_negative for row in rows]
    )


def check_performance(figures: Iterable[Figure]) -> tuple[Checked, ReadRows]:
    """Every figure that contradicts the others, table by table, and the rows as they were read."""
    stated = rows_of(figures)
    arrays = _arrays(stated)
    as_stated = _repairs(arrays, range(len(stated)))
    misfit = {stated[index].table for index in as_stated}
    doubtful = [index for index, row in enumerate(stated) if row.table in misfit]
    the_other_way = _repairs(arrays.swapped(), doubtful)
    findings: list[Finding] = []
    rows, repairs = list(stated), dict(as_stated)
    for table in dict.fromkeys(stated[index].table for index in doubtful):
        at = [index for index, row in enumerate(stated) if row.table == table]
        doubted = [
            sum(len(answers[index].doubted) for index in at if index in answers)
            for answers in (as_stated, the_other_way)
        ]
        if doubted[1] < doubted[0]:
            findings.append(_other_class(stated, at, doubted, as_stated, the_other_way))
            for index in at:
                rows[index] = stated[index].swapped()
                repairs.pop(index, None)
                if index in the_other_way:
                    repairs[index] = the_other_way[index]
    read = ReadRows(tuple(rows), repairs, _arrays(rows))
    for index in sorted(repairs):
        findings += _row_findings(read, index)
    return Checked(tuple(findings)), read


def _repairs(arrays: ConfusionRows, among: Sequence[int]) -> dict[int, Repair]:
    fit = fits(arrays.take(among))
    return {index: repair(arrays, index) for index, fine in zip(among, fit, strict=True) if not fine}


def _row_findings(read: ReadRows, index: int) -> list[Finding]:
    row, answer = read.rows[index], read.repairs[index]
    one, found = read.arrays.take([index]), []
    for metric in FIGURES:
        if metric not in answer.doubted:
            continue
        printed = row.printed[metric]
        proof = answer.proofs[metric]
        if len(proof) > 1:
            possible, why = contradiction(one, proof, row.printed, answer.remaining)
            check = "joint"
        elif metric in ("sensitivity", "specificity", "accuracy"):
            n = denominator(metric, row.n_positive, row.n_negative)
            possible, why = unattainable(metric, printed, n)
            check = "attainability"
        else:
            possible, why = "0 to 1", f"no counts of {row.n_positive} + {row.n_negative} lesions give it"
            check = "attainability"
        found.append(
            Finding(row.table, row.set, row.model, "", metric, printed.text, possible, IMPOSSIBLE, why, check)
        )
    return found


def _other_class(
    stated: Sequence[Row],
    at: Sequence[int],
    doubted: Sequence[int],
    as_stated: dict[int, Repair],
    the_other_way: dict[int, Repair],
) -> Finding:
    first = stated[at[0]]
    fit = [sum(index not in answers for index in at) for answers in (as_stated, the_other_way)]
    positive, negative = first.positive or "the first class", first.negative or "the other class"
    why = (
        f"read with {positive} as the positive class, {fit[0]} of {len(at)} rows fit their numbers of lesions and "
        f"{doubted[0]} figures have to be doubted; with {negative}, {fit[1]} rows fit and {doubted[1]} figures are "
        "left to doubt: the table is read so below"
    )
    return Finding(
        first.table, "all", "all", "", "positive class", positive, negative, IMPOSSIBLE, why, "positive_class"
    )
