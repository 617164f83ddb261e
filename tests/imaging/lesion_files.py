"""Files of one lesion: a contrast-enhanced and a diffusion phantom of the same place, and a mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from her2mri.imaging.volume import DiffusionSeries, Roi
from imaging.phantoms.dicom_diffusion import write_diffusion
from imaging.phantoms.dicom_dynamic import write_dynamic
from imaging.phantoms.diffusion import B0_SIGNAL, DiffusionPhantom
from imaging.phantoms.dynamic import DynamicPhantom, dynamic_phantom, rician
from imaging.phantoms.nifti_files import write_nifti

TISSUE_ADC = 1.8


def phantoms(
    kind: str, *, eer: float = 1.2, adc: float = 0.8, snr: float | None = None, seed: int = 1
) -> tuple[DynamicPhantom, DiffusionPhantom, Roi]:
    """A lesion of this curve type, early enhancement and ADC in both kinds of images, and its region."""
    dynamic = dynamic_phantom(eer=eer, snr=snr, seed=seed)
    geometry, mask = dynamic.series.geometry, dynamic.lesions[kind]
    truth = np.where(mask, adc, TISSUE_ADC)
    b = np.array([0.0, 800.0])
    clean = B0_SIGNAL * np.exp(-b[:, None, None, None] * truth * 1e-3)
    # The scale of the files is whole numbers, so that 1 % of the ADC needs a large signal, not a fine one.
    signal = np.round(rician(clean, B0_SIGNAL / (2 * snr), seed) if snr else clean).astype(np.float32)
    diffusion = DiffusionPhantom(DiffusionSeries(signal, b, geometry), truth.astype(np.float32), {adc: mask})
    return dynamic, diffusion, Roi(mask, geometry, "lesion")


def lesion_folder(folder: Path, kind: str, *, marker: str = "PHANTOM", **options: float) -> Path:
    """``dce/``, ``dwi/`` as DICOM and ``roi.nii.gz`` in ``folder``."""
    dynamic, diffusion, roi = phantoms(kind, **options)
    write_dynamic(folder / "dce", dynamic, marker=marker)
    write_diffusion(folder / "dwi", diffusion, marker=marker)
    write_nifti(folder / "roi.nii.gz", roi.mask, roi.geometry)
    return folder
