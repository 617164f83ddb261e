"""Pixels of ordered planes as one array of signal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from her2mri.errors import Fault
from her2mri.imaging.dicom_folder import count, some
from her2mri.imaging.dicom_plane import Plane
from her2mri.imaging.read_extra import damage, extra, quiet
from her2mri.imaging.volume import Floats


def is_physical(planes: Sequence[Plane]) -> bool:
    """Whether Philips' private slope is told of every plane: signals are then comparable between scans."""
    return all(plane.physical is not None for plane in planes)


def fill(volume: Floats, planes: Sequence[Plane], where: str, *, physical: bool = False) -> list[Fault]:
    """Writes planes into ``volume`` (slices, rows, columns), rescaled; gives the faults of files.

    With ``physical`` signals are those of Philips' floating-point scale, (v RS + RI) / (RS SS).
    """
    by_file: dict[Path, list[int]] = {}
    for at, plane in enumerate(planes):
        by_file.setdefault(plane.file, []).append(at)
    bad = []
    with quiet():
        for file, places in by_file.items():
            places.sort(key=lambda at: planes[at].frame)
            try:
                _fill_from(volume, file, [(at, planes[at]) for at in places], physical=physical)
            except damage():
                bad.append(file.name)
    if not bad:
        return []
    problem = f"{count(len(bad), 'file')} whose pixels cannot be decoded, damaged or cut off: {some(bad)}"
    return [Fault(where, problem, remedy="copy or send the series again")]


def _fill_from(volume: Floats, file: Path, places: list[tuple[int, Plane]], *, physical: bool) -> None:
    """Frames are decoded one at a time, so that a large file is never in memory twice."""
    frames = extra("pydicom.pixels").iter_pixels(file, indices=[plane.frame for _, plane in places])
    for (at, plane), stored in zip(places, frames, strict=True):
        slope, intercept = scale(plane, physical=physical)
        volume[at] = stored
        if slope != 1:
            volume[at] *= np.float32(slope)
        if intercept:
            volume[at] += np.float32(intercept)


def scale(plane: Plane, *, physical: bool) -> tuple[float, float]:
    """Slope and intercept from stored values to signal."""
    if physical and plane.physical is not None:
        return 1 / plane.physical, plane.intercept / (plane.slope * plane.physical)
    return plane.slope, plane.intercept
