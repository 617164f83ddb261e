"""Printed p-values against the counts: which rule of testing a table follows, and which cells do not even so.

Rules: Pearson's chi-square, with Yates' correction on 2 x 2, Fisher's exact test, and the two usual mixtures (Fisher
where the smallest expected count is below 5); each as it is, or adjusted by Benjamini and Hochberg over the
variables of the set. A p-value that cannot be recomputed (a median) still takes its place in the family: it is
given the range that its own printed value allows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.audit.columns import Block
from her2mri.audit.finding import UNCHECKED, UNLIKELY, Checked, Finding, Note
from her2mri.audit.printed import Printed
from her2mri.audit.summary_test import mean_test
from her2mri.errors import EstimationError
from her2mri.statistics import benjamini_hochberg, chi_square, fisher_exact, independence_test

TOLERANCE: Final = 0.01
"""A recomputed p-value this near to what the printed digits cover is taken to be the same."""

FOLLOWED: Final = 0.6
"""Share of a table's p-values that a rule must give before the others are held against it."""

SIGNIFICANT: Final = 0.05

FloatArray = NDArray[np.float64]
Counts = tuple[tuple[int, ...], ...]


def _plain(counts: Counts) -> float:
    return chi_square(counts, correct=False).p_value


def _yates(counts: Counts) -> float:
    return chi_square(counts).p_value


@cache
def _fisher(counts: Counts) -> float:
    try:
        return fisher_exact(counts).p_value
    except (EstimationError, ValueError):
        return float("nan")


def _has_small_cells(counts: Counts) -> bool:
    table = np.array(counts, dtype=np.float64)
    table = table[table.sum(axis=1) > 0]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(table.sum(), 1)
    return bool(expected.size and expected.min() < 5)


def _small_exact(counts: Counts) -> float:
    small = _has_small_cells(counts)
    p = _fisher(counts) if small else float("nan")
    return _plain(counts) if np.isnan(p) else p


@cache
def _usual(counts: Counts) -> float:
    try:
        return independence_test(counts).p_value
    except ValueError:  # Fisher's test is of two groups
        return _yates(counts)


def _exact(counts: Counts) -> float:
    """Fisher's test where it is in use: on 2 x 2 tables and on small counts."""
    if np.array(counts).shape == (2, 2) or _has_small_cells(counts):
        return _fisher(counts)
    return _plain(counts)


RULES: Final[dict[str, Callable[[Counts], float]]] = {
    "chi-square": _plain,
    "chi-square with Yates' correction": _yates,
    "Fisher's exact test": _exact,
    "chi-square, Fisher where an expected count is below 5": _small_exact,
    "chi-square with Yates' correction, Fisher where an expected count is below 5": _usual,
}


@dataclass(frozen=True)
class Recomputed:
    """The p-values of one set by one rule: ``low`` to ``high`` each, adjusted where ``adjusted``."""

    rule: str
    adjusted: bool
    low: FloatArray
    high: FloatArray

    @property
    def name(self) -> str:
        """The rule with its adjustment."""
        return f"{self.rule}; {'Benjamini-Hochberg over the set' if self.adjusted else 'not adjusted'}"


def recompute(parts: Sequence[Block]) -> dict[str, Recomputed]:
    """By rule, the p-values of all variables of one table and set that have a printed p-value."""
    answers = {}
    for rule, test in RULES.items():
        low, high = np.full(len(parts), np.nan), np.full(len(parts), np.nan)
        for at, block in enumerate(parts):
            low[at], high[at] = _raw(block, test)
        raw = Recomputed(rule, False, low, high)
        answers[raw.name] = raw
        adjusted = _adjusted(raw, [block.p_value for block in parts])
        answers[adjusted.name] = adjusted
    return answers


def _raw(block: Block, test: Callable[[Counts], float]) -> tuple[float, float]:
    counts = block.counts()
    if counts is not None:
        p = test(tuple(tuple(row) for row in counts)) if len(counts[0]) > 1 else float("nan")
        return p, p
    return mean_test([cells.get("") for cells in block.groups.values()])


def _adjusted(raw: Recomputed, printed: Sequence[Printed | None]) -> Recomputed:
    size = len(printed)
    low, high = raw.low.copy(), raw.high.copy()
    for at, value in enumerate(printed):
        if value is not None and np.isnan(low[at]):
            low[at], high[at] = max(float(value.low), 0.0) / size, min(float(value.high), 1.0)
    return Recomputed(
        raw.rule, True, _only(benjamini_hochberg(low), raw), _only(benjamini_hochberg(high), raw)
    )


