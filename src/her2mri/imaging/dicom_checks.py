"""What must hold of the images of one series before they are put in order: every fault is told, none repaired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from her2mri.errors import Fault
from her2mri.imaging.dicom_folder import Folder, count
from her2mri.imaging.dicom_plane import Plane

ALONE: Final = "leave in the folder the images of this series alone"
_LOCALISER: Final = frozenset({"LOCALIZER", "LOCALISER", "SCOUT", "SURVEY"})
_COMPUTED: Final = frozenset(
    {"SUBTRACTION", "SUBTRACT", "SUB", "MIP", "MAX_IP", "MIN_IP", "PROJECTION IMAGE", "PHASE MAP"}
)
_TURN: Final = 1e-3
"""Largest difference of a direction cosine within one series."""


def check_content(folder: Folder) -> list[Plane]:
    """The images that belong to a series; what does not belong is added to the faults of the folder."""
    planes = folder.planes
    other = [plane for plane in planes if plane.modality != "MR"]
    localisers = [plane for plane in planes if not _LOCALISER.isdisjoint(plane.kind)]
    computed = [plane for plane in planes if not _COMPUTED.isdisjoint(plane.kind)]
    mosaics = [plane for plane in planes if "MOSAIC" in plane.kind]
    without_place = [plane for plane in planes if not _has_place(plane)]
    modalities = ", ".join(sorted({plane.modality[:16] or "none" for plane in other}))
    for found, what in (
        (other, f"of another modality than MR ({modalities})"),
        (localisers, "of a localiser (ImageType says so)"),
        (computed, "computed from others: subtraction, projection or phase map (ImageType says so)"),
        (mosaics, "that show several slices side by side (mosaic): convert them to NIfTI"),
        (without_place, "without a place in the patient (position, orientation or pixel spacing missing)"),
    ):
        if found:
            folder.faults.append(Fault(folder.where, f"{count(len(found), 'image')} {what}", remedy=ALONE))
    folder.faults += _different_people(folder.where, planes)
    bad = {id(plane) for found in (other, localisers, computed, mosaics, without_place) for plane in found}
    return [plane for plane in planes if id(plane) not in bad]


def _has_place(plane: Plane) -> bool:
    sizes = (len(plane.position), len(plane.orientation), len(plane.spacing))
    if sizes != (3, 6, 2) or min(plane.spacing) <= 0:
        return False
    along = np.array(plane.orientation).reshape(2, 3)
    return bool(np.allclose(along @ along.T, np.eye(2), atol=1e-2))


def _different_people(where: str, planes: Sequence[Plane]) -> Iterator[Fault]:
    """Only how many: an identifier is never said."""
    patients, studies = ({getattr(plane, what) for plane in planes} for what in ("patient", "study"))
    if len(patients) > 1:
        yield Fault(where, f"images of {len(patients)} patients", remedy="one patient's images in a folder")
    elif len(studies) > 1:
        yield Fault(where, f"images of {len(studies)} studies", remedy="one examination's images in a folder")


def check_grid(where: str, planes: Sequence[Plane]) -> list[Fault]:
    """Faults of images that cannot lie on one grid: orientation, pixel spacing, matrix; and images twice there."""
    faults = []
    for what, key in _SAME.items():
        groups = _groups([key(plane) for plane in planes], _TURN if what == "orientations" else 1e-4)
        if len(groups) > 1:
            sizes = ", ".join(map(str, sorted(groups, reverse=True)))
            faults.append(Fault(where, f"{len(groups)} {what} mixed ({sizes} images)", remedy=ALONE))
    twice = sum(n - 1 for n in Counter(plane.instance for plane in planes).values())
    if twice:
        faults.append(
            Fault(where, f"{count(twice, 'image')} there twice (copies)", remedy="take the copies out")
        )
    return faults


def _orientation(plane: Plane) -> tuple[float, ...]:
    return plane.orientation


def _spacing(plane: Plane) -> tuple[float, ...]:
    return plane.spacing


def _matrix(plane: Plane) -> tuple[float, ...]:
    return plane.matrix


_SAME: Final[dict[str, Callable[[Plane], tuple[float, ...]]]] = {
    "orientations": _orientation,
    "pixel spacings": _spacing,
    "matrix sizes": _matrix,
}


def _groups(values: list[tuple[float, ...]], tolerance: float) -> list[int]:
    """Sizes of the groups of values that agree within a tolerance with the first of their group."""
    firsts: list[tuple[float, ...]] = []
    sizes: list[int] = []
    for one, n in Counter(values).items():
        for at, first in enumerate(firsts):
            if all(abs(a - b) <= tolerance for a, b in zip(one, first, strict=True)):
                sizes[at] += n
                break
        else:
            firsts.append(one)
            sizes.append(n)
    return sizes
