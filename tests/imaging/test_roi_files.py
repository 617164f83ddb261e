"""Regions of interest from every kind of file lie where they were drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from her2mri.errors import InputError
from her2mri.imaging.read import read_roi
from her2mri.imaging.resample import onto
from her2mri.imaging.roi_contours import inside, rasterise
from imaging.phantoms.dicom_slices import save, slice_dataset
from imaging.phantoms.dynamic import CENTERS, RADII, DynamicPhantom, dynamic_phantom
from imaging.phantoms.nifti_files import write_nifti
from imaging.phantoms.roi_files import ellipsoid_contours, write_rtstruct, write_seg
from imaging.phantoms.shapes import position


@pytest.fixture(scope="module")
def phantom() -> DynamicPhantom:
    return dynamic_phantom()


def outlines(phantom: DynamicPhantom) -> dict[str, list[np.ndarray]]:
    return {kind: ellipsoid_contours(phantom.series.geometry, CENTERS[kind], RADII) for kind in CENTERS}


@pytest.mark.parametrize("flip", [False, True])
def test_a_nifti_mask_lies_where_it_was_drawn(flip: bool, phantom: DynamicPhantom, tmp_path: Path) -> None:
    mask = phantom.lesions["I"]
    roi = read_roi(write_nifti(tmp_path / "roi.nii.gz", mask, phantom.series.geometry, flip=flip))
    np.testing.assert_array_equal(onto(roi, phantom.series.geometry), mask)


def test_a_region_of_several_is_chosen_by_its_number(phantom: DynamicPhantom, tmp_path: Path) -> None:
    numbered = phantom.lesions["I"] * np.uint8(1) + phantom.lesions["III"] * np.uint8(3)
    file = write_nifti(tmp_path / "roi.nii.gz", numbered, phantom.series.geometry)
    np.testing.assert_array_equal(onto(read_roi(file, 3), phantom.series.geometry), phantom.lesions["III"])
    with pytest.raises(InputError, match="holds 2 regions of interest; allowed: 1, 3; name one"):
        read_roi(file)
    with pytest.raises(InputError, match=r"no region of that name \(found '2'\); allowed: 1, 3"):
        read_roi(file, "2")


def test_a_dicom_segmentation_lies_where_it_was_drawn(phantom: DynamicPhantom, tmp_path: Path) -> None:
    file = write_seg(tmp_path / "seg.dcm", phantom.lesions, phantom.series.geometry)
    for label in ("II", "iii", 1):
        roi = read_roi(file, label)
        np.testing.assert_array_equal(onto(roi, phantom.series.geometry), phantom.lesions[roi.label])
    with pytest.raises(InputError, match=r"allowed: 1 \(I\), 2 \(II\), 3 \(III\)"):
        read_roi(file)
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"damaged"):
        read_roi(file, "I")


def test_contours_are_met_within_an_eighth_of_a_millimetre(phantom: DynamicPhantom, tmp_path: Path) -> None:
    roi = read_roi(write_rtstruct(tmp_path / "rt.dcm", outlines(phantom)), "II")
    mask = onto(roi, phantom.series.geometry)
    grown, shrunk = (
        np.logical_or.reduce([_within(phantom, "II", index, by) for index in range(12)]) for by in (0.2, -0.2)
    )
    assert not (mask & ~grown).any()
    assert not (shrunk & ~mask).any()
    volume = roi.mask.sum() * roi.geometry.spacing.prod()
    areas = [np.pi * RADII[0] * RADII[1] * max(0, 1 - ((at - 6) * 3 / RADII[2]) ** 2) for at in range(12)]
    assert volume == pytest.approx(3 * sum(areas), rel=0.005)


def _within(phantom: DynamicPhantom, kind: str, index: int, by: float) -> np.ndarray:
    """Voxels of one slice within its outline moved outwards by some millimetres."""
    geometry = phantom.series.geometry
    share = 1 - ((index - CENTERS[kind][0]) * geometry.spacing[2] / RADII[2]) ** 2
    found = np.zeros(geometry.shape, dtype=bool)
    if share > 0:
        row, column = np.indices(geometry.shape[1:])
        x = (column - CENTERS[kind][2]) * geometry.spacing[0] / (RADII[0] * np.sqrt(share) + by)
        y = (row - CENTERS[kind][1]) * geometry.spacing[1] / (RADII[1] * np.sqrt(share) + by)
        found[index] = x**2 + y**2 <= 1
    return found


def test_overlapping_contours_of_a_plane_leave_a_hole() -> None:
    outer = np.array([[0.0, 0, 5], [10, 0, 5], [10, 10, 5], [0, 10, 5]])
    inner = np.array([[3.0, 3, 5], [7, 3, 5], [7, 7, 5], [3, 7, 5]])
    mask, geometry = rasterise("rt", [outer, inner[::-1]], thickness=2.0)
    assert mask.sum() * geometry.spacing.prod() == pytest.approx(2 * (100 - 16), rel=0.01)
    assert geometry.spacing[2] == 2.0


@settings(max_examples=20)
@given(
    corners=st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=3, max_size=8),
    shift=st.floats(-1, 1),
)
def test_even_odd_counts_crossings_like_a_ray(corners: list[tuple[float, float]], shift: float) -> None:
    polygon = np.array(corners)
    x, y = np.linspace(-6, 6, 25) + shift, np.linspace(-6, 6, 17)
    found = inside(polygon, x, y)
    following = np.roll(polygon, -1, axis=0)
    for at_row, at_column in ((3, 4), (8, 12), (8, 20), (13, 9)):
        crossings = 0
        for (ax, ay), (bx, by) in zip(polygon, following, strict=True):
            if (ay <= y[at_row]) != (by <= y[at_row]):
                crossing = ax + (y[at_row] - ay) * (bx - ax) / (by - ay)
                assume(abs(crossing - x[at_column]) > 1e-9)
                crossings += crossing <= x[at_column]
        assert found[at_row, at_column] == (crossings % 2 == 1)


def test_contours_that_are_not_parallel_or_unevenly_spaced_are_refused() -> None:
    square = np.array([[0.0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0]])
    with pytest.raises(InputError, match="not flat and parallel"):
        rasterise("rt", [square, square[:, ::-1]])
    with pytest.raises(InputError, match="unevenly spaced planes"):
        rasterise("rt", [square + np.array([0, 0, depth]) for depth in (0, 3, 7.4)])


def test_a_contour_of_a_single_slice_marks_that_slice(phantom: DynamicPhantom, tmp_path: Path) -> None:
    drawn = outlines(phantom)["I"][3:4]
    roi = read_roi(write_rtstruct(tmp_path / "rt.dcm", {"lesion": drawn}))
    mask = onto(roi, phantom.series.geometry)
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == [6]
    assert roi.label == "lesion"
    assert roi.notes == ("a region drawn in a single slice, taken to be 1 mm thick",)


def test_a_structure_set_without_closed_contours_is_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no closed planar contour"):
        read_roi(write_rtstruct(tmp_path / "rt.dcm", {"I": outlines(phantom)["I"]}, kind="POINT"))
    with pytest.raises(InputError, match="holds no region of interest"):
        read_roi(write_rtstruct(tmp_path / "empty.dcm", {}))


def test_what_is_no_region_of_interest_is_refused(phantom: DynamicPhantom, tmp_path: Path) -> None:
    geometry = phantom.series.geometry
    image = save(slice_dataset(np.zeros((4, 4)), geometry, 0), tmp_path / "image.dcm")
    with pytest.raises(InputError, match="is not a region of interest but of modality MR"):
        read_roi(image)
    (tmp_path / "notes.txt").write_text("no region")
    with pytest.raises(InputError, match="is not a region of interest; allowed: a NIfTI mask"):
        read_roi(tmp_path / "notes.txt")
    with pytest.raises(InputError, match="is a folder of 2 files"):
        read_roi(tmp_path)
    with pytest.raises(InputError, match="there is no such file"):
        read_roi(tmp_path / "none.dcm")
    with pytest.raises(InputError, match="is not a mask"):
        read_roi(write_nifti(tmp_path / "image.nii", phantom.series.signal[0] + 0.5, geometry))
    with pytest.raises(InputError, match="holds no region of interest"):
        read_roi(write_nifti(tmp_path / "empty.nii", np.zeros(geometry.shape, dtype=bool), geometry))


def test_contours_in_the_patient_agree_with_the_grid(phantom: DynamicPhantom) -> None:
    geometry = phantom.series.geometry
    mask, own = rasterise("rt", outlines(phantom)["III"])
    at = np.argwhere(mask).mean(axis=0)
    np.testing.assert_allclose(position(own, tuple(at)), position(geometry, CENTERS["III"]), atol=0.1)
