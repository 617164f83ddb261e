from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2mri.cohort.eligibility import FLOW_COLUMNS, apply_exclusions
from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.dictionary import load_dictionary

DICTIONARY = load_dictionary()
PREDICTORS = [variable.name for variable in DICTIONARY.with_role("predictor")]


def excluded(frame: pd.DataFrame, predictors: list[str] = PREDICTORS) -> dict[str, str]:
    cohort, _ = apply_exclusions(cohort_from_frame(frame, DICTIONARY), predictors=predictors)
    return dict(zip(cohort.exclusions["lesion_id"], cohort.exclusions["reason"], strict=True))


def test_each_lesion_is_left_out_for_the_first_reason_that_holds(make_lesions):
    frame = make_lesions(12)
    frame.loc[0, ["n_category", "distant_metastasis"]] = [None, "yes"]
    frame.loc[1, ["distant_metastasis", "invasive"]] = ["yes", "no"]
    frame.loc[2, "invasive"] = "no"
    frame.loc[3, "prior_treatment"] = "yes"
    frame.loc[4, "mri_complete"] = "no"
    frame.loc[5, ["pure_nme", "shape", "margin"]] = ["yes", None, None]
    frame.loc[6, "adc"] = np.nan
    frame.loc[7, "her2_ihc"] = "2+"
    assert excluded(frame) == {
        "l0000": "incomplete_clinicopathology",
        "l0001": "distant_metastasis",
        "l0002": "non_invasive",
        "l0003": "prior_treatment",
        "l0004": "incomplete_mri_flagged",
        "l0005": "pure_nme",
        "l0006": "incomplete_mri",
        "l0007": "not_labelled",
    }


def test_only_predictors_in_use_make_a_lesion_incomplete(make_lesions):
    frame = make_lesions(6)
    frame.loc[0, "adc"] = np.nan
    assert excluded(frame, ["eer", "age"]) == {}
    assert excluded(frame, ["adc"]) == {"l0000": "incomplete_mri"}
    assert excluded(frame.drop(columns="adc")) == {}


def test_of_several_lesions_of_one_side_the_largest_is_kept(make_lesions):
    frame = make_lesions(7, centers=("A",)).assign(age=50, menopausal_status="premenopausal")
    frame["patient_id"] = ["p", "p", "p", "q", "q", "q", "r"]
    frame["location"] = ["left", "left", "right", "left", "left", "left", "left"]
    frame["diameter_cm"] = [1.0, 2.0, 0.5, 3.0, 3.0, 1.0, 1.0]
    cohort, _ = apply_exclusions(cohort_from_frame(frame, DICTIONARY), predictors=[])
    assert set(cohort.exclusions["lesion_id"]) == {"l0000", "l0004", "l0005"}
    assert [caveat.value for caveat in cohort.caveats if caveat.code == "tie"] == ["l0004"]


def test_lesions_whose_side_is_not_known_are_kept_and_said(make_lesions):
    frame = make_lesions(3, centers=("A",)).assign(patient_id="p", age=50, location=["left", None, "left"])
    frame["diameter_cm"] = [1.0, 2.0, 3.0]
    cohort, _ = apply_exclusions(cohort_from_frame(frame, DICTIONARY), predictors=[])
    assert cohort.exclusions["lesion_id"].tolist() == ["l0000"]
    assert [caveat.value for caveat in cohort.caveats if caveat.code == "not_compared"] == ["l0001"]


def test_the_flow_counts_lesions_and_patients_by_center_and_adds_up(make_lesions):
    frame = make_lesions(40)
    frame.loc[2, "patient_id"] = "p0000"
    frame.loc[0, "distant_metastasis"] = "yes"
    frame.loc[[1, 3], "pure_nme"] = "yes"
    cohort, flow = apply_exclusions(cohort_from_frame(frame, DICTIONARY), predictors=PREDICTORS)
    table = flow.frame()
    assert tuple(table.columns) == FLOW_COLUMNS
    last = table[table["step"] == table["step"].max()].set_index("center")
    assert last["lesions_remaining"].to_dict() == cohort.frame["center"].value_counts().to_dict()
    assert table["lesions_excluded"].sum() == 3 == len(cohort.exclusions)
    # The patient of two lesions stays while one of them does.
    assert table["patients_excluded"].sum() == 2
    for _, rows in table.groupby("center"):
        assert (rows["lesions_remaining"].diff().dropna() == -rows["lesions_excluded"].iloc[1:]).all()


def test_a_step_that_the_table_cannot_answer_is_not_assessed(make_lesions):
    frame = make_lesions(8).drop(columns=["invasive", "location"])
    frame.loc[0, "prior_treatment"] = None
    cohort, flow = apply_exclusions(cohort_from_frame(frame, DICTIONARY), predictors=PREDICTORS)
    table = flow.frame()
    assert set(table.loc[~table["assessed"], "reason"]) == {"non_invasive", "smaller_on_same_side"}
    (caveat,) = [caveat for caveat in cohort.caveats if caveat.code == "eligibility_unknown"]
    assert (caveat.column, caveat.value) == ("prior_treatment", "1")


def test_what_incomplete_lesions_lack_is_counted(make_lesions):
    frame = make_lesions(8)
    frame.loc[[0, 1], "adc"] = np.nan
    frame.loc[1, "eer"] = np.nan
    _, flow = apply_exclusions(cohort_from_frame(frame, DICTIONARY), predictors=PREDICTORS)
    lacking = flow.missing_frame().set_index("variable")
    assert lacking["lesions_missing"].to_dict() == {"adc": 2, "eer": 1}
    assert lacking["lesions_missing_only_this"].to_dict() == {"adc": 1, "eer": 0}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_does_not_matter(make_lesions, seed):
    frame = make_lesions(30)
    frame.loc[:4, "pure_nme"] = "yes"
    shuffled = frame.sample(frac=1, random_state=seed)
    assert excluded(frame) == excluded(shuffled)


def test_a_cohort_may_be_left_without_lesions(make_lesions):
    cohort, flow = apply_exclusions(
        cohort_from_frame(make_lesions(4).assign(pure_nme="yes"), DICTIONARY), predictors=PREDICTORS
    )
    assert cohort.frame.empty
    assert flow.frame()["lesions_remaining"].iloc[-1] == 0
    flow.plot()
