"""Columns of figures that two sets have in common, as happens when one is copied from the other."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb, pi, sqrt
from typing import Final

from her2mri.audit.finding import UNLIKELY, Finding
from her2mri.audit.proof import NAMES
from her2mri.audit.tables import Figure

FEWEST: Final = 3
LARGEST_CHANCE: Final = 1e-3


def copied_columns(figures: Iterable[Figure]) -> list[Finding]:
    """Metrics with the same printed value for three or more models in two sets, where chance hardly does that."""
    columns: dict[tuple[str, str], dict[str, dict[str, Figure]]] = {}
    for figure in figures:
        if figure.metric in NAMES and figure.estimate is not None:
            sets = columns.setdefault((figure.table, figure.metric), {})
            sets.setdefault(figure.set, {})[figure.model] = figure
    findings = []
    for (table, metric), sets in columns.items():
        for first, second in combinations(sets, 2):
            pairs = [
                (sets[first][model], sets[second][model]) for model in sets[first] if model in sets[second]
            ]
            alike = [(a, b) for a, b in pairs if _same(a, b)]
            if len(alike) < FEWEST:
                continue
            chance = min(1.0, comb(len(pairs), len(alike)) * _product(_chance(a, b) for a, b in alike))
            if chance > LARGEST_CHANCE:
                continue
            findings.append(_finding(table, metric, first, second, pairs, alike, chance))
    return findings


def _finding(
    table: str,
    metric: str,
    first: str,
    second: str,
    pairs: list[tuple[Figure, Figure]],
    alike: list[tuple[Figure, Figure]],
    chance: float,
) -> Finding:
    values = ", ".join(a.estimate.text for a, _ in alike if a.estimate)
    intervals = sum(bool(a.conf_low and a.conf_high) and (_text(a) == _text(b)) for a, b in alike)
    why = (
        f"{len(alike)} of {len(pairs)} models have the same {NAMES[metric]} in both sets ({intervals} with the same "
        f"interval too); on different lesions chance does that with a probability of about {chance:.0e}: one column "
        "may have been copied from the other"
    )
    return Finding(
        table,
        f"{first}, {second}",
        "all",
        "",
        metric,
        values,
        "two different columns",
        UNLIKELY,
        why,
        "copied_column",
    )


def _text(figure: Figure) -> tuple[str, str]:
    return (
        figure.conf_low.text if figure.conf_low else "",
        figure.conf_high.text if figure.conf_high else "",
    )


def _same(first: Figure, second: Figure) -> bool:
    a, b = first.estimate, second.estimate
    return a is not None and b is not None and (a.low, a.high) == (b.low, b.high)


def _chance(first: Figure, second: Figure) -> float:
    """How often two shares of the same true value print alike: the digit's width over the spread of the difference.

    All lesions of a set are taken as the denominator, which makes chance look larger than it is.
    """
    sizes = [(figure.n_positive or 0) + (figure.n_negative or 0) for figure in (first, second)]
    if first.estimate is None or not all(sizes):
        return 1.0
    share = min(max(first.estimate.value, 0.0), 1.0)
    spread = sqrt(share * (1 - share) * (1 / sizes[0] + 1 / sizes[1]))
    width = float(first.estimate.high - first.estimate.low)
    return min(1.0, width / (sqrt(2 * pi) * spread)) if spread > 0 else 1.0


def _product(values: Iterable[float]) -> float:
    answer = 1.0
    for value in values:
        answer *= value
    return answer
