"""The early enhancement ratio and the type of a curve, on curves whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from her2mri.errors import InputError
from her2mri.imaging.curve_type import CURVE_TYPES, curve_type, curve_types, delayed_change
from her2mri.imaging.early_enhancement import early_enhancement_ratio, early_phases
from imaging.phantoms.dynamic import enhancement

SECONDS = np.array([-30.0, 30.0, 90.0, 150.0, 210.0, 270.0])


def test_signal_at_two_minutes_is_interpolated_between_its_phases() -> None:
    found = early_enhancement_ratio([100, 120, 160, 200, 240, 280], SECONDS)
    assert found.ratio == pytest.approx(0.8)
    assert found.after_seconds == 120.0
    assert found.method == "at 2 min, interpolated between phases at 90 and 150 s"


def test_a_peak_before_two_minutes_counts_instead() -> None:
    found = early_enhancement_ratio([100, 150, 220, 180, 170, 160], SECONDS)
    assert found.ratio == pytest.approx(1.2)
    assert found.method == "peak within 2 min, at 90 s"


def test_several_phases_before_the_injection_are_averaged() -> None:
    assert early_enhancement_ratio([90, 110, 200, 200], [-60, 0, 120, 180]).before == pytest.approx(100.0)


@pytest.mark.parametrize(("last", "at"), [(106.0, 106.0), (133.0, 133.0)])
def test_a_phase_a_quarter_of_a_minute_from_two_is_near_enough(last: float, at: float) -> None:
    assert early_enhancement_ratio([100, 250], [-20, last]).after_seconds == at


@pytest.mark.parametrize(
    ("seconds", "problem"),
    [
        ([30, 90, 150], "no phase before the injection"),
        ([-10, 30, 90], "no phase reaches 2 min"),
        ([-10, 0], "no phase reaches 2 min"),
        ([-10, 140, 200], "no phase within 2 min"),
        ([-10, 60, 300], "240 s apart"),
    ],
)
def test_times_that_say_nothing_of_two_minutes_are_refused(seconds: list[float], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        early_phases(seconds)


def test_no_signal_before_the_injection_is_refused() -> None:
    with pytest.raises(InputError, match="no signal before"):
        early_enhancement_ratio([0, 100, 100], [0, 60, 120])


CURVES = arrays(np.float64, 6, elements=st.floats(1.0, 1e4))


@given(CURVES, st.floats(0.01, 100.0))
def test_neither_ratio_nor_type_depends_on_the_scale_of_the_signal(curve: np.ndarray, scale: float) -> None:
    one, other = (early_enhancement_ratio(signal, SECONDS).ratio for signal in (curve, scale * curve))
    assert other == pytest.approx(one, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(
        delayed_change(scale * curve, SECONDS), delayed_change(curve, SECONDS), rtol=1e-9, atol=1e-9
    )


@given(CURVES, st.floats(0.0, 50.0))
def test_a_brighter_phase_before_two_minutes_never_lowers_the_ratio(curve: np.ndarray, more: float) -> None:
    brighter = curve + np.array([0, 0, more, 0, 0, 0])
    assert (
        early_enhancement_ratio(brighter, SECONDS).ratio
        >= early_enhancement_ratio(curve, SECONDS).ratio - 1e-9
    )


@pytest.mark.parametrize(("kind", "name"), [("I", "progressive"), ("II", "plateau"), ("III", "washout")])
@pytest.mark.parametrize("eer", [0.4, 1.2, 2.5])
def test_the_phantoms_curves_have_their_types(kind: str, name: str, eer: float) -> None:
    assert curve_type(1.0 + enhancement(kind, SECONDS, eer=eer), SECONDS) == name


@pytest.mark.parametrize(
    ("last", "name"), [(179, "washout"), (181, "plateau"), (219, "plateau"), (221, "progressive")]
)
def test_the_limits_of_the_plateau_are_ten_per_cent(last: float, name: str) -> None:
    assert curve_type([100, 200, 200, last], [0, 60, 120, 300]) == name


def test_a_curve_that_turns_after_two_minutes_is_judged_from_its_turning_point() -> None:
    assert curve_type([100, 180, 200, 260, 225], [0, 60, 120, 200, 300]) == "washout"


def test_a_wider_tolerance_makes_a_plateau() -> None:
    curve, seconds = [100, 180, 200, 170], [0, 60, 120, 300]
    assert curve_type(curve, seconds) == "washout"
    assert curve_type(curve, seconds, tolerance=0.2) == "plateau"
    with pytest.raises(ValueError, match="0 < tolerance < 1"):
        curve_type(curve, seconds, tolerance=1.0)


def test_a_series_that_ends_at_two_minutes_has_no_type() -> None:
    with pytest.raises(InputError, match="no phase later than 2 min"):
        curve_type([100, 200, 200], [0, 60, 120])


def test_types_are_right_in_99_per_cent_at_a_signal_to_noise_ratio_of_20() -> None:
    """A circle of 19 voxels, signal before contrast 20 times the noise; 4000 curves of each type."""
    rng = np.random.default_rng(5)
    for place, kind in enumerate(("I", "II", "III")):
        clean = 20.0 * (1.0 + enhancement(kind, SECONDS, eer=1.0))
        drawn = np.hypot(
            clean[:, None, None] + rng.standard_normal((6, 19, 4000)), rng.standard_normal((6, 19, 4000))
        )
        assert (curve_types(drawn.mean(axis=1), SECONDS) == place).mean() >= 0.99, CURVE_TYPES[place]


def test_reference_curves_keep_ratio_and_type_whatever_the_phases_and_the_noise(shared: Path) -> None:
    """Concentrations of an extended Tofts model, a point a second, at signal-to-noise ratios of 20 and more."""
    table = pd.read_csv(shared / "data" / "mri_samples" / "osipi_dce_DRO_data_extended_tofts.csv")
    expected = {"T1": ("plateau", 0.60), "T2": ("washout", 0.67), "T3": ("plateau", 0.50)}
    for row in table.to_dict("records"):
        kind, ratio = expected[str(row["label"]).split("_")[2]]
        seconds, concentration = (np.array(str(row[name]).split(), dtype=float) for name in ("t", "C"))
        signal = 1.0 + 3.0 * concentration
        times = seconds - seconds[np.argmax(concentration > 0.25 * concentration.max())]
        for width in (20.0, 30.0, 40.0):
            curve, at = _mean(signal, times, width), _mean(times, times, width)
            assert early_enhancement_ratio(curve, at).ratio == pytest.approx(ratio, abs=0.04)
            assert curve_type(curve, at) == kind
    assert len(table) == 15


def _mean(values: np.ndarray, times: np.ndarray, width: float) -> np.ndarray:
    """Means over phases of this width, all before the injection as one."""
    phase = np.where(times <= 0, -1, np.floor(times / width))
    return np.array([values[phase == number].mean() for number in np.unique(phase)])
