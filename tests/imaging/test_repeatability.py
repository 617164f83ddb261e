"""Repeated measurements, and what their errors do to a model's probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.bundle import Bundle
from her2mri.dictionary import load_dictionary
from her2mri.errors import EstimationError, InputError
from her2mri.imaging.error_effect import EFFECT_COLUMNS, error_effect
from her2mri.imaging.repeatability import REPEATABILITY_COLUMNS, compare_sheets, repeatability

N = 80


@pytest.fixture(scope="module")
def sheets() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(1)
    truth, curves = rng.uniform(0.5, 2.0, N), rng.choice(["washout", "plateau", "progressive"], N)
    one, other = (
        pd.DataFrame(
            {
                "lesion_id": [f"l{i}" for i in range(N)],
                "eer": truth + rng.normal(0.0, 0.1, N),
                "adc": truth / 2 + rng.normal(0.0, 0.03, N),
                "tic": np.where(rng.random(N) < 0.1, "plateau", curves),
            }
        )
        for _ in range(2)
    )
    return one, other


@pytest.fixture(scope="module")
def bundle(golden: Path) -> Bundle:
    return Bundle.load(golden / "bundle" / "her2_positive_LR.json")


@pytest.fixture(scope="module")
def lesions() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "lesion_id": [f"l{i}" for i in range(20)],
            "n_category": rng.choice(["N0", "N1", "N2"], 20),
            "ki67_status": rng.choice(["high", "low"], 20),
            "lesion_number": "single",
            "quadrant": "upper_left",
            "eer": rng.uniform(0.6, 1.8, 20),
            "adc": rng.uniform(0.8, 1.1, 20),
        }
    )


def test_interval_of_the_within_subject_deviation_covers_it_in_95_per_cent() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(150):
        subject = rng.normal(size=25)
        found = repeatability(subject + 0.2 * rng.normal(size=25), subject + 0.2 * rng.normal(size=25))
        covered += found.within_low <= 0.2 <= found.within_high
    assert 0.90 <= covered / 150 <= 0.99


def test_95_per_cent_of_differences_are_below_the_coefficient() -> None:
    rng = np.random.default_rng(4)
    first, second = 0.3 * rng.normal(size=(2, 20000))
    coefficient = repeatability(first, second).coefficient[0]
    assert (np.abs(first - second) < coefficient).mean() == pytest.approx(0.95, abs=0.005)


def test_one_lesion_repeats_nothing() -> None:
    with pytest.raises(EstimationError, match="2 lesions or more, got 1"):
        repeatability([1.0, np.nan], [1.1, 1.0])


def test_sheets_give_every_measure_its_repeatability(sheets: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = compare_sheets(*sheets, load_dictionary())
    table = found.frame()
    assert tuple(table.columns) == REPEATABILITY_COLUMNS
    assert found.within_sd()["eer"] == pytest.approx(0.1, rel=0.25)
    assert found.within_sd()["adc"] == pytest.approx(0.03, rel=0.25)
    assert {"ICC2", "bias", "lower_limit", "upper_limit"} <= set(
        table.loc[table["variable"] == "eer", "quantity"]
    )
    kappa = table[(table["variable"] == "tic") & (table["quantity"] == "Cohen's kappa")]
    assert float(kappa["estimate"].iloc[0]) > 0.6
    assert len(found.plot().axes) == 2


def test_sheets_without_a_common_lesion_are_refused(sheets: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    one, other = sheets
    with pytest.raises(InputError, match="no lesion in common"):
        compare_sheets(one, other.assign(lesion_id="elsewhere"), load_dictionary())


def test_probabilities_without_error_are_those_of_the_model(bundle: Bundle, lesions: pd.DataFrame) -> None:
    table = error_effect(bundle, lesions, {"eer": 0.0}).frame()
    assert tuple(table.columns) == EFFECT_COLUMNS
    answers = [bundle.predict(lesion).probability for lesion in lesions.to_dict("records")]
    for column in ("probability", "conf_low", "conf_high"):
        np.testing.assert_allclose(table[column].astype(float), np.array(answers, dtype=float), atol=1e-12)
    assert table["share_changed"].eq(0.0).all()


def test_error_moves_the_log_odds_by_the_models_coefficient(bundle: Bundle, lesions: pd.DataFrame) -> None:
    found = error_effect(bundle, lesions, {"adc": 0.04}, draws=4000).frame()
    lesion = lesions.iloc[0].to_dict()
    up, down = (bundle.predict({**lesion, "adc": lesion["adc"] + d}).linear_predictor for d in (0.01, -0.01))
    assert up is not None
    assert down is not None
    sd = 0.04 * abs(up - down) / 0.02
    low, high = (np.log(p / (1 - p)) for p in found.loc[0, ["conf_low", "conf_high"]].astype(float))
    assert high - low == pytest.approx(2 * 1.96 * sd, rel=0.08)


def test_lesions_near_the_threshold_change_side_and_others_do_not(
    bundle: Bundle, lesions: pd.DataFrame
) -> None:
    table = error_effect(bundle, lesions, {"eer": 0.1, "adc": 0.04}).frame()
    probability = table["probability"].astype(float)
    threshold = float(np.median(probability))
    found = error_effect(bundle, lesions, {"eer": 0.1, "adc": 0.04}, threshold=threshold)
    nearest = (probability - threshold).abs().idxmin()
    shares = found.frame()["share_changed"].astype(float)
    assert shares[nearest] > 0.3
    assert shares[(probability - threshold).abs().idxmax()] < 0.05
    assert found.table.equals(
        error_effect(bundle, lesions, {"eer": 0.1, "adc": 0.04}, threshold=threshold).table
    )
    assert "of calls change" in found.summary()
    assert found.plot().get_ylim() == (0.0, 1.0)


def test_each_lesions_own_error_is_used_and_a_missing_value_has_none(
    bundle: Bundle, lesions: pd.DataFrame
) -> None:
    errors = pd.DataFrame({"lesion_id": ["l1", "l2"], "measure": ["adc", "adc"], "std_error": [0.1, np.nan]})
    gaps = lesions.assign(eer=[np.nan, *lesions["eer"][1:]])
    table = error_effect(bundle, gaps, errors).frame().set_index("lesion_id")
    width = table["conf_high"].astype(float) - table["conf_low"].astype(float)
    assert width["l1"] > 0.05
    assert width["l2"] == width["l0"] == 0.0


def test_errors_of_what_the_model_does_not_use_are_refused(bundle: Bundle, lesions: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="none is of a measurement that the model uses"):
        error_effect(bundle, lesions, {"diameter_cm": 0.1})
