"""Phantoms as NIfTI files."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.volume import Geometry
from imaging.phantoms.dynamic import DynamicPhantom


def affine_of(geometry: Geometry) -> NDArray[np.float64]:
    """The voxel-to-patient matrix in NIfTI's axes (right, anterior, superior)."""
    affine = np.eye(4)
    affine[:3, :3] = geometry.direction * geometry.spacing
    affine[:3, 3] = geometry.origin
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def write_nifti(
    path: Path,
    volume: NDArray[np.generic],
    geometry: Geometry,
    *,
    flip: bool = False,
    marker: str = "PHANTOM",
) -> Path:
    """A volume (slices, rows, columns), or several before them as the fourth axis.

    With ``flip`` the columns are stored from last to first (left-handed, as many tools write), the place unchanged.
    """
    affine = affine_of(geometry)
    array = np.asarray(volume).T
    if flip:
        affine = affine @ np.array(
            [[-1.0, 0, 0, geometry.shape[2] - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
        )
        array = array[::-1]
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    image = nib.Nifti1Image(array, affine)
    image.header["descrip"] = marker.encode()[:79]
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return path


def write_dynamic_nifti(path: Path, phantom: DynamicPhantom, *, sidecar: bool = True) -> Path:
    """A 4D file, and beside it the times: starts from the first phase, durations, the injection."""
    write_nifti(path, phantom.series.signal.astype(np.int16), phantom.series.geometry)
    if sidecar:
        told = {
            "FrameTimesStart": (phantom.starts - phantom.starts[0]).tolist(),
            "FrameDuration": [phantom.duration] * len(phantom.starts),
            "InjectionStart": float(-phantom.starts[0]),
        }
        path.with_name(path.name.removesuffix(".gz").removesuffix(".nii") + ".json").write_text(
            json.dumps(told)
        )
    return path
