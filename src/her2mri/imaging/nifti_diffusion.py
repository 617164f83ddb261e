"""Diffusion-weighted images and ADC maps from NIfTI files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from her2mri.errors import Fault, InputError
from her2mri.imaging.nifti import read_nifti
from her2mri.imaging.nifti_dynamic import beside
from her2mri.imaging.read_units import to_adc
from her2mri.imaging.volume import AdcMap, DiffusionSeries, Floats


def read_nifti_diffusion(path: Path, *, b_values: Sequence[float] | None) -> DiffusionSeries:
    """See :func:`her2mri.imaging.read.read_diffusion`."""
    signal, geometry, notes = read_nifti(path, dimensions=(4,))
    told = np.round(np.asarray(_beside(path) if b_values is None else b_values, dtype=float))
    if told.shape != (len(signal),) or not np.isfinite(told).all() or (told < 0).any():
        problem = f"{len(signal)} volumes, but {told.size} b-values, which must be 0 or more"
        raise InputError([Fault(path.name, problem, allowed="one b-value for each volume")])
    different = np.unique(told)
    if len(different) < 2:
        raise InputError([Fault(path.name, "a single b-value", allowed="two b-values or more")])
    words = []
    volumes = np.empty((len(different), *geometry.shape), dtype=np.float32)
    for volume, b in zip(volumes, different, strict=True):
        same = signal[told == b]
        volume[:] = _mean(same, geometric=b > 0)
        if len(same) > 1:
            kind = f"geometric mean of {len(same)} directions or repeats" if b > 0 else "mean of repeats"
            words.append(f"b = {b:g}: {kind}")
    return DiffusionSeries(volumes, different, geometry, (*notes, *words))


def _mean(volumes: Floats, *, geometric: bool) -> Floats:
    if len(volumes) == 1 or not geometric:
        return np.asarray(volumes.mean(axis=0))
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.log(np.maximum(volumes, 0)).mean(axis=0)))


def _beside(path: Path) -> list[float]:
    """The b-values of a ``.bval`` file of the same name, as converters write it."""
    file = beside(path, ".bval")
    remedy = f"give the b-values, or write them into {file.name} beside the image, one for each volume"
    if not file.is_file():
        raise InputError([Fault(path.name, "a NIfTI file does not tell its b-values", remedy=remedy)])
    try:
        return [float(one) for one in file.read_text(encoding="utf-8").split()]
    except ValueError:
        raise InputError([Fault(file.name, "does not hold numbers alone", remedy=remedy)]) from None


def read_nifti_adc(path: Path) -> AdcMap:
    """See :func:`her2mri.imaging.read.read_adc`."""
    values, geometry, notes = read_nifti(path, dimensions=(3,))
    scaled, words = to_adc(path.name, values[0], "")
    return AdcMap(scaled, geometry, (*notes, words))
