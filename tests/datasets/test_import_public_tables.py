"""The real tables, against the figures that were counted when they were collected."""

from __future__ import annotations

import pandas as pd
import pytest

from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.datasets.duke import import_duke
from her2mri.datasets.mama_mia import COHORTS, import_mama_mia
from her2mri.datasets.tcga import import_tcga
from her2mri.dictionary import load_dictionary
from her2mri.errors import TableError

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def duke(shared):
    return import_duke(shared / "data" / "duke_breast_mri")


@pytest.fixture(scope="module")
def mama_mia(shared):
    return import_mama_mia(shared / "data" / "mama_mia", cohorts=COHORTS)


@pytest.fixture(scope="module")
def tcga(shared):
    return import_tcga(shared / "data" / "tcga_brca")


def counts(imported, column):
    return imported.frame[column].value_counts().to_dict()


@pytest.mark.parametrize("name", ["duke", "mama_mia", "tcga"])
def test_every_value_is_one_that_the_dictionary_stores(name, request):
    frame, dictionary = request.getfixturevalue(name).frame, load_dictionary()
    names = [variable.name for variable in dictionary.variables]
    assert list(frame) == [column for column in names if column in frame]
    for column in frame:
        variable, values = dictionary[column], frame[column].dropna()
        if variable.is_categorical:
            assert set(values) <= set(variable.values), column
        elif variable.bounds:
            assert values.between(*variable.bounds).all(), column
    identifiers = frame[["patient_id", "lesion_id", "center"]]
    assert identifiers.notna().all(axis=None)
    assert frame["lesion_id"].is_unique


@pytest.mark.parametrize("name", ["duke", "mama_mia", "tcga"])
def test_every_source_column_is_accounted_for(name, request):
    mapping = request.getfixturevalue(name).mapping
    assert ((mapping["column"] == "") == (mapping["left_out"] != "")).all()
    assert (mapping["n_unmapped"] > 0).equals(mapping["unmapped"] != "")


def test_duke_has_the_counts_of_its_summary(duke):
    assert len(duke.frame) == 922
    assert duke.label_counts() == {"positive": 163, "negative": 759}
    assert counts(duke, "menopausal_status") == {"postmenopausal": 499, "premenopausal": 407}
    assert counts(duke, "er_status") == {"positive": 686, "negative": 236}
    assert counts(duke, "pr_status") == {"positive": 598, "negative": 324}
    assert counts(duke, "grade") == {"I": 113, "II": 318, "III": 207}
    assert counts(duke, "lesion_number") == {"multiple": 367, "single": 555}
    assert counts(duke, "lymphadenectasis")["yes"] == 295
    assert counts(duke, "accompanying_signs")["yes"] == 84 + 20 - 8  # skin or nipple, pectoral or chest, both
    missing = duke.frame.isna().sum()
    assert missing[["t_category", "n_category", "tubule_score", "nuclear_score", "mitotic_score"]].tolist() == [
        6, 24, 15, 7, 21,
    ]  # fmt: skip
    age = duke.frame["age"]
    assert (round(age.min(), 1), round(age.max(), 1), round(age.mean(), 1)) == (21.7, 89.4, 52.9)


def test_mama_mia_has_the_counts_of_its_summary(mama_mia):
    by_cohort = pd.crosstab(mama_mia.frame["center"], mama_mia.frame["her2_status"])
    assert by_cohort["negative"].to_dict() == {"Duke": 208, "ISPY1": 112, "ISPY2": 739, "NACT": 32}
    assert by_cohort["positive"].to_dict() == {"Duke": 83, "ISPY1": 54, "ISPY2": 241, "NACT": 15}
    missing = mama_mia.frame.isna().sum()
    expected = {"hr_status": 16, "er_status": 996, "pr_status": 996, "lesion_number": 160, "age": 3}
    assert missing[list(expected)].to_dict() == expected
    assert missing["menopausal_status"] == 408 + 35  # not given, perimenopausal


def test_the_duke_patients_of_mama_mia_are_those_of_duke(duke, mama_mia):
    again = mama_mia.frame[mama_mia.frame["center"] == "Duke"].set_index("patient_id")
    first = duke.frame.set_index("patient_id").loc[again.index]
    assert len(again) == 291
    for column in ("her2_status", "er_status", "pr_status", "lesion_number"):
        assert again[column].equals(first[column]), column
    assert again["grade"].dropna().equals(first.loc[again["grade"].notna(), "grade"])
    both = pd.concat([duke.frame, mama_mia.frame])
    with pytest.raises(TableError) as caught:
        cohort_from_frame(both, load_dictionary())
    assert len(caught.value.faults) == 2 * 291


def test_tcga_has_the_counts_of_its_summary_under_the_label_rule(tcga):
    """The summary counts FISH over IHC: 407 low and 145 positive; the rule here reads IHC first."""
    frame = tcga.frame
    assert counts(tcga, "her2_ihc") == {"0": 61, "1+": 272, "2+": 199, "3+": 90}
    amplified = frame["her2_ish"] == "amplified"
    one_plus_amplified = int((amplified & (frame["her2_ihc"] == "1+")).sum())
    amplified_without_score = int((amplified & frame["her2_ihc"].isna()).sum())
    labels = tcga.label_counts()
    assert labels == {"zero": 61, "low": 410, "positive": 173, "negative": 306, "unlabelled": 147}
    assert labels["low"] - one_plus_amplified == 407
    scored_positive = labels["positive"] - int((frame["her2_status"] == "positive").sum())
    assert scored_positive + one_plus_amplified + amplified_without_score == 145
    unusable = (frame["her2_ihc"] == "2+") & ~frame["her2_ish"].isin(["amplified", "not_amplified"])
    assert int(unusable.sum()) == 25


def test_tcga_lesions_of_the_second_task_have_their_clinical_columns(tcga):
    cohort = cohort_from_frame(tcga.frame, load_dictionary())
    frame = cohort.frame[cohort.frame["her2_status"].isin(["low", "zero"])]
    assert len(frame) == 468 + 3
    assert frame["age"].notna().all()
    assert tcga.frame["location"].notna().sum() == 1096
    assert tcga.frame["center"].nunique() == 40
    assert counts(tcga, "prior_treatment")["yes"] == 13
