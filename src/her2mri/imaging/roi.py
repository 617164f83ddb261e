"""A region of interest from a DICOM object, whichever kind it is of."""

from __future__ import annotations

from pathlib import Path

from her2mri.errors import Fault, InputError
from her2mri.imaging.dicom_values import text
from her2mri.imaging.read_extra import damage, extra, quiet
from her2mri.imaging.roi_rtstruct import read_rtstruct
from her2mri.imaging.roi_seg import read_seg
from her2mri.imaging.volume import Roi


def read_region(path: Path, label: str | int | None) -> Roi:
    """See :func:`her2mri.imaging.read.read_roi`."""
    file = _only_file(path)
    modality = _modality(file)
    if modality == "SEG":
        return read_seg(file, label)
    if modality == "RTSTRUCT":
        return read_rtstruct(file, label)
    told = f" but of modality {modality[:16]}" if modality else ""
    problem = f"is not a region of interest{told}"
    raise InputError(
        [Fault(file.name, problem, allowed="a NIfTI mask (.nii, .nii.gz), DICOM SEG or RTSTRUCT")]
    )


def _only_file(path: Path) -> Path:
    if path.is_file():
        return path
    files = [file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")]
    if len(files) == 1:
        return files[0]
    problem = f"is a folder of {len(files)} files" if path.is_dir() else "there is no such file"
    raise InputError([Fault(path.name, problem, allowed="the file of one region of interest")])


def _modality(file: Path) -> str:
    """The modality of a DICOM file; empty where it is none."""
    try:
        with quiet():
            return text(extra("pydicom").dcmread(file, specific_tags=["Modality"]), "Modality")
    except damage():
        return ""
