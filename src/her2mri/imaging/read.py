"""Images read from files: contrast-enhanced series, diffusion-weighted images, ADC maps, regions of interest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from her2mri.imaging.volume import DynamicSeries


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


def is_nifti(path: Path) -> bool:
    """Whether a path names a NIfTI file."""
    return path.name.lower().endswith((".nii", ".nii.gz"))
