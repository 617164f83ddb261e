"""Volumes on a grid in the patient's millimetres as a NIfTI file that tells the grid and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.read_extra import extra
from her2mri.imaging.volume import Geometry


def affine_of(geometry: Geometry) -> NDArray[np.float64]:
    """The matrix from (column, row, slice) to NIfTI's millimetres, which run right, anterior, superior."""
    affine = np.eye(4)
    affine[:3, :3] = geometry.direction * geometry.spacing
    affine[:3, 3] = geometry.origin
    turned: NDArray[np.float64] = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    return turned


def write_nifti(path: Path, volumes: NDArray[Any], geometry: Geometry) -> None:
    """Write one volume (slices, rows, columns), or several before those axes, in the type they have."""
    nibabel = extra("nibabel")
    image = nibabel.Nifti1Image(volumes.T, affine_of(geometry))
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)
