"""The minimum ADC of a lesion in a diffusion series or an ADC map, without necrosis and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.diffusion import adc_of, adc_std_error
from her2mri.imaging.measured import Measured
from her2mri.imaging.minimum_adc import UNIT, measure_minimum_adc
from her2mri.imaging.noise import noise_in_space
from her2mri.imaging.region import Window, cropped
from her2mri.imaging.resample import onto
from her2mri.imaging.settings import MeasureSettings
from her2mri.imaging.sub_roi import Discs, discs
from her2mri.imaging.view import SliceView, slice_view
from her2mri.imaging.volume import AdcMap, DiffusionSeries, Roi

Floats = NDArray[np.floating]

_LARGE: Final = 0.02
"""Share of voxels left out from which on it is said."""
_TISSUE: Final = 0.25
"""Voxels with at least this share of the lesion's signal count as tissue."""


@dataclass(frozen=True, eq=False)
class LesionAdc:
    """Measures and picture."""

    measured: tuple[Measured, ...]
    view: SliceView
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Map:
    """The ADC around the lesion, its standard error, and where the signal stands out of the noise."""

    adc: Floats
    std_error: Floats | None
    clear: NDArray[np.bool_]


def lesion_adc(
    images: DiffusionSeries | AdcMap, roi: Roi, enhancing: Roi | None, settings: MeasureSettings
) -> LesionAdc:
    """The minimum ADC within ``roi``, and within ``enhancing`` where it is given; InputError as ``measure``."""
    mask = onto(roi, images.geometry)
    around = cropped(mask)
    inner = mask[around]
    found = _map(images, around, inner, settings)
    usable = inner & found.clear & np.isfinite(found.adc) & (found.adc > 0)
    notes = []
    lost = 1.0 - np.count_nonzero(usable) / np.count_nonzero(inner)
    if lost > _LARGE:
        notes.append(
            f"{100 * lost:.0f} % of the lesion was left out of the ADC: its signal is within the noise."
        )
    if enhancing is not None:
        living = usable & onto(enhancing, images.geometry)[around]
        if living.any() and np.count_nonzero(living) < (1 - _LARGE) * np.count_nonzero(usable):
            share = 1.0 - np.count_nonzero(living) / np.count_nonzero(usable)
            notes.append(f"{100 * share:.0f} % of the lesion was left out of the ADC: it does not enhance.")
        usable = living if living.any() else usable
    if not usable.any():
        raise InputError([Fault("diffusion series", "no voxel of the region stands out of the noise")])
    column, row = images.geometry.spacing[:2].tolist()
    places = discs(usable, (row, column), area_mm2=settings.adc_area_mm2)
    error = None if found.std_error is None else found.std_error[usable]
    minimum = measure_minimum_adc(
        found.adc[usable], places, std_error=error, count=settings.adc_circles, seed=settings.seed
    )
    if error is None:
        notes.append("Too few voxels to tell the noise of the diffusion images.")
    view = _view(images, mask, places, minimum.spots, around, (row, column))
    return LesionAdc(minimum.measured, view, tuple(notes))


def _map(
    images: DiffusionSeries | AdcMap, around: Window, inner: NDArray[np.bool_], settings: MeasureSettings
) -> _Map:
    """Noise is told around the lesion: of each b-value where there are images, else of the map within it."""
    if isinstance(images, AdcMap):
        adc = images.values[around]
        sd = noise_in_space(adc, inner & np.isfinite(adc))
        error = None if sd is None else np.full(adc.shape, sd)
        return _Map(adc, error, np.ones(adc.shape, dtype=bool))
    signal = images.signal[(slice(None), *around)]
    adc = adc_of(signal, images.b_values)
    tissue = [image >= _TISSUE * np.median(image[inner]) for image in signal]
    told = [
        noise_in_space(image, inner & there, ~inner & there)
        for image, there in zip(signal, tissue, strict=True)
    ]
    noise = [sd for sd in told if sd is not None]
    if len(noise) < len(signal):
        return _Map(adc, None, np.all(signal > 0, axis=0))
    clear = np.all(signal > settings.noise_floor * np.array(noise)[:, None, None, None], axis=0)
    smooth = np.stack([_smooth(image) for image in signal])
    return _Map(adc, adc_std_error(smooth, noise, images.b_values), clear)


def _smooth(image: Floats) -> Floats:
    """Means over each voxel and its neighbours in the slice: a voxel's own noise must not tell its error."""
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows, columns = image.shape[1:]
    total = np.zeros(image.shape)
    for row in range(3):
        for column in range(3):
            total += padded[:, row : row + rows, column : column + columns]
    return np.asarray(total / 9.0)


def _view(
    images: DiffusionSeries | AdcMap,
    mask: NDArray[np.bool_],
    places: Discs,
    spots: NDArray[np.intp],
    around: Window,
    spacing: tuple[float, float],
) -> SliceView:
    """The slice of the darkest circle, with the circles that lie in it."""
    middles = places.centers[spots] + [window.start for window in around]
    shown = int(middles[0, 0])
    here = middles[middles[:, 0] == shown] if places.fits else middles[:0]
    circles = np.column_stack([here[:, 1:], np.full(len(here), places.radius_mm)])
    image = _adc_slice(images, shown)
    return slice_view(image, mask[shown], spacing, circles, unit=UNIT)


def _adc_slice(images: DiffusionSeries | AdcMap, index: int) -> Floats:
    if isinstance(images, AdcMap):
        return np.asarray(images.values[index])
    return adc_of(images.signal[:, index], images.b_values)
