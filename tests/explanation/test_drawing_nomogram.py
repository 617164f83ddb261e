from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes

from her2mri.cohort.design_matrix import Encoding
from her2mri.dictionary import load_dictionary
from her2mri.explanation.label_placement import GAP, spread
from her2mri.explanation.nomogram import Nomogram, build_nomogram
from her2mri.explanation.nomogram_rows import stretches

DICTIONARY = load_dictionary()
RANGES = {"eer": (0.21, 2.37), "adc": (0.51, 1.62), "age": (23.0, 84.0), "diameter_cm": (0.4, 11.2)}


def every_level(names: list[str]) -> pd.DataFrame:
    """A frame in which each category has all its levels and each measurement its ends."""
    columns = {
        name: DICTIONARY[name].values if DICTIONARY[name].is_categorical else RANGES[name] for name in names
    }
    longest = max(map(len, columns.values()))
    return pd.DataFrame(
        {name: [values[i % len(values)] for i in range(longest)] for name, values in columns.items()}
    )


def made(names: list[str], coefficients: list[float] | np.ndarray) -> Nomogram:
    encoding = Encoding.learn(every_level(names), [DICTIONARY[name] for name in names])
    return build_nomogram(
        encoding, -1.0, np.asarray(coefficients), ranges=RANGES, positive_label="HER2-positive"
    )


