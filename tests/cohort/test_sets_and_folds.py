from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.cohort.cohort import Cohort
from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.cohort.split import assign_sets, grouped_folds, split_caveats
from her2mri.dictionary import load_dictionary
from her2mri.errors import TableError

DICTIONARY = load_dictionary()
POSITIVE, LOW = (DICTIONARY.task(name) for name in ("her2_positive", "her2_low"))


def cohort_of(frame: pd.DataFrame) -> Cohort:
    return cohort_from_frame(frame, DICTIONARY)


def bilateral(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    """The first n pairs of lesions of the same center belong to one patient each."""
    patient = frame["patient_id"].copy()
    patient.iloc[2 : 4 * n : 4] = patient.iloc[0 : 4 * n : 4].to_numpy()
    return frame.assign(patient_id=patient, age=50, menopausal_status="premenopausal")


def refusal(cohort: Cohort, task=POSITIVE, **options) -> str:
    with pytest.raises(TableError) as caught:
        assign_sets(cohort, task, **options)
    return str(caught.value)


def test_patients_are_never_parted_and_the_shares_are_as_asked(make_lesions):
    cohort = cohort_of(bilateral(make_lesions(300), 20))
    sample = assign_sets(cohort, POSITIVE, external=["South"], train_fraction=0.7, seed=3)
    lesions = cohort.frame.assign(sample=sample)
    assert (lesions.groupby("patient_id")["sample"].nunique() == 1).all()
    assert set(lesions.loc[lesions["center"] == "South", "sample"]) == {"external_validation"}
    own = lesions[lesions["center"] == "North"]
    trained = own["sample"] == "training"
    assert abs(trained.sum() - 0.7 * len(own)) <= 2
    is_event = own["her2_status"] == "positive"
    assert abs((trained & is_event).sum() - 0.7 * is_event.sum()) <= 2


def test_the_draw_depends_on_seed_and_task_but_not_on_the_order_of_rows(make_lesions):
    frame = make_lesions(120)
    straight, mixed = cohort_of(frame), cohort_of(frame.sample(frac=1, random_state=5))

    def drawn(cohort, task=LOW, seed=1):
        sample = assign_sets(cohort, task, seed=seed)
        return pd.Series(sample.to_numpy(), cohort.frame["lesion_id"]).dropna().sort_index()

    pd.testing.assert_series_equal(drawn(straight), drawn(mixed))
    assert not drawn(straight).equals(drawn(straight, seed=2))
    shared = drawn(straight).index
    assert not drawn(straight).equals(drawn(straight, POSITIVE)[shared])


def test_lesions_that_the_task_does_not_ask_about_have_no_set(make_lesions):
    cohort = cohort_of(make_lesions(60))
    sample = assign_sets(cohort, LOW)
    assert sample.isna().equals(cohort.frame["her2_status"] == "positive")


def test_the_sets_of_the_table_win_and_those_of_the_task_before_all(make_lesions):
    n = 60
    frame = make_lesions(n)
    frame["set"] = np.repeat(["training", "internal_validation"], n // 2)
    frame["set_her2_low"] = np.repeat(["internal_validation", "training"], n // 2)
    cohort = cohort_of(frame)
    assert assign_sets(cohort, POSITIVE, external=["South"]).tolist() == frame["set"].tolist()
    given = assign_sets(cohort, LOW)
    assert given.dropna().equals(cohort.frame["set_her2_low"][given.notna()])


def test_sets_given_for_some_lesions_only_are_refused_with_the_lesions(make_lesions):
    frame = make_lesions(30).assign(set="training")
    frame.loc[[3, 5], "set"] = None
    said = refusal(cohort_of(frame))
    assert "l0003" in said
    assert "l0005" in said


def test_a_center_that_does_not_exist_is_refused_with_those_there_are(make_lesions):
    assert "(found 'Nroth'); allowed: North, South" in refusal(
        cohort_of(make_lesions(30)), external=["Nroth"]
    )


def test_a_set_of_one_class_is_refused(make_lesions):
    said = refusal(cohort_of(make_lesions(30).assign(her2_ihc="3+")))
    assert "the training set has 0 HER2-negative lesions" in said
    assert "the internal validation set has 0 HER2-negative lesions" in said


def test_a_study_without_a_training_set_is_refused(make_lesions):
    assert "no lesion is in the training set" in refusal(
        cohort_of(make_lesions(30)), external=["North", "South"]
    )
    assert "no lesion is in the training set" in refusal(cohort_of(make_lesions(4).assign(her2_ihc="2+")))


def test_five_events_are_few_enough_to_be_said_and_three_are_refused(make_lesions):
    frame = make_lesions(60, centers=("A",)).assign(her2_ihc="0")
    cohort = cohort_of(frame.assign(her2_ihc=["3+"] * 5 + ["0"] * 55))
    sample = assign_sets(cohort, POSITIVE, train_fraction=0.6)
    found = {caveat.code: caveat.value for caveat in split_caveats(cohort, POSITIVE, sample)}
    assert found == {"few_events": "2"}
    assert "HER2-positive lesions" in refusal(cohort_of(frame.assign(her2_ihc=["3+"] * 3 + ["0"] * 57)))


def test_a_patient_on_both_sides_of_given_sets_is_said(make_lesions):
    frame = bilateral(make_lesions(60), 1)
    frame["set"] = ["training", "training", "internal_validation", "internal_validation"] * 15
    cohort = cohort_of(frame)
    caveats = split_caveats(cohort, POSITIVE, assign_sets(cohort, POSITIVE))
    assert [(caveat.code, caveat.value) for caveat in caveats if caveat.column] == [
        ("patient_in_two_sets", "p0000")
    ]


@settings(max_examples=60, deadline=None)
@given(
    patient=st.lists(st.integers(0, 40), min_size=12, max_size=80),
    n_folds=st.integers(2, 5),
    seed=st.integers(0, 9),
    data=st.data(),
)
def test_folds_never_part_a_patient_and_do_not_depend_on_the_order(patient, n_folds, seed, data):
    patients = np.array(patient)
    y = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(patients), max_size=len(patients))))
    n_patients = len(np.unique(patients))
    if n_patients < n_folds:
        with pytest.raises(TableError, match="cannot be divided"):
            grouped_folds(y, patients, n_folds, seed)
        return
    folds = grouped_folds(y, patients, n_folds, seed)
    table = pd.DataFrame({"patient": patients, "fold": folds, "y": y})
    assert (table.groupby("patient")["fold"].nunique() == 1).all()
    by_patient = table.groupby("patient").agg(fold=("fold", "first"), event=("y", "max"))
    for counts in (
        np.bincount(by_patient["fold"], minlength=n_folds),
        np.bincount(by_patient.loc[by_patient["event"] == 1, "fold"], minlength=n_folds),
    ):
        assert counts.max() - counts.min() <= 1
    order = np.random.default_rng(seed).permutation(len(y))
    assert (grouped_folds(y[order], patients[order], n_folds, seed) == folds[order]).all()
