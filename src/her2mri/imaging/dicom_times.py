"""When each phase was acquired, and when the contrast was injected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault
from her2mri.imaging.dicom_plane import Plane
from her2mri.imaging.dicom_values import DAY

_LONGEST: Final = 6 * 3600.0
"""Seconds within which all phases of one examination are acquired."""
_REMEDY: Final = "give the times of the phases in seconds after the injection"


@dataclass(frozen=True, eq=False)
class PhaseTimes:
    """``starts`` and ``middles`` (phases,) in seconds on one clock; ``words`` say where they were found.

    ``on_clock`` tells whether that clock is the scanner's, on which an injection may be told.
    """

    starts: NDArray[np.float64]
    middles: NDArray[np.float64]
    on_clock: bool
    words: str


def phase_times(where: str, phases: Sequence[Sequence[Plane]]) -> PhaseTimes | Fault:
    """Times of the phases from their headers: the clock of each, or offsets from the start of the series."""
    acquired = _clock(phases)
    base = np.array([times.min() for times in acquired]) if acquired is not None else np.zeros(len(phases))
    for source, offsets in (
        ("time of acquisition", np.zeros(len(phases)) if acquired is not None else None),
        ("begin of each dynamic scan", _offsets([[plane.begin for plane in phase] for phase in phases])),
        ("trigger time", _offsets([[_seconds(plane.trigger_time) for plane in phase] for phase in phases])),
        ("temporal resolution", _offsets([[_regular(plane) for plane in phase] for phase in phases])),
    ):
        if offsets is not None and len(np.unique(base + offsets)) == len(phases):
            starts = base + offsets
            if np.ptp(starts) > _LONGEST:
                problem = f"phases lie up to {np.ptp(starts) / 3600:.0f} hours apart"
                return Fault(where, problem, remedy="leave in the folder the phases of one examination alone")
            own = acquired if source == "time of acquisition" else None
            middles, words = _middles(phases, starts, own)
            return PhaseTimes(starts, middles, acquired is not None, f"times from the {source}, {words}")
    return Fault(where, "the headers do not tell when each phase was acquired", remedy=_REMEDY)


def _clock(phases: Sequence[Sequence[Plane]]) -> list[NDArray[np.float64]] | None:
    """Start of each plane in seconds; across midnight by the date, or where that is missing or masked by the clock."""
    planes = [plane for phase in phases for plane in phase]
    if any(plane.clock is None for plane in planes):
        return None
    clock = np.array([plane.clock for plane in planes], dtype=float)
    days = np.array([plane.day if plane.day is not None else -1 for plane in planes])
    absolute = clock + DAY * (days - days.min())
    if (days < 0).any() or (np.ptp(days) == 0 and np.ptp(clock) > DAY / 2):
        absolute = _unwrapped(clock)
    return np.split(absolute, np.cumsum([len(phase) for phase in phases])[:-1])


def _unwrapped(clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Times of the day made to run on past midnight: the series begins after the longest pause of the clock."""
    times = np.unique(clock)
    pauses = np.diff(times, append=times[0] + DAY)
    first = times[(int(np.argmax(pauses)) + 1) % len(times)]
    return np.where(clock < first, clock + DAY, clock)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _regular(plane: Plane) -> float | None:
    if not plane.resolution or plane.temporal_position is None:
        return None
    return plane.resolution / 1000 * (plane.temporal_position - 1)


def _offsets(found: list[list[float | None]]) -> NDArray[np.float64] | None:
    if any(one is None for phase in found for one in phase):
        return None
    return np.array([min(one for one in phase if one is not None) for phase in found])


def _middles(
    phases: Sequence[Sequence[Plane]], starts: NDArray[np.float64], acquired: list[NDArray[np.float64]] | None
) -> tuple[NDArray[np.float64], str]:
    """Middle of each phase: of its slices' times where they differ, else half its duration after its start."""
    if acquired is not None and all(np.ptp(times) > 0 for times in acquired):
        return np.array(
            [(times.min() + times.max()) / 2 for times in acquired]
        ), "middle of the slices of each phase"
    told = [[plane.duration for plane in phase] for phase in phases]
    if any(not one or one < 0 for phase in told for one in phase):
        return starts, "the start of each phase (its duration is not told)"
    durations = np.array([max(one for one in phase if one) for phase in told])
    if (durations > 1.05 * np.diff(np.sort(starts)).min()).any():
        return starts, "the start of each phase (the duration told is that of several)"
    return starts + durations / 2, f"the middle of each phase ({np.median(durations):.4g} s long)"


def injection_time(
    phases: Sequence[Sequence[Plane]], times: PhaseTimes, *, injection: float | None, precontrast: int
) -> tuple[float, str]:
    """Start of the injection on the clock of ``times`` (in order of time), and in words where it was found."""
    if injection is not None:
        return float(
            times.starts[0]
        ) + injection, f"injection as given, {injection:g} s after the first phase began"
    told = Counter(plane.injection for phase in phases for plane in phase if plane.injection is not None)
    rule = float(times.starts[precontrast])
    words = f"injection taken to begin with phase {precontrast + 1}, the first after the contrast"
    if not told:
        return rule, f"{words} (the headers do not tell it)"
    if not times.on_clock:
        return rule, f"{words} (the headers tell its time of the day, but not that of the phases)"
    found = told.most_common(1)[0][0]
    found += DAY * round((float(times.starts[0]) - found) / DAY)
    if times.starts[0] < found < times.middles[-1]:
        return found, "injection from ContrastBolusStartTime"
    return rule, f"{words} (ContrastBolusStartTime lies outside the series and was not used)"
