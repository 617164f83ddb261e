"""A contrast-enhanced series from DICOM files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.dicom_checks import check_content, check_grid
from her2mri.imaging.dicom_folder import Folder, read_folder
from her2mri.imaging.dicom_grid import Slices, stack
from her2mri.imaging.dicom_phases import divide
from her2mri.imaging.dicom_pixels import fill, is_physical
from her2mri.imaging.dicom_plane import Plane
from her2mri.imaging.dicom_times import PhaseTimes, injection_time, phase_times
from her2mri.imaging.read_times import check_precontrast, given_seconds
from her2mri.imaging.volume import DynamicSeries


def read_dicom_dynamic(
    path: Path, *, seconds: Sequence[float] | None, injection: float | None, precontrast: int
) -> DynamicSeries:
    """See :func:`her2mri.imaging.read.read_dynamic`."""
    folder = read_folder(path)
    planes = check_content(folder)
    slices = ordered(folder, planes)
    phases: list[list[Plane]] = []
    if slices is not None:
        phases, faults = divide(folder.where, planes, slices.location)
        folder.faults += faults
    if folder.faults or slices is None:
        raise InputError(folder.faults)
    phases, when, timing = _timed(folder, phases, seconds, injection, precontrast)
    physical = is_physical(planes)
    signal = np.empty((len(phases), *slices.geometry.shape), dtype=np.float32)
    for volume, phase in zip(signal, phases, strict=True):
        folder.faults += fill(volume, phase, folder.where, physical=physical)
    if folder.faults:
        raise InputError(folder.faults)
    notes = (*folder.notes, *notes_of(planes, physical=physical))
    return DynamicSeries(signal, when, slices.geometry, timing, notes)


def ordered(folder: Folder, planes: list[Plane]) -> Slices | None:
    """Planes stacked to slices; None, with the faults told, where they make no grid."""
    if not planes:
        return None
    faults = check_grid(folder.where, planes)
    folder.faults += faults
    mixed = len({plane.patient for plane in planes}) > 1 or len({plane.study for plane in planes}) > 1
    if faults or mixed:
        return None
    slices, uneven = stack(folder.where, planes)
    folder.faults += uneven
    return slices


def notes_of(planes: Sequence[Plane], *, physical: bool) -> list[str]:
    """What is worth saying of images that were not refused."""
    notes = []
    places = len({plane.place for plane in planes})
    if places > 1:
        notes.append(f"the images have {places} frames of reference: the patient may have moved between them")
    if physical:
        notes.append("signal on Philips' floating-point scale (private scale slope)")
    return notes


def _timed(
    folder: Folder,
    phases: list[list[Plane]],
    seconds: Sequence[float] | None,
    injection: float | None,
    precontrast: int,
) -> tuple[list[list[Plane]], NDArray[np.float64], str]:
    """Phases in order of time, their seconds from the injection, and the words for both."""
    where = folder.where
    found = phase_times(where, phases)
    if seconds is not None:
        if isinstance(found, Fault):
            _check_order(where, phases)
        else:
            phases = [phases[at] for at in np.argsort(found.starts)]
        return phases, given_seconds(where, seconds, len(phases)), "times as given"
    if isinstance(found, Fault):
        raise InputError([found])
    check_precontrast(where, precontrast, len(phases))
    order = np.argsort(found.starts)
    phases = [phases[at] for at in order]
    numbers = [phase[0].temporal_position or 0 for phase in phases]
    if len(set(numbers)) == len(numbers) and numbers != sorted(numbers):
        problem = "the numbers of the phases (temporal position) and their times are not in the same order"
        raise InputError(
            [Fault(where, problem, remedy="send the series again, or give it as a 4D NIfTI file")]
        )
    times = PhaseTimes(found.starts[order], found.middles[order], found.on_clock, found.words)
    start, words = injection_time(phases, times, injection=injection, precontrast=precontrast)
    if injection is not None and not times.starts[0] < start < times.middles[-1]:
        longest = float(times.middles[-1] - times.starts[0])
        problem = f"an injection {injection:g} s after the first phase began lies outside the series"
        raise InputError([Fault(where, problem, allowed=f"more than 0 and less than {longest:g} s")])
    return phases, times.middles - start, f"{times.words}; {words}"


def _check_order(where: str, phases: Sequence[Sequence[Plane]]) -> None:
    """Times that are given need phases that the headers order, if not by time, by number."""
    for number in ("temporal_position", "acquisition_number", "series_number"):
        numbers = {getattr(phase[0], number) for phase in phases} - {None}
        if len(numbers) == len(phases):
            return
    problem = "nothing in the headers puts the phases in order"
    raise InputError([Fault(where, problem, remedy="give the phases as a 4D NIfTI file with their times")])
