"""The contrast enhancement of a lesion in a series: its voxels, its noise, its curve, its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.curve_type import CURVE_TYPES
from her2mri.imaging.early_enhancement import EARLY_SECONDS, early_phases
from her2mri.imaging.enhancement import measure_enhancement, type_shares
from her2mri.imaging.measured import Measured
from her2mri.imaging.noise import noise_between_phases, noise_in_space
from her2mri.imaging.region import cropped
from her2mri.imaging.resample import onto
from her2mri.imaging.settings import MeasureSettings
from her2mri.imaging.sub_roi import discs
from her2mri.imaging.view import SignalCurve, SliceView, slice_view
from her2mri.imaging.volume import DynamicSeries, Roi

_TISSUE: Final = 0.5
"""Voxels with at least this share of the lesion's signal before contrast count as tissue."""


@dataclass(frozen=True, eq=False)
class LesionEnhancement:
    """Measures, curve and picture; ``enhancing`` is the region without its unenhanced voxels."""

    measured: tuple[Measured, ...]
    curve: SignalCurve
    view: SliceView
    enhancing: Roi | None
    notes: tuple[str, ...]


def lesion_enhancement(dynamic: DynamicSeries, roi: Roi, settings: MeasureSettings) -> LesionEnhancement:
    """Early enhancement, curve type and share of each type; InputError as ``measure``."""
    mask = onto(roi, dynamic.geometry)
    phases = early_phases(dynamic.seconds)
    around = cropped(mask)
    part, inner = dynamic.signal[(slice(None), *around)], mask[around]
    signal = part[:, inner]
    column, row = dynamic.geometry.spacing[:2].tolist()
    places = discs(inner, (row, column), area_mm2=settings.enhancement_area_mm2)
    noise = _noise(part, inner, dynamic.seconds)
    found = measure_enhancement(
        signal, dynamic.seconds, places, noise=noise, tolerance=settings.tolerance, seed=settings.seed
    )
    measured, notes = list(found.measured), []
    if found.curve_type is None:
        notes.append(f"No phase is later than {EARLY_SECONDS / 60:.0f} min: no type of the curve.")
    else:
        shares = type_shares(signal, inner, dynamic.seconds, tolerance=settings.tolerance)
        measured += [
            Measured(f"share_{name}", float(share), "share of voxels, each with its neighbours")
            for name, share in zip(CURVE_TYPES, shares, strict=True)
        ]
    if noise is None:
        notes.append("Too few phases or voxels to tell the noise of the contrast-enhanced series.")
    early = (phases.candidates @ signal).max(axis=0)
    before = phases.before @ signal
    enhancing = _enhancing(early, before, mask, roi, dynamic, settings)
    middle = places.centers[found.spots[0]] + [window.start for window in around]
    peak = int(np.abs(dynamic.seconds - found.after_seconds).argmin())
    view = slice_view(
        dynamic.signal[peak, middle[0]],
        mask[middle[0]],
        (row, column),
        np.array([[middle[1], middle[2], places.radius_mm]]) if places.fits else np.empty((0, 3)),
    )
    curve = SignalCurve(
        dynamic.seconds,
        found.curve,
        found.whole_curve,
        found.curve_type,
        found.after_seconds,
        settings.tolerance,
        noise,
        places.members.shape[1],
        dynamic.timing,
    )
    return LesionEnhancement(tuple(measured), curve, view, enhancing, tuple(notes))


def _noise(part: NDArray[np.float32], inner: NDArray[np.bool_], seconds: NDArray[np.float64]) -> float | None:
    """The noise around the lesion: between the phases after the agent, of one phase in space."""
    before = part[seconds <= 0].mean(axis=0)
    tissue = before >= _TISSUE * np.median(before[inner])
    between = noise_between_phases(part[seconds > 0], tissue)
    return noise_in_space(before, tissue & inner, tissue & ~inner) if between is None else between


def _enhancing(
    early: NDArray[np.floating],
    before: NDArray[np.floating],
    mask: NDArray[np.bool_],
    roi: Roi,
    dynamic: DynamicSeries,
    settings: MeasureSettings,
) -> Roi | None:
    kept = mask.copy()
    kept[mask] = early >= (1.0 + settings.unenhanced) * before
    return Roi(kept, dynamic.geometry, roi.label) if kept.any() else None