def _only(values: FloatArray, raw: Recomputed) -> FloatArray:
    return np.asarray(np.where(np.isnan(raw.low), np.nan, values))


def agrees(printed: Printed, low: float, high: float) -> bool:
    """Whether a recomputed range reaches what the printed digits cover, within the tolerance."""
    return float(printed.low) - TOLERANCE <= high and low <= float(printed.high) + TOLERANCE


Families = dict[tuple[str, str], list[Block]]


def check_p_values(parts: Sequence[Block]) -> Checked:
    """The rule that most p-values of all tables follow, and the p-values that do not follow it."""
    families: Families = {}
    for block in parts:
        if block.p_value is not None:
            families.setdefault((block.table, block.set), []).append(block)
    if not families:
        return Checked()
    answers = {key: recompute(family) for key, family in families.items()}
    rules = list(next(iter(answers.values())))
    fitting = {rule: _counted(families, answers, rule) for rule in rules}
    findings = [
        _unchecked(block)
        for key, family in families.items()
        for block, low in zip(family, answers[key][rules[0]].low, strict=True)
        if np.isnan(low)
    ]
    checked = sum(len(family) for family in families.values()) - len(findings)
    if not checked:
        return Checked(tuple(findings))
    order = sorted(rules, key=lambda rule: -sum(fitting[rule].values()))
    notes = _notes(families, answers, order, fitting, checked)
    if sum(fitting[order[0]].values()) >= FOLLOWED * checked:
        for key, family in families.items():
            answer = answers[key][order[0]]
            findings += [_misfit(family[at], answer, at) for at in _split(family, answer)[1]]
    return Checked(tuple(findings), notes)


def _counted(
    families: Families, answers: dict[tuple[str, str], dict[str, Recomputed]], rule: str
) -> dict[str, int]:
    """P-values that fit a rule, by table."""
    found: dict[str, int] = {}
    for (table, name), family in families.items():
        fit, _ = _split(family, answers[table, name][rule])
        found[table] = found.get(table, 0) + len(fit)
    return found


def _notes(
    families: Families,
    answers: dict[tuple[str, str], dict[str, Recomputed]],
    order: Sequence[str],
    fitting: dict[str, dict[str, int]],
    checked: int,
) -> tuple[Note, ...]:
    best = order[0]
    total = sum(fitting[best].values())
    text = (
        f"Of {checked} p-values that can be recomputed, {total} are within {TOLERANCE} by the rule: {best}."
    )
    others = "; ".join(f"{sum(fitting[rule].values())} by {rule.replace(';', ',')}" for rule in order[1:4])
    notes = [Note("all", text), Note("all", f"The rules that come next: {others}.")]
    for table, count in fitting[best].items():
        size = sum(int(np.sum(~np.isnan(answers[key][best].low))) for key in families if key[0] == table)
        notes.append(Note(table, f"{count} of {size} p-values follow the rule that most of all do."))
    if total < FOLLOWED * checked:
        notes.append(Note("all", "Too few p-values follow any rule to hold the others against it."))
    return tuple(notes)


def _split(family: Sequence[Block], answer: Recomputed) -> tuple[list[int], list[int]]:
    """Positions of the p-values that fit, and of those that do not; what cannot be recomputed is in neither."""
    fit: tuple[list[int], list[int]] = [], []
    for at, block in enumerate(family):
        low, high = float(answer.low[at]), float(answer.high[at])
        if block.p_value is not None and not np.isnan(low):
            fit[not agrees(block.p_value, low, high)].append(at)
    return fit


def _unchecked(block: Block) -> Finding:
    printed = block.p_value.text if block.p_value else ""
    why = "neither all counts nor mean and SD of two groups are printed: the test cannot be repeated"
    return Finding(
        block.table, block.set, "", block.variable, "p-value", printed, "", UNCHECKED, why, "p_value"
    )


def _misfit(block: Block, answer: Recomputed, at: int) -> Finding:
    low, high = float(answer.low[at]), float(answer.high[at])
    possible = _p_text(low) if _p_text(low) == _p_text(high) else f"{_p_text(low)} to {_p_text(high)}"
    printed = block.p_value.text if block.p_value else ""
    why = f"the counts give {possible} by the rule that most of the table follows ({answer.name})"
    if (
        block.p_value
        and (block.p_value.high <= SIGNIFICANT) != (high <= SIGNIFICANT)
        and not low <= SIGNIFICANT < high
    ):
        why += f"; the difference crosses {SIGNIFICANT}"
    return Finding(
        block.table, block.set, "", block.variable, "p-value", printed, possible, UNLIKELY, why, "p_value"
    )


def _p_text(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
