"""A diffusion-weighted phantom: lesions of known ADC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.volume import DiffusionSeries, Geometry
from imaging.phantoms.dynamic import rician
from imaging.phantoms.shapes import ellipsoid, oblique_geometry

RADII = (11.0, 9.0, 10.5)
B0_SIGNAL = 2000.0
BACKGROUND_ADC = 1.8


@dataclass(frozen=True, eq=False)
class DiffusionPhantom:
    """``adc`` (slices, rows, columns) in 10^-3 mm2/s is the truth, NaN in air; ``lesions`` by the ADC of each."""

    series: DiffusionSeries
    adc: NDArray[np.float32]
    lesions: dict[float, NDArray[np.bool_]]


def diffusion_phantom(
    *,
    b_values: Sequence[float] = (0.0, 800.0),
    adcs: Sequence[float] = (0.6, 1.0, 1.4, 2.0),
    snr: float | None = None,
    seed: int = 11,
    geometry: Geometry | None = None,
) -> DiffusionPhantom:
    """Up to four ellipsoids of the ADCs given (10^-3 mm2/s) in tissue of 1.8, decaying by one exponential.

    ``snr`` is the signal at b = 0 by the SD of the Rician noise in each channel.
    """
    geometry = geometry or oblique_geometry((10, 64, 64), (2.0, 2.0, 4.0))
    slices, rows, columns = geometry.shape
    middle = ((slices - 1) / 2, (rows - 1) / 2, (columns - 1) / 2)
    reach = np.array([columns, rows, slices]) * geometry.spacing / 2
    inside = ellipsoid(geometry, middle, tuple(reach * [0.97, 0.97, 1.8]))
    adc = np.where(inside, BACKGROUND_ADC, np.nan)
    quarters = [(0.3, 0.3), (0.3, 0.7), (0.7, 0.3), (0.7, 0.7)]
    lesions = {}
    for value, (row, column) in zip(adcs, quarters, strict=False):
        mask = ellipsoid(geometry, (middle[0], row * rows, column * columns), RADII)
        lesions[value] = mask
        adc[mask] = value
    b = np.array(sorted(b_values), dtype=float)
    decay = np.exp(-b[:, None, None, None] * np.nan_to_num(adc) * 1e-3)
    clean = np.where(inside, B0_SIGNAL, 0.0) * decay
    signal = np.round(rician(clean, B0_SIGNAL / snr, seed) if snr else clean).astype(np.float32)
    return DiffusionPhantom(DiffusionSeries(signal, b, geometry), adc.astype(np.float32), lesions)
