from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.dictionary import load_dictionary
from her2mri.errors import EstimationError
from her2mri.statistics.agreement import feature_agreement, icc_class, kappa_class
from her2mri.statistics.agreement_bland_altman import bland_altman
from her2mri.statistics.agreement_icc import ICC_FORMS, intraclass_correlation
from her2mri.statistics.agreement_kappa import cohen_kappa, fleiss_kappa, gwet_ac


def test_icc_of_the_anxiety_ratings_is_the_published_one(shared: Path) -> None:
    ratings = pd.read_csv(shared / "data/reference/irr_anxiety.csv", index_col=0)
    found = intraclass_correlation(ratings)
    for form, answer in {"ICC1": 0.1750224, "ICC3": 0.2160494, "ICC2k": 0.4254988}.items():
        assert found.form(form)[0] == pytest.approx(answer, abs=5e-8)
    assert found.form("ICC2") == pytest.approx((0.1979983, -0.03891063, 0.4935739), abs=5e-8)


def test_all_six_forms_follow_from_the_mean_squares_of_aov(golden: Path) -> None:
    readings = pd.read_csv(golden / "readers/adc.csv")
    answers = pd.read_csv(golden / "readers/icc.csv").set_index("form")["estimate"]
    found = intraclass_correlation(readings)
    for form in ICC_FORMS:
        assert found.form(form)[0] == pytest.approx(answers[form], abs=1e-12)


def test_kappa_of_two_diagnosticians_is_the_published_one(shared: Path) -> None:
    ratings = pd.read_csv(shared / "data/reference/irr_diagnoses.csv", index_col=0)
    found = cohen_kappa(ratings["rater1"], ratings["rater2"])
    assert found.estimate == pytest.approx(0.6511628, abs=5e-8)
    # irr's vignette prints 0.43 for its six raters.
    assert fleiss_kappa(ratings).estimate == pytest.approx(0.430, abs=5e-4)


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_and_its_error_are_those_of_fleiss_cohen_and_everitt(golden: Path, weights) -> None:
    ratings = pd.read_csv(golden / "readers/ratings.csv")
    answer = pd.read_csv(golden / "readers/cohen.csv").set_index("weights").loc[weights]
    found = cohen_kappa(ratings["first"], ratings["second"], levels=[1, 2, 3, 4], weights=weights)
    n = len(ratings)
    assert found.estimate == pytest.approx(answer["estimate"], abs=1e-12)
    assert found.std_error * np.sqrt((n - 1) / n) == pytest.approx(answer["std_error"], abs=1e-12)


readings = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=4, max_size=30
).filter(lambda pairs: len({level for pair in pairs for level in pair}) > 1)


@settings(max_examples=60)
@given(readings)
def test_kappa_lies_in_its_interval_and_does_not_mind_who_reads_first(pairs) -> None:
    first, second = map(list, zip(*pairs, strict=True))
    found, turned = cohen_kappa(first, second), cohen_kappa(second, first)
    assert found.conf_low <= found.estimate <= found.conf_high
    assert turned.estimate == pytest.approx(found.estimate)
    assert turned.std_error == pytest.approx(found.std_error)
    assert gwet_ac(np.array(pairs, dtype=object), levels="abc").estimate <= 1.0


def test_lesions_of_one_patient_do_not_count_as_independent() -> None:
    first, second = list("aabbabab"), list("aabbaabb")
    once = cohen_kappa(first, second)
    twice = cohen_kappa(first * 2, second * 2, cluster=[*range(8), *range(8)])
    assert twice.estimate == pytest.approx(once.estimate)
    assert twice.std_error == pytest.approx(once.std_error)


def test_readings_all_alike_have_no_kappa_but_an_ac1() -> None:
    with pytest.raises(EstimationError, match="all readings are alike"):
        cohen_kappa(["a"] * 5, ["a"] * 5)
    with pytest.raises(EstimationError, match="all readings are alike"):
        fleiss_kappa([["a", "a"]] * 5)
    assert gwet_ac([["a", "a"]] * 5, levels=["a", "b"]).estimate == 1.0
    with pytest.raises(EstimationError, match="one level only"):
        gwet_ac([["a", "a"]] * 5)


def test_a_perfect_second_reading_agrees_perfectly() -> None:
    values = np.array([1.0, 2.0, 3.0, 5.0])
    assert intraclass_correlation(np.column_stack([values, values])).form("ICC2") == (1.0, 1.0, 1.0)
    shifted = intraclass_correlation(np.column_stack([values, values + 1.0]))
    assert shifted.form("ICC3")[0] == 1.0
    assert shifted.form("ICC2")[0] < 1.0
    with pytest.raises(EstimationError, match="every reading is the same"):
        intraclass_correlation(np.ones((4, 2)))


def test_the_bias_and_limits_of_agreement_are_those_of_the_differences() -> None:
    rng = np.random.default_rng(3)
    first = rng.normal(1.0, 0.2, 400)
    found = bland_altman(first, first + 0.1 + rng.normal(0.0, 0.05, 400))
    bias, lower, upper = found.limits["estimate"]
    assert bias == pytest.approx(-0.1, abs=0.01)
    assert np.mean(found.points["difference"].between(lower, upper)) == pytest.approx(0.95, abs=0.03)
    axes = found.plot()
    assert axes.get_ylabel() == "First less second"


def test_classes_are_those_of_the_paper_at_their_limits() -> None:
    assert [icc_class(value) for value in (0.49, 0.5, 0.75, 0.9, 0.901)] == [
        "poor", "moderate", "good", "good", "excellent",
    ]  # fmt: skip
    limits = (-0.2, 0.0, 0.2, 0.21, 0.4, 0.41, 0.6, 0.61, 0.8, 0.81, 1.0)
    assert [kappa_class(value) for value in limits] == [
        "poor", "slight", "slight", "fair", "fair", "moderate", "moderate", "substantial", "substantial",
        "almost perfect", "almost perfect",
    ]  # fmt: skip


def test_the_table_of_features_has_every_feature_that_both_read() -> None:
    rng = np.random.default_rng(8)
    n = 60
    shapes = np.array(["irregular", "round_or_oval"])
    one = pd.DataFrame(
        {
            "lesion_id": [f"L{i}" for i in range(n)],
            "patient_id": [f"P{i // 2}" for i in range(n)],
            "adc": rng.normal(1.0, 0.2, n),
            "shape": rng.choice(shapes, n),
            "bpe": "minimal_or_mild",
        }
    )
    other = one.assign(adc=one["adc"] + rng.normal(0.0, 0.03, n)).sample(frac=1.0, random_state=1)
    other.loc[0, "adc"] = np.nan
    table = feature_agreement(one, other, load_dictionary(), group="mri").frame()
    assert set(table["variable"]) == {"adc", "shape", "bpe"}
    rows = table.set_index(["variable", "coefficient"])
    assert rows.loc[("adc", "ICC2"), "verbal"] == "excellent"
    assert rows.loc[("adc", "ICC2"), "n"] == n - 1
    assert rows.loc[("shape", "Cohen's kappa"), "estimate"] == 1.0
    alike = table[(table["variable"] == "bpe") & (table["coefficient"] == "Cohen's kappa")].iloc[0]
    assert (alike["verbal"], "all readings are alike" in alike["note"]) == ("not applicable", True)
    with pytest.raises(ValueError, match="in common"):
        feature_agreement(one, other.assign(lesion_id="X" + other["lesion_id"]), load_dictionary())
