"""Diffusion-weighted images are read with the b-values of every vendor, ADC maps in their unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from her2mri.errors import InputError
from her2mri.imaging.read import read_adc, read_diffusion
from her2mri.imaging.read_units import to_adc
from imaging.phantoms.dicom_diffusion import write_adc, write_diffusion
from imaging.phantoms.dicom_dynamic import write_dynamic
from imaging.phantoms.diffusion import DiffusionPhantom, diffusion_phantom
from imaging.phantoms.dynamic import dynamic_phantom
from imaging.phantoms.nifti_files import write_nifti
from imaging.phantoms.shapes import oblique_geometry

VENDORS = ("standard", "siemens", "siemens_name", "ge", "philips", "united")


@pytest.fixture(scope="module")
def phantom() -> DiffusionPhantom:
    return diffusion_phantom(geometry=oblique_geometry((3, 16, 16), (6.0, 6.0, 5.0)), b_values=(0, 50, 800))


@pytest.mark.parametrize("vendor", VENDORS)
def test_b_values_are_found_in_the_tags_of_every_vendor(
    vendor: str, phantom: DiffusionPhantom, tmp_path: Path
) -> None:
    found = read_diffusion(write_diffusion(tmp_path / "dwi", phantom, vendor=vendor))
    assert found.b_values.tolist() == [0, 50, 800]
    np.testing.assert_array_equal(found.signal, phantom.series.signal)
    np.testing.assert_allclose(found.geometry.direction, phantom.series.geometry.direction, atol=1e-6)
    assert found.notes == ()


def test_directions_are_averaged_geometrically_and_that_is_said(
    phantom: DiffusionPhantom, tmp_path: Path
) -> None:
    found = read_diffusion(write_diffusion(tmp_path / "dwi", phantom, directions=3))
    np.testing.assert_allclose(found.signal, phantom.series.signal, atol=0.6)  # each was rounded by itself
    assert found.notes == tuple(f"b = {b}: geometric mean of 3 directions or repeats" for b in (50, 800))


def test_the_mean_that_the_scanner_wrote_is_taken_before_single_directions(
    phantom: DiffusionPhantom, tmp_path: Path
) -> None:
    def trace(data: Dataset, b: float, index: int) -> Dataset:
        data.ImageType = ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"]
        return data

    folder = tmp_path / "dwi"
    write_diffusion(folder / "directions", phantom, directions=3)
    brighter = diffusion_phantom(
        geometry=phantom.series.geometry, b_values=(50, 800), adcs=(0.7, 1.1, 1.5, 1.9)
    )
    write_diffusion(folder / "trace", brighter, change=trace)
    found = read_diffusion(folder)
    np.testing.assert_array_equal(found.signal[1:], brighter.series.signal)
    assert "b = 800: the scanner's mean of the directions; single directions passed over" in found.notes


def test_computed_maps_among_the_images_are_passed_over(phantom: DiffusionPhantom, tmp_path: Path) -> None:
    folder = tmp_path / "dwi"
    write_diffusion(folder / "weighted", phantom)
    write_adc(folder / "adc", phantom.adc, phantom.series.geometry)
    found = read_diffusion(folder)
    np.testing.assert_array_equal(found.signal, phantom.series.signal)
    assert found.notes == ("3 images of computed maps passed over",)
    adc = read_adc(folder)
    np.testing.assert_allclose(adc.values, phantom.adc, rtol=1e-3)
    assert adc.notes[0] == "9 images that are not of the ADC map passed over"


def test_a_nifti_file_takes_its_b_values_from_beside_it_or_as_given(
    phantom: DiffusionPhantom, tmp_path: Path
) -> None:
    order = [2, 0, 1, 0]
    image = write_nifti(tmp_path / "dwi.nii.gz", phantom.series.signal[order], phantom.series.geometry)
    with pytest.raises(InputError, match=r"write them into dwi.bval beside the image"):
        read_diffusion(image)
    given = read_diffusion(image, b_values=[800, 0, 50, 0])
    np.testing.assert_allclose(given.signal, phantom.series.signal)
    assert given.b_values.tolist() == [0, 50, 800]
    assert given.notes == ("b = 0: mean of repeats",)
    (tmp_path / "dwi.bval").write_text("800 0 50 0\n")
    np.testing.assert_array_equal(read_diffusion(image).signal, given.signal)
    (tmp_path / "dwi.bval").write_text("800 0 50\n")
    with pytest.raises(InputError, match="4 volumes, but 3 b-values"):
        read_diffusion(image)


def test_images_without_b_values_or_with_one_alone_are_refused(
    phantom: DiffusionPhantom, tmp_path: Path
) -> None:
    def untold(data: Dataset, b: float, index: int) -> Dataset:
        if b == 50:
            del data.DiffusionBValue
        return data

    with pytest.raises(InputError, match="3 images without a b-value"):
        read_diffusion(write_diffusion(tmp_path / "untold", phantom, change=untold))
    with pytest.raises(InputError, match=r"a single b-value \(800 s/mm2\)"):
        read_diffusion(
            write_diffusion(tmp_path / "one", phantom, change=lambda data, b, _: data if b > 50 else None)
        )


def test_a_direction_missing_of_one_slice_is_refused(phantom: DiffusionPhantom, tmp_path: Path) -> None:
    seen: list[int] = []

    def one_less(data: Dataset, b: float, index: int) -> Dataset | None:
        seen.append(index)
        return None if b == 800 and index == 1 and seen.count(1) == 5 else data

    folder = write_diffusion(tmp_path / "less", phantom, directions=3, change=one_less)
    with pytest.raises(InputError, match="b = 800: 3 images of most slices, another number of 1 slice"):
        read_diffusion(folder)


@pytest.mark.parametrize(
    ("units", "factor", "words"),
    [
        ("", 1000.0, "ADC taken to be in 10^-6 mm2/s from the size of its values"),
        ("", 1.0, "ADC taken to be in 10^-3 mm2/s from the size of its values"),
        ("", 0.001, "ADC taken to be in mm2/s from the size of its values"),
        ("10^-6 mm^2/s", 1000.0, "ADC stored in 10^-6 mm2/s, as the file says"),
        ("10^-5 mm2/s", 100.0, "ADC stored in 10^-5 mm2/s, as the file says"),
        ("um2/s", 1000.0, "ADC stored in 10^-6 mm2/s, as the file says"),
        ("mm2/s", 0.001, "ADC stored in mm2/s, as the file says"),
        ("US", 1000.0, "ADC taken to be in 10^-6 mm2/s from the size of its values"),
    ],
)
def test_an_adc_map_is_brought_to_one_unit(
    units: str, factor: float, words: str, phantom: DiffusionPhantom, tmp_path: Path
) -> None:
    folder = write_adc(tmp_path / "adc", phantom.adc, phantom.series.geometry, units=units, factor=factor)
    found = read_adc(folder)
    np.testing.assert_allclose(found.values, phantom.adc, rtol=1e-3)  # NaN where the phantom has none
    assert words in found.notes[0]


@pytest.mark.parametrize(("unit", "slope", "is_taken"), [("um2/s", 1.0, True), ("10*-6.mm2/s", 1.0, True),
                                                         ("mm2/s", 1e-6, True), ("1", 5.0, False)])  # fmt: skip
def test_a_mapping_to_real_world_values_goes_before_a_rescale_for_the_display(
    unit: str, slope: float, is_taken: bool, phantom: DiffusionPhantom, tmp_path: Path
) -> None:
    folder = write_adc(tmp_path / "adc", phantom.adc, phantom.series.geometry)
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = unit, "UCUM", unit
    mapping = Dataset()
    mapping.RealWorldValueFirstValueMapped, mapping.RealWorldValueLastValueMapped = 0, 4095
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = slope, 0.0
    mapping.MeasurementUnitsCodeSequence = [code]
    for file in folder.iterdir():
        data = dcmread(file)
        data.RescaleSlope = "1.5" if is_taken else "1"
        data.RealWorldValueMappingSequence = [mapping]
        data.save_as(file)
    found = read_adc(folder)
    np.testing.assert_allclose(found.values, phantom.adc, rtol=1e-3)
    assert ("as the file says" in found.notes[0]) is is_taken


def test_a_nifti_map_is_brought_to_the_same_unit(phantom: DiffusionPhantom, tmp_path: Path) -> None:
    stored = np.nan_to_num(phantom.adc * 1000).astype(np.int16)
    found = read_adc(write_nifti(tmp_path / "adc.nii.gz", stored, phantom.series.geometry))
    np.testing.assert_allclose(found.values, phantom.adc, rtol=2e-3)


def test_an_adc_map_that_fits_no_unit_is_refused() -> None:
    values = np.full((2, 3, 3), 25.0, dtype=np.float32)
    with pytest.raises(InputError, match="median of the ADC map is 25, which fits no unit"):
        to_adc("adc", values, "")
    with pytest.raises(InputError, match="said to be in mm2/s, but its median is 1"):
        to_adc("adc", values / 25, "mm2/s")
    with pytest.raises(InputError, match="no positive value"):
        to_adc("adc", values * 0, "")


def test_acquired_images_are_not_taken_for_an_adc_map(tmp_path: Path) -> None:
    phantom = dynamic_phantom(geometry=oblique_geometry((3, 4, 4)), starts=(0,))
    with pytest.raises(InputError, match="nothing in the headers says that this is an ADC map"):
        read_adc(write_dynamic(tmp_path / "t1", phantom))
