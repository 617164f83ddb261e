"""Images in memory: signal with its place in the patient, and nothing that names the patient.

``notes`` of an image say in words what its reading assumed, combined or left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the voxels of a volume (slices, rows, columns) lie, in the patient's millimetres (LPS, as DICOM).

    ``origin`` (3,) is the center of the first voxel, ``spacing`` (3,) the distance of neighbours and
    ``direction`` (3, 3) the unit vectors of the axes as columns, both in the order column, row, slice.
    """

    shape: tuple[int, int, int]
    origin: NDArray[np.float64]
    spacing: NDArray[np.float64]
    direction: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DynamicSeries:
    """Phases of a contrast-enhanced series: ``signal`` (phases, slices, rows, columns).

    ``seconds`` (phases,) is when each phase was acquired (the middle of its acquisition where that is told),
    counted from the start of the contrast injection; phases before it have negative times. ``timing`` says in
    words where the times and the injection were found.
    """

    signal: Floats
    seconds: NDArray[np.float64]
    geometry: Geometry
    timing: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class DiffusionSeries:
    """Diffusion-weighted images: ``signal`` (b-values, slices, rows, columns), ``b_values`` in s/mm2 ascending."""

    signal: Floats
    b_values: NDArray[np.float64]
    geometry: Geometry
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AdcMap:
    """Apparent diffusion coefficients (slices, rows, columns) in 10^-3 mm2/s; NaN where there is none."""

    values: Floats
    geometry: Geometry
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Roi:
    """A region of interest: ``mask`` (slices, rows, columns) in a geometry of its own."""

    mask: NDArray[np.bool_]
    geometry: Geometry
    label: str
    notes: tuple[str, ...] = ()
