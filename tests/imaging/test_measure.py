"""A lesion measured on phantoms: within 1 % without noise, within the stated error with it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError
from her2mri.imaging.early_enhancement import early_enhancement_ratio
from her2mri.imaging.enhancement import measure_enhancement
from her2mri.imaging.measure import measure
from her2mri.imaging.measured import MEASUREMENT_COLUMNS
from her2mri.imaging.minimum_adc import measure_minimum_adc
from her2mri.imaging.resample import onto
from her2mri.imaging.settings import MeasureSettings
from her2mri.imaging.sub_roi import discs
from her2mri.imaging.volume import AdcMap, DiffusionSeries, DynamicSeries, Roi
from imaging.lesion_files import phantoms
from imaging.phantoms.diffusion import diffusion_phantom
from imaging.phantoms.dynamic import dynamic_phantom
from imaging.phantoms.shapes import oblique_geometry

TYPES = {"I": "progressive", "II": "plateau", "III": "washout"}


@pytest.mark.parametrize("kind", ["I", "II", "III"])
@pytest.mark.parametrize("eer", [0.5, 1.2, 2.0])
def test_early_enhancement_and_type_of_a_phantom_are_exact_without_noise(kind: str, eer: float) -> None:
    dynamic, _, roi = phantoms(kind, eer=eer)
    row = measure(dynamic.series, None, roi).row()
    assert row["eer"] == pytest.approx(eer, rel=0.01)
    assert row["tic"] == TYPES[kind]
    assert row["adc"] is None


@pytest.mark.parametrize("b_values", [(0.0, 800.0), (0.0, 50.0, 400.0, 800.0)])
@pytest.mark.parametrize("adc", [0.6, 1.0, 1.4, 2.0])
def test_adc_of_a_phantom_is_exact_without_noise(adc: float, b_values: tuple[float, ...]) -> None:
    phantom = diffusion_phantom(b_values=b_values)
    region = Roi(phantom.lesions[adc], phantom.series.geometry, "lesion")
    row = measure(None, phantom.series, region).row()
    assert row["adc"] == pytest.approx(adc, rel=0.01)
    as_map = measure(None, AdcMap(phantom.adc, phantom.series.geometry), region).row()
    assert as_map["adc"] == pytest.approx(adc, rel=1e-3)


def test_values_are_those_that_a_lesion_table_holds() -> None:
    dynamic, diffusion, roi = phantoms("III", snr=20.0)
    found = measure(dynamic.series, diffusion.series, roi)
    dictionary = load_dictionary()
    for name, value in found.row().items():
        variable = dictionary[name]
        if variable.is_categorical:
            assert value in variable.values
        else:
            low, high = variable.bounds or (-math.inf, math.inf)
            assert isinstance(value, float)
            assert low <= value <= high
    table = found.frame()
    assert tuple(table.columns) == MEASUREMENT_COLUMNS
    assert (table["conf_low"].fillna(-9) <= table["conf_high"].fillna(9)).all()
    shares = table.loc[table["measure"].str.startswith("share_"), "estimate"]
    assert shares.sum() == pytest.approx(1.0)
    assert shares.iloc[2] > 0.95


def test_with_noise_estimates_lie_within_their_intervals() -> None:
    inside = []
    for seed in range(3):
        for kind in ("I", "II", "III"):
            dynamic, diffusion, roi = phantoms(kind, snr=20.0, seed=seed)
            table = measure(dynamic.series, diffusion.series, roi).frame().set_index("measure")
            for name, truth in (("eer", 1.2), ("adc", 0.8), ("eer_whole", 1.2), ("adc_whole", 0.8)):
                low, high = table.loc[name, ["conf_low", "conf_high"]].astype(float)
                inside.append((name, low <= truth <= high))
            assert table.loc["tic", "level"] == TYPES[kind]
    for name in ("eer", "adc", "eer_whole", "adc_whole"):
        hits = [held for measured, held in inside if measured == name]
        assert sum(hits) >= 7, name  # of 9: fewer come of a coverage of 95 % once in 120 runs


def test_the_plain_value_at_a_place_chosen_by_noise_is_off_and_the_estimate_is_not() -> None:
    rng = np.random.default_rng(8)
    mask = np.ones((2, 24, 24), dtype=bool)
    places = discs(mask, (1.0, 1.0), area_mm2=20.0)
    seconds = np.array([-30.0, 60.0, 120.0, 240.0])
    clean = np.array([100.0, 180.0, 200.0, 200.0])
    found, lowest = [], []
    for seed in range(8):
        signal = (clean[:, None] + 10.0 * rng.standard_normal((4, mask.sum()))).astype(np.float32)
        enhancement = measure_enhancement(signal, seconds, places, noise=10.0, seed=seed)
        found.append(enhancement.measured[0])
        shown = early_enhancement_ratio(enhancement.curve, seconds).ratio
        assert shown == pytest.approx(found[-1].estimate, abs=0.01)  # the picture says what the table says
        adc = (1.0 + 0.1 * rng.standard_normal(mask.sum())).astype(np.float32)
        error = np.full(adc.shape, 0.1, dtype=np.float32)
        lowest.append(measure_minimum_adc(adc, places, std_error=error, seed=seed).measured[0])
    eer_error = np.mean([one.estimate for one in found]) - 1.0
    assert np.mean([one.as_placed for one in found]) - 1.0 > 2.0 * found[0].std_error * 0.8
    assert abs(eer_error) < 0.8 * found[0].std_error
    assert 1.0 - np.mean([one.as_placed for one in lowest]) > 2.0 * lowest[0].std_error
    assert abs(np.mean([one.estimate for one in lowest]) - 1.0) < 0.8 * lowest[0].std_error


def test_the_same_images_give_the_same_numbers() -> None:
    dynamic, diffusion, roi = phantoms("II", snr=10.0)
    one, other = (measure(dynamic.series, diffusion.series, roi).frame() for _ in range(2))
    assert one.equals(other)


def test_a_dead_center_is_left_out_of_the_adc() -> None:
    """A core that does not enhance is darker on the map than the living rim, and does not count."""
    dynamic, diffusion, roi = phantoms("II", adc=1.0)
    core = np.zeros_like(roi.mask)
    middle = np.argwhere(roi.mask).mean(axis=0).round().astype(int)
    core[middle[0] - 1 : middle[0] + 2, middle[1] - 3 : middle[1] + 4, middle[2] - 3 : middle[2] + 4] = True
    signal = dynamic.series.signal.copy()
    signal[:, core] = signal[0, core]
    series = DynamicSeries(signal, dynamic.series.seconds, dynamic.series.geometry, "phantom")
    dark = diffusion.series.signal.copy()
    dark[1, core] *= np.float32(np.exp(0.8 * 0.4))
    diffusion.series.signal[...] = dark
    assert measure(None, diffusion.series, roi).row()["adc"] == pytest.approx(0.6, abs=0.02)
    found = measure(series, diffusion.series, roi)
    assert found.row()["adc"] == pytest.approx(1.0, abs=0.02)
    assert any("does not enhance" in note for note in found.notes)


def test_images_on_different_grids_are_measured_in_the_same_region() -> None:
    dynamic, _, roi = phantoms("III")
    coarse = oblique_geometry((10, 40, 40), (2.0, 2.4, 3.6))
    truth = np.where(onto(roi, coarse), 0.9, 1.8)
    b = np.array([0.0, 800.0])
    signal = (2000.0 * np.exp(-b[:, None, None, None] * truth * 1e-3)).astype(np.float32)
    row = measure(dynamic.series, DiffusionSeries(signal, b, coarse), roi).row()
    assert row["eer"] == pytest.approx(1.2, rel=0.01)
    assert row["adc"] == pytest.approx(0.9, rel=0.01)


def test_without_any_images_or_late_phases_the_reason_is_told() -> None:
    dynamic, _, roi = phantoms("I")
    with pytest.raises(InputError, match="no images"):
        measure(None, None, roi)
    early = DynamicSeries(
        dynamic.series.signal[:3], dynamic.series.seconds[:3], dynamic.series.geometry, "phantom"
    )
    found = measure(early, None, roi)
    assert found.row()["tic"] is None
    assert "No phase is later than 2 min: no type of the curve." in found.notes[0]


def test_every_fault_of_both_kinds_of_images_is_told_at_once() -> None:
    dynamic, diffusion, roi = phantoms("I")
    late = DynamicSeries(
        dynamic.series.signal, dynamic.series.seconds + 200.0, dynamic.series.geometry, "phantom"
    )
    noise = diffusion.series.signal
    noise[...] = np.abs(np.random.default_rng(1).standard_normal(noise.shape)).astype(np.float32)
    with pytest.raises(InputError) as refused:
        measure(late, diffusion.series, roi)
    assert len(refused.value.faults) == 2
    assert "no phase before the injection" in str(refused.value)
    assert "stands out of the noise" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tolerance", 0.0),
        ("enhancement_area_mm2", 0.0),
        ("adc_area_mm2", -1.0),
        ("noise_floor", 0.0),
        ("adc_circles", 0),
    ],
)
def test_settings_that_cannot_be_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        MeasureSettings(**{name: value})


def test_the_picture_shows_every_kind_of_image() -> None:
    dynamic, diffusion, roi = phantoms("III", snr=20.0)
    figure = measure(dynamic.series, diffusion.series, roi).plot()
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "Enhancement",
        "Type III, wash-out",
        "ADC map",
    ]
    alone = measure(dynamic_phantom().series, None, roi).plot()
    assert len(alone.axes) == 2
