"""Which image belongs to which phase: by what the headers number, or by the clock; never by file name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault
from her2mri.imaging.dicom_checks import ALONE
from her2mri.imaging.dicom_folder import count
from her2mri.imaging.dicom_plane import Plane

Number = tuple[float, ...]
Key = Callable[[Plane], Number | None]


def _number(*values: float | None) -> Number | None:
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else None


def _when(plane: Plane) -> Number | None:
    return _number(plane.day or 0, plane.clock)


def _temporal_position(plane: Plane) -> Number | None:
    return _number(plane.temporal_position)


def _trigger_time(plane: Plane) -> Number | None:
    return _number(plane.trigger_time)


def _acquisition_number(plane: Plane) -> Number | None:
    return _number(plane.acquisition_number)


def _series(plane: Plane) -> Number | None:
    return _number(plane.series_number or 0, plane.series)


def _series_and_temporal_position(plane: Plane) -> Number | None:
    return _number(plane.series, plane.temporal_position)


def _series_and_trigger_time(plane: Plane) -> Number | None:
    return _number(plane.series, plane.trigger_time)


def _series_and_acquisition(plane: Plane) -> Number | None:
    return _number(plane.series, plane.acquisition_number)


KEYS: Final[tuple[Key, ...]] = (
    _temporal_position,
    _trigger_time,
    _when,
    _acquisition_number,
    _series,
    _series_and_temporal_position,
    _series_and_trigger_time,
    _series_and_acquisition,
)
"""What may tell phases apart, the first that leaves nothing missing or double being taken."""


@dataclass(frozen=True)
class _Division:
    """Places of the planes of each phase, and how many images are missing or double in it."""

    phases: tuple[tuple[int, ...], ...]
    numbers: tuple[Number, ...]
    missing: int
    double: int


def divide(
    where: str, planes: Sequence[Plane], location: NDArray[np.intp]
) -> tuple[list[list[Plane]], list[Fault]]:
    """Phases in the order of what tells them apart, each in the order of its slices; or faults."""
    most = int(np.bincount(location).max())
    if most < 2:
        problem = "only one phase: every slice is there once"
        return [], [
            Fault(
                where, problem, remedy="name the folder with all phases, one before the contrast among them"
            )
        ]
    divisions = [found for key in KEYS if (found := _division(planes, location, key))]
    best = min(divisions, key=lambda found: found.missing + found.double, default=None)
    if best is None or best.missing + best.double:
        best = _by_rank(planes, location) or best
    if best is None:
        problem = "nothing in the headers tells the phases apart"
        return [], [Fault(where, problem, remedy="give the phases as a 4D NIfTI file with their times")]
    faults = [*_incomplete(where, best, location), *_absent(where, planes, best)]
    order = [sorted(phase, key=lambda at: int(location[at])) for phase in best.phases]
    return [[planes[at] for at in phase] for phase in order], faults


def _division(planes: Sequence[Plane], location: NDArray[np.intp], key: Key) -> _Division | None:
    groups: dict[Number, list[int]] = {}
    for at, plane in enumerate(planes):
        number = key(plane)
        if number is None:
            return None
        groups.setdefault(number, []).append(at)
    if len(groups) < 2:
        return None
    n_slices = int(location.max()) + 1
    different = [len(set(location[found].tolist())) for found in groups.values()]
    missing = n_slices * len(groups) - sum(different)
    double = len(planes) - sum(different)
    in_order = sorted(groups)
    return _Division(tuple(tuple(groups[number]) for number in in_order), tuple(in_order), missing, double)


def _by_rank(planes: Sequence[Plane], location: NDArray[np.intp]) -> _Division | None:
    """The k-th image of each slice in time, for slices acquired one by one with a time of their own."""
    slices = [np.flatnonzero(location == at).tolist() for at in range(int(location.max()) + 1)]
    times = [(plane.day or 0, plane.clock, plane.begin or 0.0, plane.trigger_time or 0.0) for plane in planes]
    if len({len(found) for found in slices}) > 1 or any(time[1] is None for time in times):
        return None
    if any(len({times[at] for at in found}) < len(found) for found in slices):
        return None
    ranked = [sorted(found, key=lambda at: times[at]) for found in slices]
    return _Division(tuple(zip(*ranked, strict=True)), (), 0, 0)


def _incomplete(where: str, found: _Division, location: NDArray[np.intp]) -> list[Fault]:
    faults = []
    n_slices = int(location.max()) + 1
    if found.missing:
        have = [len(set(location[list(phase)].tolist())) for phase in found.phases]
        short = [f"phase {at} has {n}" for at, n in enumerate(have, start=1) if n < n_slices]
        problem = f"{count(found.missing, 'slice')} missing: of {n_slices} slices {', '.join(short)}"
        faults.append(Fault(where, problem, remedy="copy or send the series again, whole"))
    if found.double:
        problem = f"{count(found.double, 'image')} more than one of a slice and phase"
        faults.append(Fault(where, problem, remedy=f"{ALONE} (of Dixon images one contrast, say water)"))
    return faults


def _absent(where: str, planes: Sequence[Plane], found: _Division) -> list[Fault]:
    """A whole phase left out shows in the numbers of the temporal positions, or in how many there should be."""
    numbers = [round(number[0]) for number in found.numbers if len(number) == 1]
    if not numbers or {plane.temporal_position for plane in planes} != set(numbers):
        return []
    told = Counter(plane.temporal_positions for plane in planes if plane.temporal_positions)
    last = max([*numbers, *(most for most, _ in told.most_common(1))])
    absent = sorted(set(range(min(1, *numbers), last + 1)) - set(numbers))
    if not absent:
        return []
    problem = f"of {last} phases {', '.join(map(str, absent))} missing"
    return [Fault(where, problem, remedy="copy or send the series again, whole")]
