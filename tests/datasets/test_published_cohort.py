"""The published cohort against the printed tables."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import pytest

from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.datasets.published_cohort import comparison, published_cohort, unmet
from her2mri.datasets.published_tables import characteristics
from her2mri.datasets.reconstruction_blocks import BLOCKS
from her2mri.datasets.reconstruction_cells import cells
from her2mri.dictionary import load_dictionary
from her2mri.vocabulary import EXTERNAL_VALIDATION, TRAINING

TASKS = {task.name: task for task in load_dictionary().tasks}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return published_cohort().frame


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    return comparison()


def column(frame: pd.DataFrame, task: str, sample: str, group: str) -> pd.DataFrame:
    levels = TASKS[task].positive if group == "positive" else TASKS[task].negative
    return frame[(frame[f"set_{task}"] == sample) & frame["her2_status"].isin(levels)]


def test_every_printed_count_is_reproduced_but_one_lesion_of_the_curve(compared: pd.DataFrame) -> None:
    counts = compared[compared["statistic"] == "count"]
    assert len(counts) == len(characteristics().query("summary == 'count'")) == 864
    missed = counts[counts["printed"] != counts["found"]]
    assert set(missed["variable"]) == {"tic"}
    assert missed[["task", "sample", "group"]].drop_duplicates().shape[0] == 1
    assert (missed["found"] - missed["printed"]).tolist() in ([1, -1], [-1, 1])


def test_the_joint_counts_of_er_and_pr_follow_from_the_printed_margins(frame: pd.DataFrame) -> None:
    printed = characteristics().query("summary == 'count' and level == 'positive'")
    margins = printed.pivot_table(index=["task", "sample", "group"], columns="variable", values="count")
    for (task, sample, group), row in margins.iterrows():
        lesions = column(frame, task, sample, group)
        both = (lesions["er_status"] == "positive") & (lesions["pr_status"] == "positive")
        assert both.sum() == row["er_status"] + row["pr_status"] - row["hr_status"]
    either = (frame["er_status"] == "positive") | (frame["pr_status"] == "positive")
    assert ((frame["hr_status"] == "positive") == either).all()


@pytest.mark.parametrize(
    ("variable", "missed", "tolerance"),
    [("diameter_cm", 0, 0), ("adc", 0, 0), ("eer", 3, 0.05), ("age", 7, 2.42)],
)
def test_means_and_quartiles_round_to_the_printed_ones(
    compared: pd.DataFrame, variable: str, missed: int, tolerance: float
) -> None:
    rows = compared[compared["variable"] == variable]
    assert len(rows) >= 24
    off = rows[~rows["met"]]
    assert len(off) == missed
    assert (off["found"] - off["printed"]).abs().max() <= tolerance or not len(off)


def test_eer_and_age_of_the_external_lesions_cannot_close() -> None:
    """The HER2-low and HER2-zero means printed in Table 2 do not mix to the HER2-negative one of Table 1."""
    means = characteristics().query("sample == 'external_validation' and summary == 'mean_sd'")
    means = means.set_index(["task", "group", "variable"])["mean"]
    for variable in ("eer", "age"):
        low, zero = (means["her2_low", group, variable] for group in ("positive", "negative"))
        mixed = (93 * low + 29 * zero) / 122
        assert abs(mixed - means["her2_positive", "negative", variable]) > 0.03


def test_means_are_met_in_center_1_but_for_one_that_no_whole_ages_give(compared: pd.DataFrame) -> None:
    means = compared[(compared["statistic"] == "mean") & (compared["sample"] != EXTERNAL_VALIDATION)]
    off = means[~means["met"]]
    assert off[["variable", "printed"]].to_numpy().tolist() == [["age", 53.08]]
    assert not any(abs(total / 41 - 53.08) <= 0.005 for total in range(41 * 50, 41 * 56))


def test_unmet_lists_what_is_wrong_with_a_changed_cohort(frame: pd.DataFrame) -> None:
    before = unmet()
    changed = frame.copy()
    changed.loc[0, "birads"] = {"4": "5", "5": "4"}[str(changed.loc[0, "birads"])]
    after = unmet(published_cohort().with_frame(changed))
    assert "birads" not in set(before["variable"])
    assert len(after) == len(before) + 4  # two levels in a column of each table
    assert set(after["variable"]) == set(before["variable"]) | {"birads"}


def test_the_subtype_contradicts_the_receptors_only_where_the_counts_force_it(frame: pd.DataFrame) -> None:
    """No table with the printed counts has fewer: within a column the margins alone leave this many over."""
    found = unmet().query("kind == 'contradiction'").set_index("variable")["found"]
    forced = 0
    for sample in dict.fromkeys(characteristics()["sample"]):
        low = column(frame, "her2_low", sample, "positive"), column(frame, "her2_low", sample, "negative")
        for lesions in low:
            derived = np.where(lesions["ki67_status"] == "low", "luminal_a", "luminal_b")
            derived = np.where(lesions["hr_status"] == "negative", "triple_negative", derived)
            given, made = lesions["molecular_subtype"].value_counts(), pd.Series(derived).value_counts()
            forced += int(given.sub(made, fill_value=0).clip(lower=0).sum())
    assert forced <= found["molecular_subtype"] <= 30
    assert found["location"] == 7
    assert found["t_category"] == 2


def test_fifteen_women_of_center_1_have_a_lesion_in_each_breast(frame: pd.DataFrame) -> None:
    lesions = frame.groupby("patient_id").size()
    centers = frame.groupby("center")["patient_id"].nunique()
    assert centers.to_dict() == {"Center 1": 861, "Center 2": 154}
    assert (lesions > 1).sum() == 15
    for _, pair in frame[frame["patient_id"].isin(lesions[lesions > 1].index)].groupby("patient_id"):
        assert set(pair["center"]) == {"Center 1"}
        assert set(pair["location"]) & {"bilateral"}
        assert pair["quadrant"].str.contains("left").sum() == 1
        for name in ("age", "menopausal_status", "set_her2_positive"):
            assert pair[name].nunique() == 1
        assert pair["set_her2_low"].nunique() <= 1
    assert (frame["location"] == "bilateral").sum() == 15


def test_a_lesion_has_a_set_in_the_second_task_unless_it_is_positive(frame: pd.DataFrame) -> None:
    assert (frame["set_her2_low"].isna() == (frame["her2_status"] == "positive")).all()
    external = frame["center"] == "Center 2"
    assert (external == (frame["set_her2_positive"] == EXTERNAL_VALIDATION)).all()
    assert "her2_ihc" not in frame


def test_the_cohort_passes_the_check_of_a_lesion_table(frame: pd.DataFrame) -> None:
    checked = cohort_from_frame(frame, load_dictionary()).frame
    shared = [name for name in frame if name in checked]
    assert shared == list(frame)
    pd.testing.assert_frame_equal(checked[shared], frame, check_dtype=False)


def test_clinical_company_is_kept(frame: pd.DataFrame) -> None:
    age = frame.groupby("menopausal_status")["age"].median()
    assert age["postmenopausal"] - age["premenopausal"] > 10
    involved = frame["n_category"] != "N0"
    assert (frame["lymphadenectasis"] == "yes")[involved].mean() > 0.5
    assert (frame["lymphadenectasis"] == "yes")[~involved].mean() < 0.25
    high = frame["ki67_status"] == "high"
    assert (frame["grade"] == "III")[high].mean() > 3 * (frame["grade"] == "III")[~high].mean()


def test_the_notice_and_the_hash_come_with_the_cohort() -> None:
    cohort = published_cohort()
    path = resources.files("her2mri.datasets").joinpath("data", "published_cohort.csv")
    assert "not patients" in cohort.notice
    assert cohort.provenance["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_counting_stage_gives_the_shipped_counts_again(frame: pd.DataFrame) -> None:
    """The stage of the reconstruction that takes seconds leads to the shipped table; the rest takes minutes."""
    keys = frame["set_her2_low"].fillna("")
    for block in BLOCKS[:6]:
        counts = block.counts()
        for index, cell in enumerate(cells()):
            inside = frame[
                (frame["her2_status"] == cell.status)
                & (frame["set_her2_positive"] == cell.first)
                & (keys == cell.second)
            ]
            for position, name in enumerate(block.names):
                made: dict[Any, int] = {}
                for state, count in zip(block.states(), counts[:, index], strict=True):
                    made[state[position]] = made.get(state[position], 0) + int(count)
                assert inside[name].value_counts().to_dict() == {k: n for k, n in made.items() if n}


def test_the_cells_add_up_to_the_printed_columns() -> None:
    for task, sample, group, n in (
        ("her2_positive", TRAINING, "negative", 485),
        ("her2_low", TRAINING, "positive", 369),
        ("her2_low", "internal_validation", "negative", 47),
    ):
        assert sum(cell.size for cell in cells() if cell.column_of(task) == (sample, group)) == n
