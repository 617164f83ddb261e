"""A region of interest from a NIfTI mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from her2mri.errors import Fault, InputError
from her2mri.imaging.nifti import read_nifti
from her2mri.imaging.roi_labels import chosen
from her2mri.imaging.volume import Roi

_MOST_LABELS = 1000


def read_nifti_roi(path: Path, label: str | int | None) -> Roi:
    """See :func:`her2mri.imaging.read.read_roi`; regions are named by the whole numbers in the mask."""
    values, geometry, notes = read_nifti(path, dimensions=(3,))
    found = np.unique(values)
    if not np.array_equal(found, np.round(found)) or (found < 0).any() or len(found) > _MOST_LABELS:
        problem = "is not a mask: values other than a few whole numbers from 0 up"
        raise InputError([Fault(path.name, problem, remedy="give the mask, not the image")])
    regions = {int(value): str(int(value)) for value in found if value > 0}
    number = chosen(path.name, regions, label)
    return Roi(values[0] == number, geometry, regions[number], notes)
