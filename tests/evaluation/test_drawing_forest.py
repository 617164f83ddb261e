from __future__ import annotations

import pytest

from her2mri.evaluation.drawing_forest import ForestRow, draw_forest

NAN = float("nan")
ROWS = [
    ForestRow("under 50", 400, 0.74, 0.68, 0.80, "Age"),
    ForestRow("50 or more", 1618, 0.76, 0.71, 0.81, "Age"),
    ForestRow("unknown", 4, NAN, NAN, NAN, "Age", reason="too few to say"),
]


def test_each_row_says_its_count_estimate_and_interval_and_an_empty_one_why() -> None:
    said = [text.get_text() for text in draw_forest(ROWS, xlabel="AUC").texts]
    assert "1,618" in said
    assert "0.76 (0.71 to 0.81)" in said
    assert "too few to say" in said
    assert said.count("Age") == 1
    assert not any("nan" in text for text in said)


def test_an_interval_beyond_the_limits_ends_at_them_in_an_arrow() -> None:
    ax = draw_forest(ROWS, xlabel="AUC", limits=(0.7, 0.8))
    arrows = [line for line in ax.get_lines() if line.get_marker() in ("<", ">")]
    assert [(float(line.get_xdata()[0]), line.get_marker()) for line in arrows] == [(0.7, "<"), (0.8, ">")]
    spans = [line.get_xdata() for line in ax.get_lines() if line.get_marker() == "None"]
    assert [list(span) for span in spans] == [[0.7, 0.8], [0.71, 0.8]]


def test_the_pooled_row_is_a_diamond_from_end_to_end_of_its_interval() -> None:
    pooled = ForestRow("Pooled", 2022, 0.75, 0.70, 0.80)
    ax = draw_forest(ROWS, xlabel="AUC", pooled=pooled, prediction_interval=(0.62, 0.88))
    (diamond,) = ax.patches
    corners = diamond.get_xy()[:, 0]
    assert (corners.min(), corners.max()) == (0.70, 0.80)
    assert "0.62 to 0.88" in [text.get_text() for text in ax.texts]


def test_a_forest_without_any_estimate_is_refused() -> None:
    with pytest.raises(ValueError, match="one finite estimate"):
        draw_forest(ROWS[2:], xlabel="AUC")
