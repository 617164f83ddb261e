"""One image plane: what the reading needs of its header, with nothing in it that names the patient."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plane:
    """A single image or a frame of a multi-frame one.

    ``patient``, ``study``, ``series``, ``place`` (frame of reference) and ``instance`` are running numbers of the
    different ones met, not the identifiers. ``clock`` is the start of the acquisition in seconds of the day,
    ``day`` its date as a running number, ``begin`` seconds from the start of the series (Philips and enhanced
    objects), ``injection`` the start of the contrast injection in seconds of the day, ``duration`` seconds.
    A stored value v stands for ``slope`` v + ``intercept``; ``physical`` is Philips' private scale slope.
    """

    file: Path
    frame: int
    patient: int
    study: int
    series: int
    place: int
    instance: int
    modality: str
    kind: tuple[str, ...]
    matrix: tuple[int, int]
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing: tuple[float, ...]
    thickness: float
    slope: float
    intercept: float
    units: str
    physical: float | None
    temporal_position: int | None
    temporal_positions: int | None
    trigger_time: float | None
    acquisition_number: int | None
    series_number: int | None
    clock: float | None
    day: int | None
    begin: float | None
    duration: float | None
    resolution: float | None
    injection: float | None
    b_value: float | None
    trace: bool
