from __future__ import annotations

import pandas as pd
import pytest

from her2mri.cohort.cohort import Caveat, Cohort
from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.dictionary import load_dictionary

DICTIONARY = load_dictionary()


def cohort_of(**columns: list[object]) -> Cohort:
    n = len(next(iter(columns.values())))
    ids = {"patient_id": [f"p{i}" for i in range(n)], "lesion_id": [f"l{i}" for i in range(n)]}
    return cohort_from_frame(pd.DataFrame({**ids, "center": "A", **columns}, dtype=object), DICTIONARY)


def of_code(cohort: Cohort, code: str) -> list[Caveat]:
    return [caveat for caveat in cohort.caveats if caveat.code == code]


@pytest.mark.parametrize(
    ("ihc", "ish", "status"),
    [
        ("0", None, "zero"),
        ("1+", None, "low"),
        ("1+", "not_amplified", "low"),
        ("2+", "not_amplified", "low"),
        ("2+", "amplified", "positive"),
        ("3+", None, "positive"),
        ("3+", "amplified", "positive"),
    ],
)
def test_the_label_follows_from_ihc_and_ish(ihc, ish, status):
    cohort = cohort_of(her2_ihc=[ihc], her2_ish=[ish])
    assert cohort.frame["her2_status"].tolist() == [status]
    assert not of_code(cohort, "contradiction")


@pytest.mark.parametrize(
    ("ihc", "ish", "status"),
    [("3+", "not_amplified", "positive"), ("1+", "amplified", "low"), ("0", "amplified", "zero")],
)
def test_ihc_and_ish_that_contradict_each_other_are_listed(ihc, ish, status):
    cohort = cohort_of(her2_ihc=[ihc], her2_ish=[ish])
    assert cohort.frame["her2_status"].tolist() == [status]
    (caveat,) = of_code(cohort, "contradiction")
    assert (caveat.row, caveat.column) == (2, "her2_status")
    assert caveat.value == f"her2_ihc {ihc}, her2_ish {ish}"


@pytest.mark.parametrize("ish", [None, "equivocal"])
def test_ihc_2_without_a_usable_ish_is_not_labelled_and_said(ish):
    cohort = cohort_of(her2_ihc=["3+", "2+"], her2_ish=[None, ish])
    assert cohort.frame["her2_status"].isna().tolist() == [False, True]
    (caveat,) = of_code(cohort, "not_labelled")
    assert caveat.row == 3
    assert "2+" in caveat.message


def test_a_table_without_any_label_says_so_once():
    cohort = cohort_of(adc=[0.8, 0.9, 1.0])
    assert cohort.frame["her2_status"].isna().all()
    assert len(of_code(cohort, "no_outcome")) == 1
    assert not of_code(cohort, "not_labelled")


def test_gaps_are_filled_at_the_published_cuts():
    cohort = cohort_of(er_percent=[0.9, 1], pr_percent=[0, 0], ki67_percent=[19.9, 20], her2_ihc=["0", "0"])
    found = cohort.frame
    assert found["er_status"].tolist() == ["negative", "positive"]
    assert found["ki67_status"].tolist() == ["low", "high"]
    assert found["hr_status"].tolist() == ["negative", "positive"]
    assert found["molecular_subtype"].tolist() == ["triple_negative", "luminal_b"]


def test_grade_is_the_sum_of_three_scores():
    scores = [(1, 1, 1), (1, 2, 2), (2, 2, 2), (2, 2, 3), (2, 3, 3), (3, 3, 3)]
    tubule, nuclear, mitotic = map(list, zip(*scores, strict=True))
    cohort = cohort_of(tubule_score=tubule, nuclear_score=nuclear, mitotic_score=mitotic)
    assert cohort.frame["grade"].tolist() == ["I", "I", "II", "II", "III", "III"]


@pytest.mark.parametrize(
    ("column", "columns"),
    [
        ("er_status", {"er_status": "negative", "er_percent": 30}),
        ("ki67_status", {"ki67_status": "high", "ki67_percent": 5}),
        ("grade", {"grade": "I", "tubule_score": 3, "nuclear_score": 3, "mitotic_score": 3}),
        ("t_category", {"t_category": "T1", "diameter_cm": 3}),
        ("hr_status", {"hr_status": "negative", "er_status": "positive", "pr_status": "negative"}),
        ("her2_status", {"her2_status": "zero", "her2_ihc": "3+"}),
        ("her2_status", {"her2_status": "negative", "her2_ihc": "3+"}),
        ("molecular_subtype", {"molecular_subtype": "luminal_a", "her2_status": "positive"}),
    ],
)
def test_a_given_value_is_kept_and_its_contradiction_is_listed(column, columns):
    cohort = cohort_of(**{name: [value] for name, value in columns.items()})
    assert cohort.frame[column].tolist() == [columns[column]]
    (caveat,) = of_code(cohort, "contradiction")
    assert (caveat.row, caveat.column) == (2, column)
    assert "the given value is kept" in caveat.message


def test_the_t_category_is_checked_but_never_made_and_t4_is_not_a_matter_of_size():
    assert "t_category" not in cohort_of(diameter_cm=[3.0]).frame
    edges = cohort_of(t_category=["T1", "T2", "T3", "T4"], diameter_cm=[2.0, 5.0, 5.1, 1.0])
    assert not of_code(edges, "contradiction")


def test_a_vague_status_is_made_exact_by_what_it_covers():
    cohort = cohort_of(her2_status=["negative", "negative"], her2_ihc=["1+", None])
    assert cohort.frame["her2_status"].tolist() == ["low", "negative"]
    assert not of_code(cohort, "contradiction")


def test_both_versions_of_the_guideline_are_known_and_another_is_not():
    frame = pd.DataFrame({"patient_id": ["p"], "lesion_id": ["l"], "center": ["A"], "her2_ihc": ["1+"]})
    for version in ("asco_cap_2018", "asco_cap_2023"):
        assert cohort_from_frame(frame, DICTIONARY, label_rule=version).frame["her2_status"].tolist() == [
            "low"
        ]
    with pytest.raises(KeyError, match="asco_cap_2018"):
        cohort_from_frame(frame, DICTIONARY, label_rule="asco_cap_1998")


def test_the_clean_table_read_again_is_the_same(make_lesions):
    once = cohort_from_frame(make_lesions(60), DICTIONARY).frame
    pd.testing.assert_frame_equal(cohort_from_frame(once, DICTIONARY).frame, once)
