"""Slices in order along their normal, and the grid that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault
from her2mri.imaging.dicom_plane import Plane
from her2mri.imaging.volume import Geometry

_GAP: Final = 0.05
"""Share of the usual distance of slices by which a distance may differ; below a twentieth of a millimetre always."""
_ASIDE: Final = 0.1
"""Share of a pixel by which a slice may lie beside the normal through the first one."""


@dataclass(frozen=True, eq=False)
class Slices:
    """``location`` (planes,) is the running number of each plane's slice; ``geometry`` their grid."""

    location: NDArray[np.intp]
    geometry: Geometry


def stack(where: str, planes: Sequence[Plane]) -> tuple[Slices, list[Fault]]:
    """Planes of one orientation sorted by position (never by name or number), with the faults of their distances."""
    across = np.array(planes[0].orientation).reshape(2, 3)
    normal = np.cross(across[0], across[1])
    normal /= np.linalg.norm(normal)
    positions = np.array([plane.position for plane in planes])
    location = _locations(positions @ normal, planes[0].thickness)
    centers = np.array([positions[location == at].mean(axis=0) for at in range(location.max() + 1)])
    depth = centers @ normal
    apart = np.diff(depth)
    usual = float(np.sort(apart)[(len(apart) - 1) // 2]) if len(apart) else planes[0].thickness or 1.0
    faults = _irregular(where, apart, usual)
    faults += _beside(where, positions, normal, min(planes[0].spacing))
    spacing = float(depth[-1] - depth[0]) / len(apart) if len(apart) else usual
    rows, columns = planes[0].matrix
    geometry = Geometry(
        shape=(len(centers), rows, columns),
        origin=centers[0],
        spacing=np.array([planes[0].spacing[1], planes[0].spacing[0], spacing]),
        direction=np.stack([across[0], across[1], normal], axis=1),
    )
    return Slices(location, geometry), faults


def _locations(depth: NDArray[np.float64], thickness: float) -> NDArray[np.intp]:
    """Running number of the slice of each depth; depths that differ by rounding alone are one slice."""
    tolerance = min(max(thickness / 10, 0.02), 0.5)
    order = np.argsort(depth, kind="stable")
    number = np.concatenate([[0], np.cumsum(np.diff(depth[order]) > tolerance)])
    location = np.empty(len(depth), dtype=np.intp)
    location[order] = number
    return location


def _irregular(where: str, apart: NDArray[np.float64], usual: float) -> list[Fault]:
    wrong = np.flatnonzero(np.abs(apart - usual) > max(_GAP * usual, 0.05))
    if not len(wrong):
        return []
    first = int(wrong[0])
    missing = apart[first] / usual
    reason = (
        "slices missing" if round(missing) >= 2 and abs(missing - round(missing)) < _GAP else "uneven slices"
    )
    more = f", and {len(wrong) - 1} more such places" if len(wrong) > 1 else ""
    problem = (
        f"{reason}: {apart[first]:.2f} mm from slice {first + 1} to slice {first + 2}, "
        f"where {usual:.2f} mm is usual{more}"
    )
    return [Fault(where, problem, remedy="copy or send the series again, whole")]


def _beside(
    where: str, positions: NDArray[np.float64], normal: NDArray[np.float64], pixel: float
) -> list[Fault]:
    aside = positions - positions[0]
    aside -= np.outer(aside @ normal, normal)
    largest = float(np.linalg.norm(aside, axis=1).max())
    if largest <= _ASIDE * pixel:
        return []
    problem = f"slices do not lie above one another along their normal: up to {largest:.2f} mm beside it"
    return [Fault(where, problem, remedy="the table moved or two series are mixed: give one series")]
