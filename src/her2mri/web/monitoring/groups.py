"""Months and scanners: how many lesions, and events that came by events foretold; small groups are not shown.

Nor can they be had by subtracting the others from the totals: together those that are not shown are never few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from her2mri.web.monitoring.judged import Said

FEWEST_SHOWN: Final = 5
"""Lesions; a smaller group could point to a patient."""
FEWEST_JUDGED: Final = 20
"""Lesions with a known outcome; of fewer the ratio says nothing."""


@dataclass(frozen=True)
class Group:
    """One month or scanner. Numbers are None where they are not shown."""

    name: str
    lesions: int | None
    with_truth: int | None
    observed: int | None
    expected: float | None
    ratio: tuple[float, float, float] | None


def by_month(said: Sequence[Said]) -> list[Group]:
    """The latest month first."""
    return _grouped(said, lambda one: one.case.month)[::-1]


def by_scanner(said: Sequence[Said]) -> list[Group]:
    """In the order of their codes; those without a scanner last."""
    return sorted(
        _grouped(said, lambda one: one.case.scanner), key=lambda group: (not group.name, group.name)
    )


def _grouped(said: Sequence[Said], key: Callable[[Said], str]) -> list[Group]:
    found: dict[str, list[Said]] = {}
    for one in said:
        found.setdefault(key(one), []).append(one)
    true = {name: [one for one in found[name] if one.event is not None] for name in found}
    small = hidden({name: len(found[name]) for name in found})
    untold = small | hidden({name: len(true[name]) for name in found})
    return [
        Group(name, None if name in small else len(found[name]), None, None, None, None)
        if name in untold
        else _group(name, len(found[name]), true[name])
        for name in sorted(found)
    ]


def hidden(sizes: Mapping[str, int]) -> frozenset[str]:
    """The groups whose numbers are not shown: those that are too small, and next ones until they are not few together.

    >>> sorted(hidden({"A": 3, "B": 9, "C": 7})), sorted(hidden({"A": 3, "B": 2, "C": 7}))
    (['A', 'C'], ['A', 'B'])
    """
    found: list[str] = []
    together = 0
    for name in sorted(sizes, key=lambda name: (sizes[name], name)):
        if sizes[name] >= FEWEST_SHOWN and (not together or together >= FEWEST_SHOWN):
            break
        found.append(name)
        together += sizes[name]
    return frozenset(found)


def _group(name: str, lesions: int, true: Sequence[Said]) -> Group:
    observed, expected = sum(bool(one.event) for one in true), sum(one.probability for one in true)
    return Group(name, lesions, len(true), observed, expected, _ratio(true, observed))


def _ratio(true: Sequence[Said], observed: int) -> tuple[float, float, float] | None:
    from her2mri.evaluation.calibration import observed_expected

    if len(true) < FEWEST_JUDGED or not 0 < observed < len(true):
        return None
    found = observed_expected(
        [bool(one.event) for one in true],
        [one.probability for one in true],
        patient=[one.case.patient for one in true],
    )
    return found.estimate, found.conf_low, found.conf_high
