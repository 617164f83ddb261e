"""Images from real scanners are read without fault, or refused with a reason."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest

from her2mri.errors import InputError
from her2mri.imaging.dicom_checks import check_content
from her2mri.imaging.dicom_dynamic import ordered
from her2mri.imaging.dicom_folder import read_folder
from her2mri.imaging.dicom_pixels import fill
from her2mri.imaging.read import read_adc, read_diffusion, read_dynamic, read_roi
from imaging.phantoms.dicom_slices import save

SHIPPED = Path(str(pydicom.data.__file__)).parent / "test_files"


@pytest.mark.shared
def test_breast_images_of_a_real_scanner_lie_on_one_grid(shared: Path) -> None:
    folder = read_folder(shared / "data" / "mri_samples")
    planes = check_content(folder)
    slices = ordered(folder, planes)
    assert not folder.faults
    assert slices is not None
    assert slices.geometry.shape == (3, 512, 512)
    np.testing.assert_allclose(slices.geometry.spacing, [0.5859, 0.5859, 3.0])
    volume = np.empty(slices.geometry.shape, dtype=np.float32)
    assert not fill(volume, [planes[at] for at in np.argsort(slices.location)], "t1")
    assert volume.max() > 100
    with pytest.raises(InputError, match="only one phase: every slice is there once"):
        read_dynamic(shared / "data" / "mri_samples")


@pytest.mark.shared
def test_breast_images_repeated_later_make_a_dynamic_series(shared: Path, tmp_path: Path) -> None:
    for file in sorted((shared / "data" / "mri_samples").glob("*.dcm")):
        data = pydicom.dcmread(file)
        for phase in range(2):
            data.AcquisitionTime = f"14{20 + 2 * phase}00"
            data.SOPInstanceUID = f"1.2.3.{phase}.{file.stem[-1]}"
            save(data, tmp_path / f"{phase}" / file.name)
    found = read_dynamic(tmp_path)
    assert found.signal.shape == (2, 3, 512, 512)
    assert found.seconds.tolist() == [-120, 0]
    np.testing.assert_array_equal(found.signal[0], found.signal[1])


def test_shipped_files_are_read_or_refused_with_a_reason() -> None:
    read, refused = set(), set()
    for file in sorted(SHIPPED.rglob("*")):
        if not file.is_file() or file.stat().st_size > 200_000:
            continue
        for reading in (read_dynamic, read_diffusion, read_adc, read_roi):
            try:
                reading(file)
                read.add(file.name)
            except InputError:
                refused.add(file.name)
    assert {"MR_truncated.dcm", "rtplan.dcm", "DICOMDIR"} <= refused
    assert "liver_1frame.dcm" in read


@pytest.mark.parametrize("name", ["MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm"])
def test_pixels_are_the_same_however_they_are_stored(name: str) -> None:
    found = []
    for file in (SHIPPED / name, SHIPPED / "MR_small_implicit.dcm"):
        folder = read_folder(file)
        volume = np.empty((1, 64, 64), dtype=np.float32)
        assert not fill(volume, check_content(folder), "mr")
        found.append(volume)
    np.testing.assert_array_equal(*found)


def test_diffusion_images_shipped_with_dipy_are_read() -> None:
    dipy = importlib.util.find_spec("dipy")
    if dipy is None or dipy.origin is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs dipy")
        pytest.skip("dipy, which ships diffusion images, is not installed")
    images = [
        file
        for file in sorted((Path(dipy.origin).parent / "data" / "files").glob("small_*D.nii*"))
        if file.with_name(file.name.partition(".")[0] + ".bval").is_file()
    ]
    assert images
    for image in images:
        found = read_diffusion(image)
        assert found.b_values[0] <= 50
        assert np.isfinite(found.signal).all()
