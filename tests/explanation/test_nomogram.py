from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.cohort.design_matrix import Encoding
from her2mri.dictionary import load_dictionary
from her2mri.errors import EstimationError
from her2mri.explanation.nomogram import NOMOGRAM_COLUMNS, Nomogram, build_nomogram, development_ranges
from her2mri.explanation.ticks import pretty_ticks

VARIABLES = [load_dictionary()[name] for name in ("ki67_status", "quadrant", "eer", "adc", "age")]
SYNTHETIC = pd.read_csv(Path(__file__).parents[1] / "golden" / "explanation" / "lesions.csv")
ENCODING = Encoding.learn(SYNTHETIC, VARIABLES)
RANGES = development_ranges(ENCODING, SYNTHETIC)
finite = st.floats(-20, 20).filter(lambda value: value == 0 or abs(value) > 1e-6)


def made(coefficients: list[float], *, intercept: float = -1.0) -> Nomogram:
    return build_nomogram(
        ENCODING, intercept, np.array(coefficients), ranges=RANGES, positive_label="HER2-low"
    )


@pytest.fixture(scope="module")
def rms(golden: Path) -> Nomogram:
    estimates = pd.read_csv(golden / "explanation" / "coefficients.csv").set_index("term")["estimate"]
    return made(estimates[list(ENCODING.names)].tolist(), intercept=float(estimates["Intercept"]))


def test_points_of_every_tick_agree_with_rms(rms: Nomogram, golden: Path) -> None:
    expected = pd.read_csv(golden / "explanation" / "axes.csv")
    frame = rms.frame()
    ours = frame[~frame["axis"].isin(["total_points", "probability"])]
    assert ours["axis"].tolist() == expected["variable"].tolist()
    for shown, level, value in zip(expected["shown"], ours["level"], ours["value"], strict=True):
        assert shown == level or float(shown) == value
    np.testing.assert_allclose(ours["points"], expected["points"], rtol=0, atol=1e-6)


def test_total_points_scale_agrees_with_rms(rms: Nomogram, golden: Path) -> None:
    expected = pd.read_csv(golden / "explanation" / "scale.csv")
    linear = expected[expected["scale"] == "linear_predictor"]
    np.testing.assert_allclose(rms.linear_predictor_of(linear["total_points"]), linear["value"], atol=1e-6)
    probability = expected[expected["scale"] == "probability"]
    np.testing.assert_allclose(
        rms.probability_of(probability["total_points"]), probability["value"], atol=1e-6
    )
    # rms finds the totals of its probability ticks by interpolation, so ours are held to the way back.
    back = rms.probability_of(rms.total_points_at(probability["value"]))
    np.testing.assert_allclose(back, probability["value"], rtol=1e-12)


def test_pretty_ticks_agree_with_r(golden: Path) -> None:
    for case in pd.read_csv(golden / "explanation" / "pretty.csv").itertuples():
        expected = [float(tick) for tick in str(case.ticks).split()]
        ticks = pretty_ticks(float(str(case.low)), float(str(case.high)), intervals=int(str(case.intervals)))
        np.testing.assert_allclose(ticks, expected, atol=1e-12)


@given(coefficients=st.lists(finite, min_size=9, max_size=9).filter(any), intercept=finite)
@settings(max_examples=60, deadline=None)
def test_points_give_back_the_linear_predictor(coefficients: list[float], intercept: float) -> None:
    nomogram = made(coefficients, intercept=intercept)
    lesions = SYNTHETIC.head(20)
    expected = intercept + ENCODING.matrix(lesions) @ np.array(coefficients)
    ours = nomogram.linear_predictor_of(nomogram.total_points(lesions))
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-7)


@given(coefficients=st.lists(finite, min_size=9, max_size=9).filter(any))
@settings(max_examples=60, deadline=None)
def test_axes_start_at_zero_and_the_widest_spans_100_points(coefficients: list[float]) -> None:
    frame = made(coefficients).frame()
    axes = frame[~frame["axis"].isin(["total_points", "probability"])].groupby("axis")["points"]
    np.testing.assert_allclose(axes.min(), 0, atol=1e-9)
    assert axes.max().max() == pytest.approx(100)
    assert (frame["points"] >= -1e-9).all()


