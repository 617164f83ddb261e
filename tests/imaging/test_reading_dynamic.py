"""A contrast-enhanced series is read as it was acquired, however scanners lay it out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from her2mri.errors import InputError
from her2mri.imaging.read import read_dynamic
from her2mri.imaging.volume import DynamicSeries, Geometry
from imaging.phantoms.dicom_dynamic import INJECTION, write_dynamic
from imaging.phantoms.dicom_enhanced import write_enhanced
from imaging.phantoms.dicom_slices import clock, number
from imaging.phantoms.dynamic import DynamicPhantom, dynamic_phantom
from imaging.phantoms.nifti_files import write_dynamic_nifti, write_nifti
from imaging.phantoms.shapes import oblique_geometry

SMALL = (4, 16, 12)


@pytest.fixture(scope="module")
def phantom() -> DynamicPhantom:
    return dynamic_phantom(geometry=oblique_geometry(SMALL))


def assert_same_place(found: Geometry, true: Geometry) -> None:
    assert found.shape == true.shape
    np.testing.assert_allclose(found.origin, true.origin, atol=1e-4)
    np.testing.assert_allclose(found.spacing, true.spacing, rtol=1e-6)
    np.testing.assert_allclose(found.direction, true.direction, atol=1e-6)


def assert_same(found: DynamicSeries, phantom: DynamicPhantom) -> None:
    assert found.signal.dtype == np.float32
    np.testing.assert_array_equal(found.signal, phantom.series.signal)
    np.testing.assert_allclose(found.seconds, phantom.series.seconds, atol=1e-6)
    assert_same_place(found.geometry, phantom.series.geometry)


@pytest.mark.parametrize(
    ("layout", "source"),
    [
        ("temporal_position", "time of acquisition"),
        ("trigger_time", "trigger time"),
        ("acquisition_time", "time of acquisition"),
        ("acquisition_number", "time of acquisition"),
        ("series", "time of acquisition"),
        ("philips", "begin of each dynamic scan"),
    ],
)
def test_phases_and_slices_are_ordered_and_timed_by_the_headers(
    layout: str, source: str, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    found = read_dynamic(write_dynamic(tmp_path / "dce", phantom, layout=layout))
    assert_same(found, phantom)
    assert f"times from the {source}, the middle of each phase (30 s long)" in found.timing
    assert "injection from ContrastBolusStartTime" in found.timing
    assert found.notes == ()


def test_an_enhanced_object_is_read_frame_by_frame(phantom: DynamicPhantom, tmp_path: Path) -> None:
    assert_same(read_dynamic(write_enhanced(tmp_path / "dce.dcm", phantom)), phantom)


def test_a_nifti_file_is_read_with_the_times_beside_it(phantom: DynamicPhantom, tmp_path: Path) -> None:
    found = read_dynamic(write_dynamic_nifti(tmp_path / "dce.nii.gz", phantom))
    assert_same(found, phantom)
    assert "InjectionStart" in found.timing


def test_a_left_handed_nifti_file_lies_in_the_same_place(phantom: DynamicPhantom, tmp_path: Path) -> None:
    true = phantom.series
    file = write_nifti(tmp_path / "dce.nii", true.signal, true.geometry, flip=True)
    found = read_dynamic(file, seconds=true.seconds)
    assert np.linalg.det(found.geometry.direction) == pytest.approx(1)

    def brightest(series: DynamicSeries) -> np.ndarray:
        at = np.array(np.unravel_index(series.signal[-1].argmax(), series.signal.shape[1:]))[::-1]
        return series.geometry.origin + series.geometry.direction @ (at * series.geometry.spacing)

    unlike = true.signal[-1] + np.arange(true.signal[-1].size).reshape(true.geometry.shape) / 1e4
    marked = DynamicSeries(true.signal * 0 + unlike, true.seconds, true.geometry, "")
    write_nifti(file, marked.signal, true.geometry, flip=True)
    np.testing.assert_allclose(
        brightest(read_dynamic(file, seconds=true.seconds)), brightest(marked), atol=1e-4
    )


@settings(max_examples=8)
@given(
    degrees=st.tuples(*[st.floats(-60, 60)] * 3),
    spacing=st.tuples(st.floats(0.4, 2), st.floats(0.4, 2), st.floats(0.8, 5)),
)
def test_any_orientation_and_spacing_is_given_back(
    degrees: tuple[float, ...], spacing: tuple[float, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    phantom = dynamic_phantom(geometry=oblique_geometry((3, 5, 4), spacing, degrees), starts=(-60, 30))
    found = read_dynamic(write_dynamic(tmp_path_factory.mktemp("any") / "dce", phantom))
    assert_same(found, phantom)


@pytest.mark.parametrize("dates", ["told", "missing", "masked"])
def test_a_series_across_midnight_keeps_its_times(
    dates: str, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        data.TemporalPositionIdentifier = max(1, phase)  # the phase before the contrast is numbered by itself
        if dates == "masked":
            data.AcquisitionDate = "19000101"
        return data

    folder = write_dynamic(
        tmp_path / "dce", phantom, layout="acquisition_time", date=dates != "missing", change=change
    )
    assert_same(read_dynamic(folder), phantom)


def test_without_a_told_injection_it_begins_with_the_first_phase_after_the_contrast(
    phantom: DynamicPhantom, tmp_path: Path
) -> None:
    folder = write_dynamic(tmp_path / "dce", phantom, told=False)
    found = read_dynamic(folder)
    np.testing.assert_allclose(found.seconds, phantom.series.seconds - phantom.starts[1], atol=1e-6)
    assert "injection taken to begin with phase 2" in found.timing
    later = read_dynamic(folder, precontrast=2)
    np.testing.assert_allclose(later.seconds, phantom.series.seconds - phantom.starts[2], atol=1e-6)
    given_by_user = read_dynamic(folder, injection=float(-phantom.starts[0]))
    np.testing.assert_allclose(given_by_user.seconds, phantom.series.seconds, atol=1e-6)
    assert "injection as given, 90 s after the first phase began" in given_by_user.timing


def test_an_injection_told_outside_the_series_is_not_used_and_that_is_said(
    phantom: DynamicPhantom, tmp_path: Path
) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        data.ContrastBolusStartTime = "080000"
        return data

    found = read_dynamic(write_dynamic(tmp_path / "dce", phantom, change=change))
    np.testing.assert_allclose(found.seconds, phantom.series.seconds - phantom.starts[1], atol=1e-6)
    assert "ContrastBolusStartTime lies outside the series and was not used" in found.timing


def test_the_middle_of_slices_acquired_one_by_one_is_that_of_their_times(
    phantom: DynamicPhantom, tmp_path: Path
) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        start = INJECTION + timedelta(seconds=float(phantom.starts[phase]) + 10 * index)
        clock(data, start)
        return data

    folder = write_dynamic(tmp_path / "dce", phantom, layout="acquisition_time", change=change)
    assert_same(read_dynamic(folder), phantom)  # four slices at 0, 10, 20 and 30 s


@pytest.mark.parametrize("duration", [None, 400.0])
def test_a_duration_not_told_or_that_of_the_whole_series_leaves_the_start(
    duration: float | None, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    def change(data: Dataset, phase: int, index: int) -> Dataset:
        if duration:
            data.AcquisitionDuration = duration
        return data

    found = read_dynamic(write_dynamic(tmp_path / "dce", phantom, duration_told=False, change=change))
    np.testing.assert_allclose(found.seconds, phantom.starts, atol=1e-6)
    assert "the start of each phase" in found.timing


def test_stored_values_are_rescaled_and_philips_scale_slopes_undone(
    phantom: DynamicPhantom, tmp_path: Path
) -> None:
    def rescaled(data: Dataset, phase: int, index: int) -> Dataset:
        data.RescaleSlope, data.RescaleIntercept = number(2.0 + phase), "-5"
        return data

    def philips(data: Dataset, phase: int, index: int) -> Dataset:
        block = rescaled(data, phase, index).private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0x0E, "FL", 0.5 + phase)
        return data

    stored = phantom.series.signal.astype(float)
    slope = (2.0 + np.arange(5))[:, None, None, None]
    plain = read_dynamic(write_dynamic(tmp_path / "plain", phantom, change=rescaled))
    np.testing.assert_allclose(plain.signal, stored * slope - 5, rtol=1e-6)
    physical = read_dynamic(write_dynamic(tmp_path / "philips", phantom, change=philips))
    np.testing.assert_allclose(
        physical.signal, (stored * slope - 5) / (slope * (slope - 1.5)), rtol=1e-5, atol=1e-4
    )
    assert "signal on Philips' floating-point scale (private scale slope)" in physical.notes


def test_other_files_are_passed_over_and_counted(phantom: DynamicPhantom, tmp_path: Path) -> None:
    folder = write_dynamic(tmp_path / "dce", phantom)
    (folder / "notes.txt").write_text("not an image")
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (folder / ".hidden").write_bytes(b"")
    found = read_dynamic(folder)
    assert_same(found, phantom)
    assert found.notes == ("1 file in the folder passed over: not DICOM",)


def sidecar(**told: object) -> Callable[[Path], None]:
    def write(image: Path) -> None:
        image.with_suffix(".json").write_text(json.dumps(told))

    return write


@pytest.mark.parametrize(
    ("beside", "reason"),
    [
        (lambda image: None, 'write beside the image a .json file of the same name with {"FrameTimesStart"'),
        (sidecar(RepetitionTime=3), "dce.json: does not hold FrameTimesStart"),
        (sidecar(FrameTimesStart=[0, 1]), "FrameTimesStart must hold 5 numbers, one for each phase"),
        (sidecar(FrameTimesStart=[0, 60, 30, 90, 120]), "must ascend"),
        (sidecar(FrameTimesStart=[0, 30, 60, 90, 120], InjectionStart=500), "no phase before, or none after"),
        (lambda image: image.with_suffix(".json").write_text("{"), "does not hold FrameTimesStart"),
    ],
)
def test_a_nifti_file_without_usable_times_is_refused_with_how_to_give_them(
    beside: Callable[[Path], object], reason: str, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    image = write_dynamic_nifti(tmp_path / "dce.nii", phantom, sidecar=False)
    beside(image)
    with pytest.raises(InputError) as refused:
        read_dynamic(image)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        ([-60, 60], "5 phases, but 2 times were given"),
        ([-60, 30, 20, 90, 120], "not ascending"),
        ([10, 30, 60, 90, 120], "no phase before"),
    ],
)
def test_times_given_wrongly_are_refused(
    seconds: list[float], reason: str, phantom: DynamicPhantom, tmp_path: Path
) -> None:
    image = write_dynamic_nifti(tmp_path / "dce.nii", phantom, sidecar=False)
    with pytest.raises(InputError, match=reason):
        read_dynamic(image, seconds=seconds)


def test_times_given_need_phases_that_the_headers_order(phantom: DynamicPhantom, tmp_path: Path) -> None:
    def untimed(data: Dataset, phase: int, index: int) -> Dataset:
        del data.AcquisitionTime
        return data

    def unnumbered(data: Dataset, phase: int, index: int) -> Dataset:
        del data.SeriesNumber
        return untimed(data, phase, index)

    seconds = phantom.series.seconds.tolist()
    by_number = write_dynamic(tmp_path / "number", phantom, layout="series", change=untimed)
    assert_same(read_dynamic(by_number, seconds=seconds), phantom)
    by_nothing = write_dynamic(tmp_path / "nothing", phantom, layout="series", change=unnumbered)
    with pytest.raises(InputError, match="nothing in the headers puts the phases in order"):
        read_dynamic(by_nothing, seconds=seconds)


def test_times_given_replace_those_of_the_headers(phantom: DynamicPhantom, tmp_path: Path) -> None:
    folder = write_dynamic(tmp_path / "dce", phantom, injection=datetime(2024, 1, 1, 9))
    found = read_dynamic(folder, seconds=[-30, 20, 70, 120, 170])
    assert found.seconds.tolist() == [-30, 20, 70, 120, 170]
    assert found.timing == "times as given"
