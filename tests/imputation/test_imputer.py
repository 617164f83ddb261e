from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from her2mri.dictionary import load_dictionary
from her2mri.errors import TableError
from her2mri.imputation.imputer import Imputer


@pytest.fixture(scope="module")
def imputer(gappy, variables):
    frame, y, patient = gappy
    return Imputer.learn(frame, variables, y, patient, seed=4)


@pytest.fixture(scope="module")
def completed(imputer):
    return imputer.complete_development(3)


def test_what_was_there_stays_and_every_gap_is_filled(completed, gappy, variables):
    frame = gappy[0]
    for copy in completed:
        assert copy[[variable.name for variable in variables]].notna().all(axis=None)
        assert_frame_equal(copy.where(frame.notna()), frame.where(frame.notna()))
        assert (copy.dtypes == frame.dtypes).all()


def test_filled_values_are_values_that_were_observed(imputer, completed, gappy, variables):
    frame = gappy[0]
    new = pd.DataFrame({name: pd.Series(np.nan, range(40), dtype=frame[name].dtype) for name in frame})
    for copy in (*completed, *imputer.complete_new(new, 2)):
        for variable in variables:
            assert copy[variable.name].isin(frame[variable.name].dropna()).all(), variable.name


def test_imputations_differ_from_each_other(completed):
    assert not completed[0].equals(completed[1])


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(completed, gappy, variables):
    frame, y, patient = gappy
    again = Imputer.learn(frame, variables, y, patient, seed=4).complete_development(4)
    for one, other in zip(completed, again, strict=False):
        assert_frame_equal(one, other, check_exact=True)
    assert not completed[0].equals(
        Imputer.learn(frame, variables, y, patient, seed=5).complete_development(1)[0]
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_the_order_of_the_rows_makes_no_difference(completed, gappy, variables, seed):
    frame, y, patient = gappy
    order = np.random.default_rng(seed).permutation(len(frame))
    shuffled = Imputer.learn(
        frame.iloc[order].reset_index(drop=True), variables, y[order], patient[order], seed=4
    )
    expected = completed[0].iloc[order].reset_index(drop=True)
    assert_frame_equal(shuffled.complete_development(1)[0], expected, check_exact=True)


def test_without_a_gap_the_frames_are_the_frame_itself(whole, variables):
    frame, y, patient = whole
    imputer = Imputer.learn(frame, variables, y, patient)
    assert all(copy is frame for copy in imputer.complete_development(2))
    assert all(copy is frame for copy in imputer.complete_new(frame, 2))


def test_a_new_lesion_is_completed_alike_in_any_company(imputer, gappy):
    new = gappy[0].iloc[:60]
    together = imputer.complete_new(new, 2)
    for rows in ([7], [30, 7, 2], range(59, -1, -1)):
        some = new.iloc[list(rows)]
        for alone, among in zip(imputer.complete_new(some, 2), together, strict=True):
            assert_frame_equal(alone, among.iloc[list(rows)], check_exact=True)


def test_the_outcome_helps_to_complete_development_lesions(gappy, variables):
    frame, y, patient = gappy
    told = Imputer.learn(frame, variables, y, patient, seed=4).complete_development(1)[0]
    untold = Imputer.learn(frame, variables, None, patient, seed=4).complete_development(1)[0]
    assert not told.equals(untold)


def test_imputed_values_keep_the_associations_of_observed_ones(whole, variables):
    frame, y, patient = whole
    missing = np.random.default_rng(1).random(len(frame)) < 0.4
    gaps = frame.copy()
    gaps.loc[missing, ["adc", "ki67_status"]] = np.nan
    copies = Imputer.learn(gaps, variables, y, patient, seed=2).complete_development(20)
    for name, number in (("adc", float), ("ki67_status", lambda values: values == "high")):
        related = [
            np.corrcoef(number_of(copy[name][missing], number), frame["age"][missing])[0, 1]
            for copy in copies
        ]
        truth = np.corrcoef(number_of(frame[name][missing], number), frame["age"][missing])[0, 1]
        assert np.mean(related) == pytest.approx(truth, abs=0.15)
        assert np.mean(related) > 0.2


def number_of(values, number):
    return values.astype(float) if number is float else number(values).astype(float)


def test_a_rare_level_stays_rare():
    dictionary = load_dictionary()
    rng = np.random.default_rng(3)
    n = 300
    names = ["er_status", "pr_status", "ki67_status", "shape", "margin", "grade", "n_category", "t_category"]
    frame = pd.DataFrame({name: rng.choice(dictionary[name].values, n) for name in names})
    frame["histological_subtype"] = rng.choice(["idc", "ilc", "mucinous"], n, p=[0.84, 0.15, 0.01])
    missing = rng.random(n) < 0.4
    frame.loc[missing, "histological_subtype"] = np.nan
    observed = (frame["histological_subtype"] == "mucinous").sum() / (~missing).sum()
    variables = [dictionary[name] for name in frame]
    copies = Imputer.learn(frame, variables, rng.integers(0, 2, n), np.arange(n)).complete_development(20)
    share = np.mean([(copy["histological_subtype"][missing] == "mucinous").mean() for copy in copies])
    assert observed / 3 < share < 3 * observed


def test_a_category_that_another_determines_never_contradicts_it():
    dictionary = load_dictionary()
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {"quadrant": rng.choice(["upper_left", "lower_left", "upper_right", "lower_right"], 200)}
    )
    frame["location"] = frame["quadrant"].str.split("_").str[1]
    frame["age"] = rng.normal(50, 9, 200)
    frame.loc[rng.random(200) < 0.4, "quadrant"] = np.nan
    frame.loc[rng.random(200) < 0.3, "location"] = np.nan
    variables = [dictionary[name] for name in ("location", "quadrant", "age")]
    imputer = Imputer.learn(frame, variables, rng.integers(0, 2, 200), np.arange(200))
    for copy in (*imputer.complete_development(4), *imputer.complete_new(frame, 2)):
        assert (copy["quadrant"].str.split("_").str[1] == copy["location"]).all()