def overlapping(ax: Axes) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share area, and texts that leave the page."""
    figure = ax.figure
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.texts if text.get_text()]
    found = [
        (a, b)
        for i, (a, one) in enumerate(boxes)
        for b, other in boxes[i + 1 :]
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 0.1
        and min(one.y1, other.y1) - max(one.y0, other.y0) > 0.1
    ]
    page = figure.bbox
    found += [
        (text, "page")
        for text, box in boxes
        if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1
    ]
    return found


FIRST = [
    "n_category",
    "er_status",
    "pr_status",
    "ki67_status",
    "lesion_number",
    "quadrant",
    "accompanying_signs",
]
SECOND = ["ki67_status", "lesion_number", "quadrant", "shape", "eer", "adc"]
CROWDED = ["quadrant", "molecular_subtype", "histological_subtype", "t2_signal", "bpe", "age", "diameter_cm"]


@pytest.mark.parametrize(
    ("names", "coefficients"),
    [
        pytest.param(FIRST, [0.4, 0.7, 1, -0.3, -1.4, 0.9, 0.6, 0.1, 0.12, -0.5, 0.9, 0.55, 0.8], id="first"),
        pytest.param(SECOND, [0.7, -0.01, -0.4, 0.3, 0.32, 1.0, 0.02, 0.8, 0.15, -3.0], id="almost equal"),
        pytest.param(SECOND, [0.0, 0.0, 1e-9, 0, 2e-9, 0, 0, 0.0, 0.0, 1.0], id="all levels equal"),
        pytest.param(SECOND, [3.0, 0.2, 0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.01, 0.02], id="six at the left"),
        pytest.param(SECOND, [0.1, 0.1, 5, 5.01, 5, 5.02, 5.01, 0.1, 0.001, 0.01], id="five at the right"),
        pytest.param(["shape"], [-0.4], id="one variable"),
        pytest.param(SECOND, [0.1, 0, 0.2, 0, 0, 0, 0, 0.3, 0, 400.0], id="probability 1 everywhere"),
        pytest.param(["adc"], [-2.4], id="one measurement"),
    ],
)  # fmt: skip
def test_no_text_of_a_nomogram_touches_another(names: list[str], coefficients: list[float]) -> None:
    nomogram = made(names, coefficients)
    lesion = every_level(names).iloc[-1]
    assert overlapping(nomogram.plot()) == []
    assert overlapping(nomogram.plot(lesion=lesion)) == []


@pytest.mark.thorough
@given(seed=st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_no_text_touches_another_in_a_crowded_model(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_terms = len(Encoding.learn(every_level(CROWDED), [DICTIONARY[name] for name in CROWDED]).terms)
    coefficients = rng.normal(size=n_terms) * rng.choice([1e-3, 0.05, 1], n_terms)
    assert overlapping(made(CROWDED, coefficients).plot()) == []


def test_chart_is_two_journal_columns_wide_and_names_the_positive_class() -> None:
    ax = made(SECOND, [0.7, -0.01, -0.4, 0.3, 0.32, 1.0, 0.02, 0.8, 0.15, -3.0]).plot()
    assert ax.figure.get_size_inches()[0] == pytest.approx(7.2)
    texts = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert "Probability of HER2-positive" in texts
    assert "Right areola and central area" in texts


def test_a_lesion_is_written_with_its_points_and_probability() -> None:
    nomogram = made(["ki67_status", "shape"], [1.0, 0.5])
    ax = nomogram.plot(lesion=pd.Series({"ki67_status": "high", "shape": "irregular"}))
    texts = [text.get_text() for text in ax.texts]
    assert {"100", "50", "150", "0.62", "This\nlesion"} <= set(texts)


def test_a_missing_value_is_said_and_leaves_total_and_probability_open() -> None:
    nomogram = made(["ki67_status", "shape"], [1.0, 0.5])
    ax = nomogram.plot(lesion=pd.Series({"ki67_status": "high", "shape": None}))
    assert [text.get_text() for text in ax.texts].count("not known") == 3


def test_a_variable_without_effect_says_so() -> None:
    ax = made(["ki67_status", "shape"], [1.0, 0.0]).plot()
    assert "no effect" in [text.get_text() for text in ax.texts]


@given(
    wanted=st.lists(st.floats(0, 5), min_size=1, max_size=6).map(sorted),
    widths=st.lists(st.floats(0.05, 0.6), min_size=6, max_size=6),
)
def test_spread_labels_keep_order_and_distance_inside_the_bounds(wanted: list, widths: list) -> None:
    size = np.array(widths[: len(wanted)])
    centres = spread(np.array(wanted), size, low=0.0, high=5.0)
    assert centres is not None
    assert (np.diff(centres) >= (size[:-1] + size[1:]) / 2 + GAP - 1e-9).all()
    assert centres[0] - size[0] / 2 >= -1e-9
    assert centres[-1] + size[-1] / 2 <= 5 + 1e-9


def test_labels_wider_than_their_axis_are_not_placed() -> None:
    assert spread(np.array([1.0, 2.0]), np.array([3.0, 3.0]), low=0.0, high=5.0) is None


@given(seed=st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_no_text_touches_another_where_curves_turn(seed: int) -> None:
    names = ["ki67_status", "eer", "adc", "age"]
    rng = np.random.default_rng(seed)
    values = {name: rng.uniform(*RANGES[name], 200) for name in names[1:]}
    frame = pd.DataFrame({**values, "ki67_status": rng.choice(["low", "high"], 200)})
    encoding = Encoding.learn(frame, [DICTIONARY[name] for name in names], knots=5)
    wiggles = rng.normal(size=len(encoding.terms)) / np.std(encoding.matrix(frame), axis=0)
    nomogram = build_nomogram(encoding, 0, wiggles, ranges=RANGES, positive_label="HER2-positive")
    assert overlapping(nomogram.plot(lesion=frame.iloc[0])) == []


def test_a_curve_that_turns_has_a_line_for_each_direction_and_its_turning_point_once() -> None:
    frame = pd.DataFrame({"adc": np.linspace(0.5, 1.6, 100)})
    encoding = Encoding.learn(frame, [DICTIONARY["adc"]], knots=3)
    nomogram = build_nomogram(
        encoding, 0, np.array([-6.0, 12.0]), ranges={"adc": (0.5, 1.6)}, positive_label="HER2-positive"
    )
    points = nomogram.frame().query("axis == 'adc'")["points"].to_numpy()
    (_, turn), (again, _) = stretches(points)
    assert turn == again == points.argmin()
    ax = nomogram.plot(lesion=pd.Series({"adc": 1.5}))
    labels = {text.get_text(): text.get_position()[1] for text in ax.texts}
    (mark,) = [line for line in ax.lines if len(line.get_xdata()) == 1][:1]
    assert labels["0.6"] < mark.get_ydata()[0] < labels["1.5"]


@given(points=st.lists(st.floats(0, 100), min_size=2, max_size=15))
def test_stretches_cover_every_tick_and_turn_by_more_than_a_point(points: list[float]) -> None:
    found = stretches(np.array(points))
    assert found[0][0] == 0
    assert found[-1][1] == len(points) - 1
    assert all(a[1] == b[0] for a, b in pairwise(found))
    moves = [points[b] - points[a] for a, b in found]
    assert all(one * other < 0 for one, other in pairwise(moves))
