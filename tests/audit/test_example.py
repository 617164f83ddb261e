"""Every finding that reading the published tables by hand had given is found mechanically, and more."""

from __future__ import annotations

import pytest

from her2mri.audit import Audit, audit
from her2mri.audit.columns import blocks
from her2mri.audit.example import SIZES, example_rows, example_tables
from her2mri.audit.formats import CHARACTERISTICS
from her2mri.audit.p_values import RULES, agrees, recompute
from her2mri.datasets import published_tables


@pytest.fixture(scope="module")
def answer() -> Audit:
    return audit(example_tables())


def found(answer: Audit, **wanted: str):
    return [
        finding
        for finding in answer.findings
        if all(getattr(finding, key) == each for key, each in wanted.items())
    ]


def test_no_count_out_of_41_gives_the_sensitivities_of_internal_validation(answer: Audit) -> None:
    cells = found(
        answer, table="Table 3", set="internal_validation", metric="sensitivity", check="attainability"
    )
    assert {cell.model: cell.printed for cell in cells} == {
        "DT": "0.62", "SVM": "0.52", "k-NN": "0.36", "ANN": "0.57", "LR": "0.62",
    }  # fmt: skip
    assert "25/41 = 0.6098, 26/41 = 0.6341" in cells[0].why
    (column,) = found(answer, table="Table 3", check="column_size")
    assert column.possible.startswith("42")


def test_table_4_fits_only_with_zero_as_the_positive_class(answer: Audit) -> None:
    (finding,) = found(answer, check="positive_class")
    assert (finding.table, finding.printed, finding.possible) == ("Table 4", "HER2-low", "HER2-zero")
    assert "0 of 19 rows fit" in finding.why


def test_predictive_values_do_not_follow_from_sensitivity_and_specificity(answer: Audit) -> None:
    (cell,) = found(
        answer, table="Table 3", set="external_validation", model="DT", metric="ppv", check="joint"
    )
    assert (cell.printed, cell.possible, cell.verdict) == ("0.43", "0.45", "impossible")
    assert "10/22 = 0.455" in cell.why


@pytest.mark.parametrize("table", ["Table 3", "Table 4"])
@pytest.mark.parametrize("metric", ["npv", "ppv"])
def test_predictive_values_of_both_validation_sets_are_the_same_column(
    answer: Audit, table: str, metric: str
) -> None:
    (finding,) = found(answer, table=table, metric=metric, check="copied_column")
    assert finding.set == "internal_validation, external_validation"
    assert finding.why.startswith("5 of 5 models")


def test_the_readers_figures_all_fit(answer: Audit) -> None:
    assert not [f for f in found(answer, verdict="impossible") if f.model.startswith("radiologist")]


@pytest.mark.parametrize(
    ("table", "parts", "share"),
    [("Table 3", ("86 + 343", "42 + 142"), "30.0%"), ("Table 4", ("91 + 254", "34 + 115"), "30.2%")],
)
def test_training_and_internal_validation_fit_as_parts_of_the_training_set(
    answer: Audit, table: str, parts: tuple[str, str], share: str
) -> None:
    (finding,) = found(answer, table=table, check="split")
    assert finding.possible == f"training {parts[0]}, internal_validation {parts[1]}"
    assert "all 50 figures" in finding.why
    assert share in finding.why


def test_luminal_a_exceeds_low_ki67(answer: Audit) -> None:
    (cell,) = found(
        answer, table="Table 1", set="training", variable="molecular_subtype: luminal_a (HER2-negative)"
    )
    assert (cell.printed, cell.possible, cell.verdict) == ("167", "81 to 165", "impossible")


def test_triple_negative_differs_from_hormone_receptor_negative(answer: Audit) -> None:
    cells = [cell for cell in found(answer, check="derived") if "triple_negative" in cell.variable]
    assert len(cells) == 8
    assert ("77", "84") in {(cell.printed, cell.possible) for cell in cells}


def test_hormone_receptor_counts_fit_er_and_pr(answer: Audit) -> None:
    assert not [cell for cell in found(answer, check="derived") if cell.variable.startswith("hr_status")]


def test_sides_disagree_with_quadrants(answer: Audit) -> None:
    cells = found(answer, check="relation")
    assert len(cells) == 5
    assert any("249 lesions" in cell.why and "238 + 8 = 246" in cell.why for cell in cells)


def test_both_tables_count_the_same_lesions_but_for_the_time_intensity_curve(answer: Audit) -> None:
    cells = found(answer, check="same_lesions", metric="count")
    assert {(cell.variable, cell.printed, cell.possible) for cell in cells} == {
        ("tic: plateau (HER2-negative)", "194", "195"),
        ("tic: washout (HER2-negative)", "503", "502"),
    }


def test_means_of_the_parts_do_not_give_the_mean_of_the_whole(answer: Audit) -> None:
    cells = found(answer, set="center 2", check="same_lesions", metric="mean", verdict="impossible")
    assert {cell.variable for cell in cells} == {"age (HER2-negative)", "eer (HER2-negative)"}


def test_the_p_values_follow_yates_fisher_and_benjamini_hochberg(answer: Audit) -> None:
    notes = [note.text for note in answer.notes]
    assert any("Yates" in text and "Fisher" in text and "Benjamini" in text for text in notes)
    rules = dict.fromkeys(RULES, 0)
    families: dict[tuple[str, str], list] = {}
    for block in blocks(example_tables().cells):
        families.setdefault((block.table, block.set), []).append(block)
    for family in families.values():
        answers = recompute(family)
        for name in RULES:
            adjusted = answers[f"{name}; Benjamini-Hochberg over the set"]
            rules[name] += sum(
                block.counts() is not None and agrees(block.p_value, low, high)
                for block, low, high in zip(family, adjusted.low, adjusted.high, strict=True)
                if block.p_value is not None
            )
    usual, without_fisher = list(RULES)[-1], list(RULES)[1]
    assert rules[usual] >= 134
    assert rules[without_fisher] < rules[usual] - 10


def test_a_p_value_that_no_rule_gives_is_unlikely_not_impossible(answer: Audit) -> None:
    (cell,) = found(answer, table="Table 1", set="external_validation", variable="lesion_number")
    assert (cell.printed, cell.verdict) == ("0.72", "unlikely")


def test_an_assumed_step_makes_a_mean_unlikely_only(answer: Audit) -> None:
    (cell,) = found(answer, check="grim")
    assert (cell.printed, cell.verdict) == ("53.08", "unlikely")


def test_the_sizes_are_those_of_the_counts() -> None:
    table = published_tables.characteristics().query("variable == 'shape'")
    for (task, name), (positive, negative) in SIZES.items():
        mine = table[(table["task"] == task) & (table["sample"] == name)].groupby("group")["count"].sum()
        assert (mine["positive"], mine["negative"]) == (positive, negative)


def test_nearly_every_count_has_its_percentage() -> None:
    rows = [row for row in example_rows()[CHARACTERISTICS] if row["count"]]
    assert sum(bool(row["percent"]) for row in rows) > 0.93 * len(rows)
