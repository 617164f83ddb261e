"""NIfTI files as arrays on a grid in the patient's millimetres (LPS), right-handed as DICOM has them."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.read_extra import extra, quiet
from her2mri.imaging.volume import Floats, Geometry

_TO_LPS: Final = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_nifti(path: Path, *, dimensions: tuple[int, ...]) -> tuple[Floats, Geometry, tuple[str, ...]]:
    """Volumes (n, slices, rows, columns) of a file of 3 or 4 ``dimensions``, their grid, and notes.

    The array is read once in the type it is stored in, and turned to float32 volume by volume.

    Raises:
        InputError: no such file, damaged, of other dimensions, or without a place in the patient.

    """
    where = path.name
    if not path.is_file():
        raise InputError([Fault(where, "there is no such file")])
    nibabel = extra("nibabel")
    damage = (
        nibabel.filebasedimages.ImageFileError,
        nibabel.spatialimages.HeaderDataError,
        EOFError,
        OSError,
    )
    try:
        with quiet():
            image = nibabel.load(path)
            shape = image.shape
            while len(shape) > min(dimensions) and shape[-1] == 1:
                shape = shape[:-1]
            faults = _faults(where, image, shape, dimensions)
            if faults:
                raise InputError(faults)
            stored = np.asanyarray(image.dataobj.get_unscaled()).reshape(shape, order="F")
    except (*damage, zlib.error, ValueError, OverflowError, MemoryError):
        fault = Fault(where, "is damaged, cut off or not a NIfTI file", remedy="copy the file again")
        raise InputError([fault]) from None
    volumes = stored.T if stored.ndim == 4 else stored.T[np.newaxis]
    values = _scaled(volumes, float(image.dataobj.slope), float(image.dataobj.inter))
    values, geometry = _right_handed(values, _TO_LPS @ image.affine)
    return values, geometry, _notes(image)


def _faults(where: str, image: Any, shape: tuple[int, ...], dimensions: tuple[int, ...]) -> list[Fault]:
    faults = []
    if len(shape) not in dimensions:
        allowed = " or ".join(f"{n}D" for n in dimensions)
        faults.append(Fault(where, f"has {len(shape)} dimensions", allowed=allowed))
    if image.get_data_dtype().kind not in "iuf":
        faults.append(Fault(where, "holds values that are not real numbers"))
    header = image.header
    if "sform_code" in header and not header["sform_code"] and not header["qform_code"]:
        faults.append(Fault(where, "does not tell its place in the patient (sform and qform codes are 0)"))
        return faults
    axes = image.affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    if not np.isfinite(axes).all() or (lengths <= 0).any():
        faults.append(Fault(where, "has a voxel of no size"))
    elif not np.allclose((axes / lengths).T @ (axes / lengths), np.eye(3), atol=1e-3):
        faults.append(Fault(where, "has slices that are not stacked along their normal (a sheared grid)"))
    return faults


def _scaled(volumes: NDArray[Any], slope: float, intercept: float) -> Floats:
    if volumes.dtype == np.float32 and slope == 1 and intercept == 0:
        return volumes
    values = np.empty(volumes.shape, dtype=np.float32)
    for value, volume in zip(values, volumes, strict=True):
        np.multiply(volume, np.float32(slope), out=value, casting="unsafe")
        if intercept:
            value += np.float32(intercept)
    return values


def _right_handed(values: Floats, affine: NDArray[np.float64]) -> tuple[Floats, Geometry]:
    """The same voxels at the same places; a left-handed grid is counted from its last slice."""
    shape = values.shape[1:]
    axes, origin = affine[:3, :3].copy(), affine[:3, 3].copy()
    if np.linalg.det(axes) < 0:
        origin += axes[:, 2] * (shape[0] - 1)
        axes[:, 2] *= -1
        values = values[:, ::-1]
    spacing = np.linalg.norm(axes, axis=0)
    return values, Geometry((shape[0], shape[1], shape[2]), origin, spacing, axes / spacing)


def _notes(image: Any) -> tuple[str, ...]:
    header = image.header
    if "sform_code" not in header or not (header["sform_code"] and header["qform_code"]):
        return ()
    with quiet():
        other = image.get_qform()
    corner = np.append(np.array(image.shape[:3]) - 1.0, 1.0)
    apart = max(
        np.linalg.norm((image.affine - other) @ point) for point in (corner, np.array([0, 0, 0, 1.0]))
    )
    if apart <= 0.5 * min(np.linalg.norm(image.affine[:3, :3], axis=0)):
        return ()
    return (f"the file tells two places in the patient up to {apart:.1f} mm apart; that of sform was used",)
