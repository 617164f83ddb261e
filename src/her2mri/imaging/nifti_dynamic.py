"""A contrast-enhanced series from a 4D NIfTI file, whose times stand beside it or are given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.nifti import read_nifti
from her2mri.imaging.read_times import check_precontrast, given_seconds
from her2mri.imaging.volume import DynamicSeries

STARTS: Final = "FrameTimesStart"
DURATIONS: Final = "FrameDuration"
INJECTION: Final = "InjectionStart"
_HOW: Final = (
    f"give the seconds of each phase after the injection, or write beside the image a .json file of the same name "
    f'with {{"{STARTS}": [...], "{DURATIONS}": [...], "{INJECTION}": ...}} in seconds'
)


def read_nifti_dynamic(
    path: Path, *, seconds: Sequence[float] | None, injection: float | None, precontrast: int
) -> DynamicSeries:
    """See :func:`her2mri.imaging.read.read_dynamic`."""
    signal, geometry, notes = read_nifti(path, dimensions=(4,))
    if seconds is not None:
        when, timing = given_seconds(path.name, seconds, len(signal)), "times as given"
    else:
        when, timing = _times_beside(path, len(signal), injection, precontrast)
    return DynamicSeries(signal, when, geometry, timing, notes)


def beside(path: Path, ending: str) -> Path:
    """The file of the same name with another ending."""
    stem = path.name[: -len(".nii.gz")] if path.name.lower().endswith(".nii.gz") else path.stem
    return path.with_name(stem + ending)


def _times_beside(
    path: Path, n_phases: int, injection: float | None, precontrast: int
) -> tuple[NDArray[np.float64], str]:
    file = beside(path, ".json")
    if not file.is_file():
        problem = "a NIfTI file does not tell when its phases were acquired"
        raise InputError([Fault(path.name, problem, remedy=_HOW)])
    told = _told(file)
    starts, durations = _list(file, told, STARTS, n_phases), np.zeros(n_phases)
    words = "the start of each phase (its duration is not told)"
    if DURATIONS in told:
        durations = _list(file, told, DURATIONS, n_phases)
        words = f"the middle of each phase ({np.median(durations):.4g} s long)"
    if (np.diff(starts) <= 0).any() or (durations < 0).any():
        problem = f"{STARTS} must ascend and {DURATIONS} must not be negative"
        raise InputError([Fault(file.name, problem)])
    if injection is not None:
        start, source = (
            starts[0] + injection,
            f"injection as given, {injection:g} s after the first phase began",
        )
    elif INJECTION in told:
        start, source = (
            _list(file, {INJECTION: [told[INJECTION]]}, INJECTION, 1)[0],
            f"injection from {INJECTION}",
        )
    else:
        check_precontrast(path.name, precontrast, n_phases)
        start = starts[precontrast]
        source = f"injection taken to begin with phase {precontrast + 1}, the first after the contrast"
    when = given_seconds(file.name, starts + durations / 2 - start, n_phases)
    return when, f"times from {STARTS} beside the image, {words}; {source}"


def _told(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        told = None
    if not isinstance(told, dict) or STARTS not in told:
        raise InputError([Fault(file.name, f"does not hold {STARTS}", remedy=_HOW)])
    return told


def _list(file: Path, told: dict[str, Any], name: str, n: int) -> NDArray[np.float64]:
    try:
        values = np.asarray(told[name], dtype=float)
    except (ValueError, TypeError):
        values = np.empty(0)
    if values.shape != (n,) or not np.isfinite(values).all():
        raise InputError([Fault(file.name, f"{name} must hold {n} numbers, one for each phase")])
    return values
