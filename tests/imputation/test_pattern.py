from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from her2mri.dictionary import load_dictionary
from her2mri.imputation.drawing_pattern import MOST_PATTERNS
from her2mri.imputation.pattern import VARIABLE_COLUMNS, missing_pattern


@pytest.fixture(scope="module")
def pattern(gappy, variables):
    frame, y, _ = gappy
    frame = frame.assign(
        her2_status=np.where(y == 1, "positive", "zero"), center=["North", "South"] * (len(frame) // 2)
    )
    dictionary = load_dictionary()
    return missing_pattern(frame, variables, by=[dictionary["her2_status"], dictionary["center"]])


def test_patterns_count_every_lesion_once(pattern, gappy, variables):
    patterns = pattern.frame()
    assert patterns["n"].sum() == len(gappy[0]) == pattern.n
    assert patterns["n"].is_monotonic_decreasing
    assert patterns["missing"].is_unique
    names = [variable.name for variable in variables]
    assert pattern.n_complete == gappy[0][names].notna().all(axis=1).sum()


def test_groups_of_outcome_and_center_sum_to_the_whole(pattern):
    table = pattern.variable_frame()
    assert tuple(table) == VARIABLE_COLUMNS
    sums = table.groupby(["variable", "by"])["n_missing"].sum().unstack("by")
    assert (sums["her2_status"] == sums["all"]).all()
    assert (sums["center"] == sums["all"]).all()
    assert list(table["group"].unique()) == ["all", "zero", "positive", "North", "South"]


def test_the_sentence_says_how_many_are_whole_and_what_lacks_most(pattern):
    worst = pattern.variable_frame().query("by == 'all'").sort_values("n_missing").iloc[-1]
    assert f"{pattern.n_complete} of {pattern.n} lesions" in pattern.sentence()
    assert "6 of these have gaps" in pattern.sentence()
    assert worst["label"] in pattern.sentence()


def test_the_figure_shows_the_patterns_of_its_frame(pattern):
    texts = [text.get_text() for text in pattern.plot().texts]
    for n in pattern.frame()["n"].head(MOST_PATTERNS):
        assert str(n) in texts
    rarer = len(pattern.frame()) - MOST_PATTERNS
    assert f"{rarer} rarer patterns" in texts[-1]
    assert "6 of 9 variables have gaps" in texts[-1]


def test_lesions_without_a_gap_say_so(whole, variables):
    pattern = missing_pattern(whole[0], variables)
    assert pattern.sentence() == "None of the 260 lesions lacks a candidate variable."
    assert pattern.plot().texts[0].get_text() == "No variable has a gap."


def test_thirty_variables_stay_apart_in_the_figure():
    rng = np.random.default_rng(1)
    predictors = list(load_dictionary().with_role("predictor"))
    frame = pd.DataFrame(
        {variable.name: np.where(rng.random(300) < 0.1, np.nan, 1.0) for variable in predictors}
    )
    ax = missing_pattern(frame, predictors).plot()
    ax.figure.draw_without_rendering()
    labels = [text for text in ax.texts if text.get_text() in {variable.label for variable in predictors}]
    boxes = sorted((text.get_window_extent() for text in labels), key=lambda box: box.y0)
    assert len(boxes) == len(predictors)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))
    assert all(box.x0 >= 0 for box in boxes)
