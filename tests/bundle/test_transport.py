"""A frozen model on a new centre: validated as evaluation would, and told apart by case mix."""

from __future__ import annotations

import numpy as np
import pytest
from made_up import lesions

from her2mri.errors import TableError
from her2mri.evaluation.decision_curve import net_benefit
from her2mri.statistics.intervals import wilson
from her2mri.transport.validate import read_centre, validate


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("centre") / "centre.csv"
    frame = lesions(250, 21)
    frame.loc[3, "eer"] = np.nan
    frame.loc[4, "her2_status"] = None
    frame.assign(pure_nme=["yes"] + ["no"] * 249).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def found(frozen, table):
    return validate(frozen["LR"], read_centre(frozen["LR"], table), seed=3, n_bootstrap=200)


def test_lesions_without_an_answer_or_an_outcome_are_counted_and_left_out(found):
    assert len(found.centre.y) == 248
    assert found.centre.left_out == {
        "no outcome of this task": 1,
        "the model was not made for such lesions: Pure non-mass enhancement": 1,
    }
    assert sum(bool(answer.missing) for answer in found.centre.answers) == 1


def test_everything_is_measured_at_the_threshold_of_development(found, frozen):
    threshold = frozen["LR"].locked_threshold
    rows = found.frame().set_index("metric")
    called = found.centre.probability >= threshold
    assert rows.loc["sensitivity", "estimate"] == pytest.approx(called[found.centre.y == 1].mean())
    expected = net_benefit(found.centre.y, found.centre.probability, threshold)
    assert rows.loc["net_benefit", "estimate"] == pytest.approx(float(expected))
    assert set(rows["threshold"].dropna()) == {threshold}
    assert set(rows["threshold_rule"]) == {"", "youden_training"}


def test_every_measure_has_an_interval_around_it(found):
    rows = found.frame()
    assert {"auc", "calibration_slope", "calibration_in_the_large", "ici", "net_benefit"} <= set(
        rows["metric"]
    )
    assert (rows["conf_low"] <= rows["estimate"]).all()
    assert (rows["estimate"] <= rows["conf_high"]).all()


def test_the_same_seed_gives_the_same_intervals(found, frozen):
    again = validate(frozen["LR"], found.centre, seed=3, n_bootstrap=200)
    assert again.as_dict() == found.as_dict()


def test_case_mix_is_that_of_both_tables(found, frozen, frame):
    rows = found.case_mix_frame().set_index(["variable", "level", "statistic"])
    adc = rows.loc[("adc", "", "mean")]
    assert adc["development"] == pytest.approx(frame["adc"].mean())
    assert adc["here"] == pytest.approx(found.centre.frame["adc"].mean())
    high = rows.loc[("ki67_status", "high", "share")]
    assert high["here"] == pytest.approx((found.centre.frame["ki67_status"] == "high").mean())
    assert rows.loc[("outcome", "", "share"), "development"] == pytest.approx(frozen["LR"].prevalence)
    assert ("linear_predictor", "", "sd") in rows.index


def test_a_centre_like_development_differs_by_chance_alone(frozen, tmp_path):
    path = tmp_path / "alike.csv"
    lesions(2000, 22).to_csv(path, index=False)
    centre = read_centre(frozen["LR"], path)
    rows = validate(frozen["LR"], centre, n_bootstrap=100).case_mix_frame().dropna(subset=["conf_low"])
    inside = (rows["conf_low"] <= 0) & (rows["conf_high"] >= 0)
    assert inside.mean() >= wilson(int(0.95 * len(rows)), len(rows))[0]


def test_a_table_without_the_outcome_is_a_fault(frozen, tmp_path):
    path = tmp_path / "none.csv"
    lesions(20, 1).drop(columns="her2_status").to_csv(path, index=False)
    with pytest.raises(TableError, match="outcome"):
        read_centre(frozen["LR"], path)