def test_a_patient_has_one_age(gappy, variables):
    frame, y, _ = gappy
    patient = np.arange(len(frame)) // 2
    frame = frame.assign(age=np.repeat(frame["age"].to_numpy()[::2], 2))
    frame.loc[::3, "age"] = np.nan
    ages = Imputer.learn(frame, variables, y, patient).complete_development(2)[1]["age"]
    assert (ages.groupby(patient).nunique() == 1).all()


def test_a_variable_of_one_value_is_filled_with_it_and_noted(gappy, variables):
    frame, y, patient = gappy
    frame = frame.assign(shape=pd.Series(np.where(np.arange(len(frame)) % 2, "irregular", None), dtype="str"))
    frame["eer"] = frame["eer"].where(frame["eer"].isna(), 1.5)
    imputer = Imputer.learn(frame, variables, y, patient)
    copy = imputer.complete_development(1)[0]
    assert set(copy["shape"]) == {"irregular"}
    assert set(copy["eer"]) == {1.5}
    assert [note.split(":")[0] for note in imputer.notes] == ["Early enhancement ratio", "Mass shape"]
    assert imputer.complete_new(frame, 1)[0][["shape", "eer"]].notna().all(axis=None)


def test_a_level_that_no_development_lesion_had_is_kept(imputer, gappy):
    new = gappy[0].iloc[:3].assign(shape="never_met", eer=np.nan)
    assert set(imputer.complete_new(new, 1)[0]["shape"]) == {"never_met"}


def test_every_variable_without_a_value_is_refused_at_once(gappy, variables):
    frame, y, patient = gappy
    with pytest.raises(TableError) as refused:
        Imputer.learn(frame.assign(eer=np.nan).drop(columns="adc"), variables, y, patient)
    assert [fault.column for fault in refused.value.faults] == ["eer", "adc"]


@pytest.mark.parametrize("refused", [0, -1])
def test_no_round_and_no_imputation_are_refused(imputer, gappy, variables, refused):
    frame, y, patient = gappy
    with pytest.raises(ValueError, match=f"n_iterations >= 1, got {refused}"):
        Imputer.learn(frame, variables, y, patient, n_iterations=refused)
    with pytest.raises(ValueError, match=f"m >= 1, got {refused}"):
        imputer.complete_development(refused)
