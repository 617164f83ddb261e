"""Table one of a small sample, and of samples that allow little."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2mri.dictionary import Level, Variable
from her2mri.statistics import (
    TABLE_ONE_COLUMNS,
    TableOne,
    benjamini_hochberg,
    independence_test,
    t_test,
    table_one,
)

AGE = Variable("age", "Age", "continuous", "predictor", "clinical", unit="years")
SIZE = Variable("size", "Size", "continuous", "predictor", "mri", unit="cm")
SHAPE = Variable(
    "shape", "Shape", "category", "predictor", "mri",
    levels=(Level("round", "Round"), Level("irregular", "Irregular"), Level("other", "Other")),
)  # fmt: skip
GRADE = Variable(
    "grade", "Grade", "ordinal", "predictor", "clinical", levels=(Level("I", "I"), Level("II", "II"))
)
VARIABLES = (AGE, SIZE, SHAPE, GRADE)


@pytest.fixture
def lesions() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n = 120
    frame = pd.DataFrame(
        {
            "age": rng.normal(53, 10, n),
            "size": rng.lognormal(1, 1.2, n),
            "shape": rng.choice(["round", "irregular"], n),
            "grade": "II",
        }
    )
    frame.loc[:3, "shape"] = None
    frame.loc[5, "age"] = np.nan
    return frame


@pytest.fixture
def positive() -> np.ndarray:
    return np.arange(120) % 3 == 0


def describe(frame: pd.DataFrame, positive: np.ndarray) -> TableOne:
    return table_one(
        frame, VARIABLES, positive, positive_label="Cases", negative_label="Controls", sample="training"
    )


def test_each_variable_gets_its_rows_and_the_columns_of_the_contract(lesions, positive) -> None:
    frame = describe(lesions, positive).frame()
    assert tuple(frame.columns) == TABLE_ONE_COLUMNS
    assert frame.groupby("variable", sort=False).size().to_dict() == {
        "age": 1, "size": 1, "shape": 3, "grade": 2,
    }  # fmt: skip
    assert set(frame["sample"]) == {"training"}


def test_counts_and_percentages_are_of_the_lesions_with_a_value(lesions, positive) -> None:
    frame = describe(lesions, positive).frame().query("variable == 'shape'").set_index("level")
    known = lesions["shape"].notna()
    irregular = ((lesions["shape"] == "irregular") & positive).sum()
    assert frame.loc["irregular", "positive_count"] == irregular
    assert frame.loc["irregular", "positive_n"] == (positive & known).sum()
    assert frame["positive_percent"].sum() == pytest.approx(100)
    assert frame.loc["other", "negative_count"] == 0
    assert set(frame["n_missing"]) == {4}
    expected = independence_test(pd.crosstab(lesions["shape"], positive))
    assert frame.loc["round", "p_value"] == pytest.approx(expected.p_value)


def test_the_chosen_test_decides_how_a_continuous_variable_is_summarised(lesions, positive) -> None:
    frame = describe(lesions, positive).frame().set_index("variable")
    assert frame.loc["age", "summary"] == "mean_sd"
    assert frame.loc["size", "summary"] == "median_iqr"
    expected = t_test(lesions.loc[positive, "age"], lesions.loc[~positive, "age"])
    assert frame.loc["age", "p_value"] == expected.p_value
    assert frame.loc["age", "negative_n"] == 79
    assert frame.loc["size", "positive_median"] == lesions.loc[positive, "size"].median()


def test_p_values_are_adjusted_over_variables_and_not_over_rows(lesions, positive) -> None:
    frame = describe(lesions, positive).frame().drop_duplicates("variable")
    np.testing.assert_allclose(frame["p_adjusted"], benjamini_hochberg(frame["p_value"]))
    assert frame["p_adjusted"].notna().sum() == 3


def test_a_constant_variable_is_not_applicable(lesions, positive) -> None:
    grade = describe(lesions, positive).frame().query("variable == 'grade'")
    assert set(grade["test"]) == {"not applicable"}
    assert grade["p_value"].isna().all()


@pytest.mark.parametrize("which", [True, False])
def test_a_sample_of_one_class_is_described_without_tests(lesions, which: bool) -> None:
    table = describe(lesions, np.full(120, which))
    assert set(table.frame()["test"]) == {"not applicable"}
    assert "nan" not in table.display().to_string()


def test_empty_columns_and_empty_samples_are_described_without_tests(lesions, positive) -> None:
    empty = lesions.assign(age=np.nan, shape=pd.Series([None] * 120, dtype="str"))
    table = describe(empty, positive)
    rows = table.frame().query("variable in ['age', 'shape']")
    assert set(rows["test"]) == {"not applicable"}
    assert set(rows["n_missing"]) == {120}
    assert "nan" not in table.display().to_string()
    assert len(describe(lesions.head(0), np.zeros(0, dtype=bool)).frame()) == 7


def test_the_displayed_table_reads_as_in_a_journal() -> None:
    frame = pd.DataFrame(
        {
            "age": [40.0, 50.0, 60.0, 30.04, 35.0, 55.0],
            "size": [1.0, 2.0, 3.0, 1.5, 2.5, 3.5],
            "shape": ["round", "round", "irregular", "irregular", "irregular", "round"],
            "grade": ["I", "II", "I", "II", "I", "II"],
        }
    )
    shown = describe(frame, np.array([True] * 3 + [False] * 3)).display()
    assert list(shown.columns) == [
        "Variable", "Level", "Cases (n = 3)", "Controls (n = 3)", "Missing", "Test", "p", "Adjusted p", "SMD",
    ]  # fmt: skip
    assert shown["Variable"].tolist() == ["Age (years)", "Size (cm)", "Shape", "", "", "Grade", ""]
    assert shown["Cases (n = 3)"].tolist()[:4] == ["50.0 ± 10.0", "2.00 ± 1.00", "2, 66.7%", "1, 33.3%"]


def test_groups_that_do_not_fit_the_lesions_are_refused(lesions) -> None:
    for wrong in (np.ones(119, dtype=bool), np.ones(120)):
        with pytest.raises(ValueError, match="120 booleans"):
            describe(lesions, wrong)


def test_a_value_that_is_no_level_is_refused(lesions, positive) -> None:
    with pytest.raises(ValueError, match="not levels of shape: oval"):
        describe(lesions.assign(shape="oval"), positive)
