"""A region of interest from a DICOM RT structure set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from her2mri.errors import Fault, InputError
from her2mri.imaging.dicom_folder import count
from her2mri.imaging.dicom_values import items, number, numbers, text, value
from her2mri.imaging.read_extra import damage, extra, quiet
from her2mri.imaging.roi_contours import LONE, Points, rasterise
from her2mri.imaging.roi_labels import chosen
from her2mri.imaging.volume import Roi

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_CLOSED: Final = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"})


def read_rtstruct(path: Path, label: str | int | None) -> Roi:
    """See :func:`her2mri.imaging.read.read_roi`; contours are rasterised by the even-odd rule."""
    try:
        with quiet():
            data = extra("pydicom").dcmread(path)
            regions = _regions(data)
            number_of = chosen(path.name, regions, label)
            contours, thickness, left_out = _contours(data, number_of)
    except damage():
        raise InputError(
            [Fault(path.name, "is a damaged RT structure set", remedy="write it again")]
        ) from None
    if not contours:
        problem = "holds no closed planar contour of the region"
        raise InputError([Fault(path.name, problem, allowed="ContourGeometricType CLOSED_PLANAR")])
    mask, geometry = rasterise(path.name, contours, thickness=thickness)
    notes = []
    if left_out:
        notes.append(f"{count(left_out, 'contour')} that are not closed and planar passed over")
    if geometry.shape[0] == 1 and not thickness:
        notes.append(f"a region drawn in a single slice, taken to be {LONE:g} mm thick")
    empty = int((~mask.any(axis=(1, 2))).sum())
    if empty:
        notes.append(f"no contour in {count(empty, 'plane')} between the first and the last")
    return Roi(mask, geometry, regions[number_of], tuple(notes))


def _regions(data: Dataset) -> dict[int, str]:
    """Names of the regions that have contours, by number."""
    drawn = {
        round(number(item, "ReferencedROINumber") or 0)
        for item in items(data, "ROIContourSequence")
        if items(item, "ContourSequence")
    }
    named = {
        round(number(item, "ROINumber") or 0): text(item, "ROIName")
        for item in items(data, "StructureSetROISequence")
    }
    return {at: name for at, name in named.items() if at in drawn}


def _contours(data: Dataset, number_of: int) -> tuple[list[Points], float | None, int]:
    """Closed contours (corners, 3) of a region, the slab thickness told, and how many others there are."""
    contours, thickness, left_out = [], None, 0
    for region in items(data, "ROIContourSequence"):
        if round(number(region, "ReferencedROINumber") or 0) != number_of:
            continue
        for item in items(region, "ContourSequence"):
            corners = np.array(numbers(value(item, "ContourData")), dtype=float)
            if text(item, "ContourGeometricType") in _CLOSED and corners.size >= 9 and corners.size % 3 == 0:
                contours.append(corners.reshape(-1, 3))
                thickness = thickness or number(item, "ContourSlabThickness")
            else:
                left_out += 1
    return contours, thickness, left_out
