from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from her2mri.cohort.drawing_flow import draw_flow
from her2mri.figure_style import font_families

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40)


def steps(centers: list[str], *, n: int = 1000, reasons: int = 3, assessed: bool = True) -> pd.DataFrame:
    rows = []
    for step in range(reasons + 1):
        for center in centers:
            rows.append(
                {
                    "step": step,
                    "reason": f"r{step}",
                    "label": "Screened" if not step else f"Reason number {step} that takes some words to say",
                    "assessed": assessed or step == 0,
                    "center": center,
                    "lesions_excluded": 7 if step else 0,
                    "patients_excluded": 6 if step else 0,
                    "lesions_remaining": n - 7 * step,
                    "patients_remaining": n - 6 * step,
                }
            )
    return pd.DataFrame(rows)


def sets(positive: str, negative: str, tasks: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "task": f"task{task}",
            "sample": sample,
            "lesions": 613,
            "patients": 600,
            "positive": positive,
            "n_events": 128,
            "negative": negative,
            "n_nonevents": 485,
        }
        for task in range(tasks)
        for sample in ("training", "internal_validation", "external_validation")
    )


def overflowing(ax) -> list[str]:
    """Texts that are not inside one box."""
    ax.figure.canvas.draw()
    boxes = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, Rectangle)]
    return [
        text.get_text()
        for text in ax.texts
        if text.get_text()
        and not any(
            box.x0 <= extent.x0 and extent.x1 <= box.x1 and box.y0 <= extent.y0 and extent.y1 <= box.y1
            for box in boxes
            for extent in [text.get_window_extent()]
        )
    ]


def crossing(ax) -> bool:
    """Whether two boxes share area."""
    boxes = [patch.get_bbox() for patch in ax.patches if isinstance(patch, Rectangle)]
    return any(
        a.x0 < b.x1 - 1e-9
        and b.x0 < a.x1 - 1e-9
        and min(a.y0, a.y1) < max(b.y0, b.y1)
        and min(b.y0, b.y1) < max(a.y0, a.y1)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
    )


@settings(max_examples=12, deadline=None)
@given(
    centers=st.lists(TEXT, min_size=1, max_size=6, unique=True),
    labels=st.tuples(
        st.text("abcdefghij -", min_size=1, max_size=60), st.text("KLMNOP+", min_size=1, max_size=60)
    ),
    n=st.sampled_from([0, 21, 99_999]),
    tasks=st.integers(0, 3),
)
def test_no_text_leaves_its_box_and_no_boxes_meet(centers, labels, n, tasks):
    ax = draw_flow(steps(sorted(centers), n=n), sets=sets(*labels, tasks) if tasks else None)
    assert overflowing(ax) == []
    assert not crossing(ax)


@pytest.mark.parametrize("size", [(3, 3), (7, 2)])
def test_within_given_axes_the_chart_shrinks_with_its_text(size):
    figure = Figure(figsize=size)
    ax = draw_flow(steps(["North", "South"]), sets=sets("HER2-low", "HER2-zero", 2), ax=figure.subplots())
    assert overflowing(ax) == []


def test_the_chart_says_how_many_are_left_and_what_was_not_assessed():
    ax = draw_flow(steps(["North", "South"], assessed=False))
    words = [text.get_text() for text in ax.texts]
    assert "1,958 lesions (1,964 patients)" in words
    assert any(word.startswith("Not recorded, so not assessed: ") for word in words)


def test_many_centers_are_counted_together():
    ax = draw_flow(steps([f"Hospital {i:02d}" for i in range(40)]))
    words = " ".join(text.get_text() for text in ax.texts)
    assert "38 other centers: 38,000 lesions" in words


@pytest.mark.skipif(len(font_families()) == 1, reason="no font with Chinese signs is installed here")
def test_a_chinese_center_is_written_by_its_name_in_signs_that_a_font_has():
    ax = draw_flow(steps(["北京医院", "South"]))
    ax.figure.canvas.draw()  # a sign without a font is a warning, and so an error
    words = [text.get_text() for text in ax.texts]
    assert "北京医院" in words
    assert not any(word.startswith("Center ") for word in words)
