"""A region of interest from a DICOM segmentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from her2mri.errors import Fault, InputError
from her2mri.imaging.read_extra import damage, extra, quiet
from her2mri.imaging.roi_labels import chosen
from her2mri.imaging.volume import Geometry, Roi


def read_seg(path: Path, label: str | int | None) -> Roi:
    """See :func:`her2mri.imaging.read.read_roi`; a fractional segment counts from one half."""
    highdicom = extra("highdicom")
    try:
        with quiet():
            seg = highdicom.seg.segread(path)
            regions = {
                number: str(seg.get_segment_description(number).segment_label)
                for number in seg.segment_numbers
            }
    except damage():
        raise InputError(
            [Fault(path.name, "is a damaged DICOM segmentation", remedy="write it again")]
        ) from None
    number = chosen(path.name, regions, label)
    volume = _volume(path.name, seg, number)
    mask = np.asarray(volume.array)[..., 0] >= 0.5
    axes = volume.affine[:3, :3][:, ::-1]  # the affine counts slice, row, column
    spacing = np.linalg.norm(axes, axis=0)
    shape = (mask.shape[0], mask.shape[1], mask.shape[2])
    geometry = Geometry(shape, volume.affine[:3, 3].copy(), spacing, axes / spacing)
    if np.linalg.det(geometry.direction) < 0:
        mask, geometry = _turned(mask, geometry)
    return Roi(mask, geometry, regions[number])


def _volume(where: str, seg: Any, number: int) -> Any:
    try:
        with quiet():
            return seg.get_volume(segment_numbers=[number])
    except damage():
        problem = "is a segmentation whose slices are not evenly spaced and parallel, or cannot be decoded"
        raise InputError([Fault(where, problem, remedy="write it again on the grid of the images")]) from None


def _turned(mask: Any, geometry: Geometry) -> tuple[Any, Geometry]:
    """The same region counted from the last slice, so that the grid is right-handed."""
    origin = geometry.origin + geometry.direction[:, 2] * geometry.spacing[2] * (geometry.shape[0] - 1)
    return mask[::-1], Geometry(
        geometry.shape, origin, geometry.spacing, geometry.direction * [1.0, 1.0, -1.0]
    )
