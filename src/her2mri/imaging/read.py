"""Images read from files: contrast-enhanced series, diffusion-weighted images, ADC maps, regions of interest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from her2mri.imaging.volume import AdcMap, DiffusionSeries, DynamicSeries, Roi


def read_dynamic(
    path: str | Path,
    *,
    seconds: Sequence[float] | None = None,
    injection: float | None = None,
    precontrast: int = 1,
) -> DynamicSeries:
    """A contrast-enhanced series: a folder of DICOM phases, an enhanced DICOM object, or a 4D NIfTI file.

    Args:
        path: the folder (one with all images, or with a folder per phase) or the file.
        seconds: from the injection to the middle of each phase, in place of what the headers tell.
        injection: seconds from the start of the first phase to the start of the injection, likewise.
        precontrast: phases before the contrast; the injection is taken to begin with the phase after them
            where neither ``injection`` nor a header tells it.

    Raises:
        InputError: every reason why the files are not one whole series; or times are not told.

    """
    path = Path(path)
    if is_nifti(path):
        from her2mri.imaging.nifti_dynamic import read_nifti_dynamic

        return read_nifti_dynamic(path, seconds=seconds, injection=injection, precontrast=precontrast)
    from her2mri.imaging.dicom_dynamic import read_dicom_dynamic

    return read_dicom_dynamic(path, seconds=seconds, injection=injection, precontrast=precontrast)


def read_diffusion(path: str | Path, *, b_values: Sequence[float] | None = None) -> DiffusionSeries:
    """Diffusion-weighted images: DICOM (a folder or an enhanced object), or a 4D NIfTI file.

    Several directions of a b-value are averaged geometrically, so that the logarithm of the result decays with
    the mean diffusivity; where the scanner wrote that mean itself, it is taken.

    Args:
        path: the folder or the file.
        b_values: of the volumes of a NIfTI file in s/mm2, where no ``.bval`` file lies beside it.

    Raises:
        InputError: every reason why the files are not one whole series; or b-values are not told.

    """
    path = Path(path)
    if is_nifti(path):
        from her2mri.imaging.nifti_diffusion import read_nifti_diffusion

        return read_nifti_diffusion(path, b_values=b_values)
    from her2mri.imaging.dicom_diffusion import read_dicom_diffusion

    return read_dicom_diffusion(path)


def read_adc(path: str | Path) -> AdcMap:
    """An ADC map in 10^-3 mm2/s: DICOM or a 3D NIfTI file, in the unit told or, untold, the one its values fit.

    Raises:
        InputError: every reason why the files are not one map; or its values fit no unit.

    """
    path = Path(path)
    if is_nifti(path):
        from her2mri.imaging.nifti_diffusion import read_nifti_adc

        return read_nifti_adc(path)
    from her2mri.imaging.dicom_diffusion import read_dicom_adc

    return read_dicom_adc(path)


def read_roi(path: str | Path, label: str | int | None = None) -> Roi:
    """A region of interest on its own grid: a NIfTI mask, a DICOM segmentation (SEG) or structure set (RTSTRUCT).

    Args:
        path: the file, or a folder that holds one such file and no other.
        label: name or number of the region, where the file holds several.

    Raises:
        InputError: no such region, or a file that is none of these or is damaged.

    """
    from her2mri.imaging.roi import read_region

    path = Path(path)
    if is_nifti(path):
        from her2mri.imaging.roi_nifti import read_nifti_roi

        return read_nifti_roi(path, label)
    return read_region(path, label)


def is_nifti(path: Path) -> bool:
    """Whether a path names a NIfTI file."""
    return path.name.lower().endswith((".nii", ".nii.gz"))
