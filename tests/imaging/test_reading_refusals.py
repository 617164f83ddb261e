"""What is not one whole series is refused, with every reason in words."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1

from her2mri.errors import InputError
from her2mri.imaging.read import read_dynamic
from imaging.phantoms.dicom_dynamic import write_dynamic
from imaging.phantoms.dicom_slices import STUDY_UID, save
from imaging.phantoms.dynamic import DynamicPhantom, dynamic_phantom
from imaging.phantoms.nifti_files import write_dynamic_nifti, write_nifti
from imaging.phantoms.shapes import oblique_geometry

Change = Callable[[Dataset, int, int], Dataset | None]


@pytest.fixture(scope="module")
def phantom() -> DynamicPhantom:
    return dynamic_phantom(geometry=oblique_geometry((4, 8, 8)))


def tags(phase: int | None = None, index: int | None = None, **values: object) -> Change:
    """Changes tags of one slice of one phase, or of all."""

    def change(data: Dataset, at_phase: int, at_index: int) -> Dataset:
        if phase in (None, at_phase) and index in (None, at_index):
            for tag, value in values.items():
                setattr(data, tag, value)
        return data

    return change


def without(phase: int | None = None, index: int | None = None) -> Change:
    """Leaves a slice of a phase out, or a slice of all phases, or a phase."""

    def change(data: Dataset, at_phase: int, at_index: int) -> Dataset | None:
        return None if phase in (None, at_phase) and index in (None, at_index) else data

    return change


def shifted(data: Dataset, phase: int, index: int) -> Dataset:
    if phase == 3:
        data.ImagePositionPatient = [
            float(data.ImagePositionPatient[0]) + 2.0,
            *data.ImagePositionPatient[1:],
        ]
    return data


def compressed(syntax: str) -> Change:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        if phase == 2:
            data.file_meta.TransferSyntaxUID = syntax
            data.PixelData = encapsulate([b"\xff\x4f\xff\x51 nothing that could be decoded "])
            data["PixelData"].VR = "OB"
        return data

    return change


OTHER_ORIENTATION = ["1", "0", "0", "0", "1", "0"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without(2, 1), "1 slice missing: of 4 slices phase 3 has 3"),
        (without(None, 1), "slices missing: 6.00 mm from slice 1 to slice 2, where 3.00 mm is usual"),
        (without(2), "of 5 phases 3 missing"),
        (without(4), "of 5 phases 5 missing"),
        (tags(0, PatientID="OTHER"), "images of 2 patients"),
        (tags(0, PatientName="OTHER^"), "images of 2 patients"),
        (tags(0, StudyInstanceUID=STUDY_UID + ".9"), "images of 2 studies"),
        (tags(1, 2, Modality="CT"), "1 image of another modality than MR (CT)"),
        (tags(1, 2, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), "1 image of a localiser"),
        (tags(1, ImageType=["DERIVED", "PRIMARY", "M", "SUB"]), "4 images computed from others: subtraction"),
        (
            tags(ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]),
            "20 images that show several slices side by side",
        ),
        (tags(1, 2, ImageOrientationPatient=OTHER_ORIENTATION), "2 orientations mixed (19, 1 images)"),
        (tags(1, PixelSpacing=["0.7", "0.7"]), "2 pixel spacings mixed (16, 4 images)"),
        (tags(1, ImagePositionPatient=None), "4 images without a place in the patient"),
        (shifted, "slices do not lie above one another along their normal: up to"),
        (tags(AcquisitionTime=None), "the headers do not tell when each phase was acquired"),
        (
            compressed(JPEGLosslessSV1),
            "4 files compressed in a way that cannot be decoded here (JPEG Lossless",
        ),
        (compressed(JPEG2000Lossless), "4 files whose pixels cannot be decoded"),
    ],
)
def test_a_series_at_fault_is_refused_with_the_reason(
    change: Change, reason: str, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    folder = write_dynamic(tmp_path / "dce", phantom, change=change)
    with pytest.raises(InputError) as refused:
        read_dynamic(folder)
    assert reason in str(refused.value.faults[0])


def test_all_faults_are_told_at_once(phantom: DynamicPhantom, tmp_path: Path) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset | None:
        if (phase, index) == (0, 0):
            return None
        if (phase, index) == (1, 1):
            data.Modality = "PT"
        if phase == 2:
            data.StudyInstanceUID = STUDY_UID + ".7"
            data.PixelSpacing = ["0.5", "0.5"]
        return data

    folder = write_dynamic(tmp_path / "dce", phantom, change=change)
    file = sorted(folder.iterdir())[0]
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(InputError) as refused:
        read_dynamic(folder)
    told = str(refused.value)
    for reason in (
        "cut off: pixels are missing",
        "another modality than MR (PT)",
        "2 studies",
        "2 pixel spacings",
    ):
        assert reason in told


def test_copies_of_files_are_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    folder = write_dynamic(tmp_path / "dce", phantom)
    for file in sorted(folder.iterdir())[:3]:
        (folder / f"{file.stem} (1).dcm").write_bytes(file.read_bytes())
    with pytest.raises(InputError, match=r"3 images there twice \(copies\)"):
        read_dynamic(folder)


def test_two_images_of_a_slice_and_phase_are_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    folder = write_dynamic(tmp_path / "dce", phantom)
    other = pydicom.dcmread(min(folder.iterdir()))
    other.SOPInstanceUID = STUDY_UID + ".5"
    save(other, folder / "water_and_fat.dcm")
    with pytest.raises(InputError, match="1 image more than one of a slice and phase"):
        read_dynamic(folder)


@pytest.mark.parametrize("keep", [180, 600, -1])
def test_a_file_cut_off_anywhere_is_named(keep: int, phantom: DynamicPhantom, tmp_path: Path) -> None:
    folder = write_dynamic(tmp_path / "dce", phantom)
    file = sorted(folder.iterdir())[4]
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InputError) as refused:
        read_dynamic(folder)
    assert file.name in str(refused.value)
    assert "cut off" in str(refused.value)


def test_numbers_and_times_in_contradiction_are_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        data.TemporalPositionIdentifier = 5 - phase
        return data

    with pytest.raises(InputError, match="not in the same order"):
        read_dynamic(write_dynamic(tmp_path / "dce", phantom, change=change))


@pytest.mark.parametrize("injection", [0.0, -5.0, 500.0])
def test_an_injection_given_outside_the_series_is_refused(
    injection: float, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="lies outside the series; allowed: more than 0 and less than 390 s"):
        read_dynamic(write_dynamic(tmp_path / "dce", phantom), injection=injection)


def test_phases_of_different_hours_are_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        if phase == 0:
            data.AcquisitionDate = "20240304"
        return data

    with pytest.raises(InputError, match="phases lie up to 24 hours apart"):
        read_dynamic(write_dynamic(tmp_path / "dce", phantom, change=change))


def test_images_whose_identifiers_were_emptied_are_not_taken_for_copies(
    phantom: DynamicPhantom, tmp_path: Path
) -> None:
    change = tags(
        SOPInstanceUID="", PatientID="", PatientName="", StudyInstanceUID="", FrameOfReferenceUID=""
    )
    found = read_dynamic(write_dynamic(tmp_path / "dce", phantom, change=change))
    np.testing.assert_array_equal(found.signal, phantom.series.signal)


def test_a_single_phase_is_refused(tmp_path: Path) -> None:
    phantom = dynamic_phantom(geometry=oblique_geometry((3, 4, 4)), starts=(0,))
    with pytest.raises(InputError, match="only one phase"):
        read_dynamic(write_dynamic(tmp_path / "dce", phantom))


@pytest.mark.parametrize("precontrast", [0, 5])
def test_there_must_be_phases_before_and_after_the_contrast(
    precontrast: int, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="allowed: 1 to 4"):
        read_dynamic(write_dynamic(tmp_path / "dce", phantom), precontrast=precontrast)


def test_a_missing_or_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file or folder"):
        read_dynamic(tmp_path / "none")
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(InputError, match="holds no DICOM images, only 1 file of another kind"):
        read_dynamic(tmp_path)


def test_an_object_without_an_image_is_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        if (phase, index) == (0, 0):
            report = Dataset()
            report.file_meta = data.file_meta
            report.SOPClassUID, report.SOPInstanceUID, report.Modality = (
                "1.2.840.10008.5.1.4.1.1.88.22",
                "1.2.3",
                "SR",
            )
            save(report, tmp_path / "dce" / "report.dcm")
        return data

    with pytest.raises(InputError, match=r"1 file without an image \(modality SR\): report.dcm"):
        read_dynamic(write_dynamic(tmp_path / "dce", phantom, change=change))


def test_a_damaged_or_unplaced_nifti_file_is_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    import nibabel as nib

    image = write_dynamic_nifti(tmp_path / "dce.nii.gz", phantom)
    image.write_bytes(image.read_bytes()[:-200])
    with pytest.raises(InputError, match="damaged, cut off or not a NIfTI file"):
        read_dynamic(image)
    three = write_nifti(tmp_path / "one.nii", phantom.series.signal[0], phantom.series.geometry)
    with pytest.raises(InputError, match="has 3 dimensions; allowed: 4D"):
        read_dynamic(three)
    nowhere = nib.Nifti1Image(np.zeros((3, 3, 3, 5), dtype=np.float32), None)
    nib.save(nowhere, tmp_path / "nowhere.nii")
    with pytest.raises(InputError, match="does not tell its place in the patient"):
        read_dynamic(tmp_path / "nowhere.nii")
    sheared = np.eye(4)
    sheared[0, 1] = 0.3
    nib.save(nib.Nifti1Image(np.zeros((3, 3, 3, 5), dtype=np.float32), sheared), tmp_path / "sheared.nii")
    with pytest.raises(InputError, match="sheared grid"):
        read_dynamic(tmp_path / "sheared.nii")


@pytest.mark.parametrize(("module", "name"), [("nibabel", "dce.nii"), ("pydicom", "dce")])
def test_a_missing_extra_is_named(
    module: str, name: str, phantom: DynamicPhantom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dynamic_nifti(tmp_path / "dce.nii", phantom)
    write_dynamic(tmp_path / "dce", phantom)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r"pip install her2mri\[imaging\]"):
        read_dynamic(tmp_path / name)
