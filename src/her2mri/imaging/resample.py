"""A region of interest on the grid of other images."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.read_extra import extra
from her2mri.imaging.volume import Geometry, Roi

OUTSIDE: Final = 0.01
"""Largest share of a region that may lie outside the images."""


def onto(roi: Roi, geometry: Geometry) -> NDArray[np.bool_]:
    """The mask (slices, rows, columns) of a region on another grid: of each voxel, whether its center lies inside.

    The voxel of the region nearest to the center decides, whatever the orientation of the two grids.

    Raises:
        InputError: the region is empty, lies outside the images, or is missed by the center of every voxel.

    """
    where = f"region of interest {roi.label!r}"
    if not roi.mask.any():
        raise InputError([Fault(where, "is empty")])
    outside = _outside(roi, geometry)
    if outside > OUTSIDE:
        share = (
            "lies outside the images"
            if outside > 1 - OUTSIDE
            else f"lies by {outside:.0%} outside the images"
        )
        raise InputError([Fault(where, share, remedy="was it drawn on these images, of this examination?")])
    mask = roi.mask.copy() if _same(roi.geometry, geometry) else _resampled(roi, geometry)
    if not mask.any():
        problem = "holds the center of no voxel of the images: smaller than a voxel"
        raise InputError([Fault(where, problem, remedy="draw it on these images")])
    return mask


def _outside(roi: Roi, geometry: Geometry) -> float:
    """The share of the region's voxels whose centers lie in no voxel of the images; slice by slice, if at all."""
    occupied = [np.flatnonzero(roi.mask.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))]
    corners = np.array(list(product(*((one[0], one[-1]) for one in occupied))))
    if _inside(corners, roi.geometry, geometry).all():
        return 0.0
    total = inside = 0
    for at in occupied[0]:
        in_slice = np.argwhere(roi.mask[at])
        index = np.column_stack([np.full(len(in_slice), at), in_slice])
        total += len(index)
        inside += int(_inside(index, roi.geometry, geometry).sum())
    return 1 - inside / total


def _inside(index: NDArray[np.intp], own: Geometry, images: Geometry) -> NDArray[np.bool_]:
    """Whether voxels of one grid, as (n, 3) of slice, row, column, have their centers in voxels of another."""
    centers = own.origin + (index[:, ::-1] * own.spacing) @ own.direction.T
    there = np.linalg.solve(images.direction, (centers - images.origin).T).T / images.spacing
    edge = 0.5 + 1e-3
    return np.asarray(((there >= -edge) & (there <= np.array(images.shape[::-1]) - 1 + edge)).all(axis=1))


def _same(one: Geometry, other: Geometry) -> bool:
    if one.shape != other.shape:
        return False
    last = np.array(one.shape[::-1]) - 1.0
    ends = [grid.origin + grid.direction @ (last * grid.spacing) for grid in (one, other)]
    near = 1e-3 * float(other.spacing.min())
    return bool(
        np.linalg.norm(one.origin - other.origin) < near
        and np.linalg.norm(ends[0] - ends[1]) < near
        and np.allclose(one.direction, other.direction, atol=1e-4)
    )


def _resampled(roi: Roi, geometry: Geometry) -> NDArray[np.bool_]:
    sitk = extra("SimpleITK")
    image = sitk.GetImageFromArray(np.ascontiguousarray(roi.mask, dtype=np.uint8))
    _place(image, roi.geometry)
    resampler = sitk.ResampleImageFilter()
    resampler.SetInterpolator(sitk.sitkNearestNeighbor)
    resampler.SetSize([int(n) for n in geometry.shape[::-1]])
    resampler.SetOutputOrigin(geometry.origin.tolist())
    resampler.SetOutputSpacing(geometry.spacing.tolist())
    resampler.SetOutputDirection(geometry.direction.ravel().tolist())
    return np.asarray(sitk.GetArrayFromImage(resampler.Execute(image)) > 0)


def _place(image: Any, geometry: Geometry) -> None:
    image.SetOrigin(geometry.origin.tolist())
    image.SetSpacing(geometry.spacing.tolist())
    image.SetDirection(geometry.direction.ravel().tolist())
