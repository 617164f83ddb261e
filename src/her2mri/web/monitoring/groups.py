"""Months and scanners: how many lesions, and events that came by events foretold; small groups are not shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from her2mri.web.monitoring.judged import Said

FEWEST_SHOWN: Final = 5
"""Lesions; a smaller group could point to a patient."""
FEWEST_JUDGED: Final = 20
"""Lesions with a known outcome; of fewer the ratio says nothing."""


@dataclass(frozen=True)
class Group:
    """One month or scanner. Numbers are None where the group is too small to be shown."""

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
    return [_group(name, found[name]) for name in sorted(found)]


def _group(name: str, said: Sequence[Said]) -> Group:
    if len(said) < FEWEST_SHOWN:
        return Group(name, None, None, None, None, None)
    true = [one for one in said if one.event is not None]
    if len(true) < FEWEST_SHOWN:
        return Group(name, len(said), None, None, None, None)
    observed, expected = sum(bool(one.event) for one in true), sum(one.probability for one in true)
    return Group(name, len(said), len(true), observed, expected, _ratio(true, observed))


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