def test_frame_names_the_positive_class_and_has_the_columns_promised() -> None:
    frame = made([1, 0.5, 0, 0, 0, 0, 0.1, -2, 0.01]).frame()
    assert tuple(frame.columns) == NOMOGRAM_COLUMNS
    assert frame["axis"].iloc[-1] == "probability"
    assert frame["label"].iloc[-1] == "Probability of HER2-low"
    assert (
        frame.loc[frame["level"] == "right_central", "level_label"].item() == "Right areola and central area"
    )


def test_probabilities_out_of_reach_are_not_on_the_axis() -> None:
    nomogram = made([1, 0.5, 0, 0, 0, 0, 0.1, -2, 0.01])
    shown = nomogram.frame().query("axis == 'probability'")
    assert shown["points"].between(0, nomogram.highest_total).all()
    assert 0.999 not in shown["value"].tolist()


def test_a_narrow_reach_gets_finer_probabilities() -> None:
    narrow = made([0.2, 0, 0, 0, 0, 0, 0, 0, 0]).frame().query("axis == 'probability'")
    assert len(narrow) >= 3
    assert narrow["value"].between(0.268, 0.311).all()


def test_a_saturated_model_keeps_a_probability_axis() -> None:
    saturated = made([0.1] + [0.0] * 8, intercept=800).frame().query("axis == 'probability'")
    assert saturated["value"].tolist() == [1.0, 1.0]
    assert np.isfinite(saturated["points"]).all()


def test_a_value_beyond_the_axis_has_points_on_the_same_line() -> None:
    nomogram = made([0, 0, 0, 0, 0, 0, 1, 0, 0])
    lesion = SYNTHETIC.head(1).assign(eer=4.4)
    assert nomogram.points(lesion)[0, 2] == pytest.approx(200)


def test_missing_and_unmet_values_have_no_points() -> None:
    seen = SYNTHETIC[SYNTHETIC["quadrant"] != "left_central"]
    encoding = Encoding.learn(seen, VARIABLES)
    nomogram = build_nomogram(encoding, 0, np.ones(8), ranges=RANGES, positive_label="HER2-low")
    lesions = SYNTHETIC.head(2).assign(quadrant=["left_central", "upper_left"], adc=[0.9, np.nan])
    points = nomogram.points(lesions)
    assert np.isnan(points).tolist() == [
        [False, True, False, False, False],
        [False, False, False, True, False],
    ]
    assert np.isnan(nomogram.total_points(lesions)).all()


def test_a_constant_variable_has_no_axis_and_no_points() -> None:
    constant = SYNTHETIC.assign(ki67_status="high", eer=1.0)
    encoding = Encoding.learn(constant, VARIABLES)
    nomogram = build_nomogram(
        encoding, 0, np.ones(7), ranges=development_ranges(encoding, constant), positive_label="HER2-low"
    )
    assert {axis.variable.name for axis in nomogram.axes} == {"quadrant", "adc", "age"}
    assert (nomogram.points(constant)[:, [0, 2]] == 0).all()


def test_a_single_variable_spans_the_whole_ruler() -> None:
    encoding = ENCODING.restricted_to(["ki67_status"])
    nomogram = build_nomogram(encoding, 0, np.array([-0.7]), ranges={}, positive_label="HER2-low")
    assert nomogram.points(pd.DataFrame({"ki67_status": ["low", "high"]})).ravel().tolist() == [100, 0]
    assert nomogram.highest_total == pytest.approx(100)


def test_a_model_without_any_effect_has_no_nomogram() -> None:
    with pytest.raises(EstimationError, match="no variable contributes"):
        made([0.0] * 9)


@pytest.mark.parametrize(
    ("coefficients", "ranges", "message"),
    [
        ([1.0] * 8, RANGES, "one coefficient for each of 9 columns"),
        ([np.nan] + [1.0] * 8, RANGES, "must be finite"),
        ([1.0] * 9, {"eer": (0, 2), "adc": (0.5, 1.5)}, "range of age is needed"),
        ([1.0] * 9, {**RANGES, "eer": (2.0, 2.0)}, "low < high"),
    ],
)
def test_what_cannot_be_drawn_is_refused(coefficients: list[float], ranges: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_nomogram(ENCODING, 0, np.array(coefficients), ranges=ranges, positive_label="HER2-low")
