"""The diffusion phantom as DICOM files, its b-values in the tags of several vendors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from her2mri.imaging.volume import Geometry
from imaging.phantoms.dicom_slices import number, save, slice_dataset
from imaging.phantoms.diffusion import DiffusionPhantom


def write_diffusion(
    folder: Path,
    phantom: DiffusionPhantom,
    *,
    vendor: str = "standard",
    directions: int = 1,
    marker: str = "PHANTOM",
    change: Callable[[Dataset, float, int], Dataset | None] | None = None,
) -> Path:
    """A file per slice, b-value and direction. ``vendor``: standard, siemens, siemens_name, ge, philips, united.

    With several ``directions`` the signal at b > 0 is multiplied by factors whose geometric mean is 1, so that only
    a geometric mean gives the phantom's signal back.
    """
    factors = np.exp(np.linspace(-0.2, 0.2, directions)) if directions > 1 else np.ones(1)
    count = 0
    for b, volume in zip(phantom.series.b_values, phantom.series.signal, strict=True):
        for factor in factors if b > 0 else np.ones(1):
            for index, pixels in enumerate(volume):
                data = slice_dataset(np.round(pixels * factor), phantom.series.geometry, index, marker=marker)
                data.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
                tell_b_value(data, b, vendor)
                changed = data if change is None else change(data, float(b), index)
                count += 1
                if changed is not None:
                    save(changed, folder / f"{(count * 7919) % 10007:05d}")
    return folder


def tell_b_value(data: Dataset, b: float, vendor: str) -> None:
    """The b-value where each vendor keeps it."""
    if vendor == "standard":
        data.DiffusionBValue = float(b)
    elif vendor == "siemens":
        data.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", f"{b:.0f}")
    elif vendor == "siemens_name":
        data.SequenceName = f"*ep_b{b:.0f}t"
    elif vendor == "ge":
        stored = [f"{b + 1e9:.0f}", "8", "0", "0"]
        data.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", stored)
    elif vendor == "philips":
        data.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", float(b))
    elif vendor == "united":
        data.private_block(0x0065, "Image Private Header", create=True).add_new(0x09, "FD", float(b))
    else:
        raise ValueError(vendor)


def write_adc(
    folder: Path, adc: NDArray[np.float32], geometry: Geometry, *, units: str = "", factor: float = 1000.0
) -> Path:
    """An ADC map (10^-3 mm2/s) as DICOM: stored times ``factor``; ``units`` go to RescaleType."""
    for index, values in enumerate(adc):
        data = slice_dataset(np.round(np.nan_to_num(values) * 1000), geometry, index)
        data.ImageType = ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]
        data.RescaleIntercept, data.RescaleSlope = "0", number(factor / 1000)
        if units:
            data.RescaleType = units
        save(data, folder / f"{(index * 7919) % 10007:05d}")
    return folder
