from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from her2mri.cohort.design_matrix import Encoding
from her2mri.dictionary import load_dictionary
from her2mri.explanation.shapley_explanation import ShapleyValues, explain
from her2mri.figure_style import save_figure

NAMES = ("quadrant", "lesion_number", "adc")


@pytest.fixture(scope="module")
def result() -> ShapleyValues:
    rng = np.random.default_rng(4)
    dictionary = load_dictionary()
    n = 120
    frame = pd.DataFrame(
        {
            "lesion_id": [f"L{i}" for i in range(n)],
            "quadrant": rng.choice(dictionary["quadrant"].values, n),
            "lesion_number": rng.choice(dictionary["lesion_number"].values, n),
            "adc": rng.normal(0.9, 0.15, n).round(3),
        }
    )
    encoding = Encoding.learn(frame, [dictionary[name] for name in NAMES])
    beta = np.array([-0.8, 0.5, 0.1, 1.2, 0.3, 0.7, -4.0])
    return explain(
        lambda X: expit(X @ beta + 3), encoding, frame, frame.head(40),
        task="her2_low", model="SVM", positive_label="HER2-low",
    )  # fmt: skip


def test_summary_gives_every_level_its_lane_and_every_lesion_its_dot(result: ShapleyValues) -> None:
    ax = result.plot_summary()
    texts = [label.get_text() for label in ax.get_yticklabels()]
    assert "Distribution quadrant" in texts
    assert sum(text.startswith("Right areola and central area, n = ") for text in texts) == 1
    dots = np.concatenate([dot.get_offsets()[:, 0] for dot in ax.collections if len(dot.get_offsets()) > 1])
    np.testing.assert_allclose(np.sort(dots), np.sort(result.values.ravel()))
    assert "HER2-low" in ax.get_xlabel()


def test_bars_are_the_importance(result: ShapleyValues) -> None:
    ax = result.plot_bar()
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == result.importance()["mean_absolute_shapley"].tolist()


def test_one_lesion_goes_from_the_average_to_its_own_prediction(result: ShapleyValues) -> None:
    ax = result.plot_lesion("L7")
    bars = ax.patches
    assert bars[0].get_x() == pytest.approx(result.base)
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(result.prediction[7])
    texts = [label.get_text() for label in ax.get_yticklabels()]
    assert any(text.startswith("Minimum ADC: ") and text.endswith(" ×10⁻³ mm²/s") for text in texts)


def test_an_unknown_lesion_is_refused(result: ShapleyValues) -> None:
    with pytest.raises(KeyError, match="no lesion 'X'"):
        result.plot_lesion("X")


def test_summary_has_the_same_bytes_each_time(result: ShapleyValues, tmp_path: Path) -> None:
    files = [save_figure(result.plot_summary().figure, tmp_path / name) for name in ("one", "two")]
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_a_model_without_any_effect_can_still_be_drawn() -> None:
    frame = pd.DataFrame({"lesion_id": ["a", "b"], "adc": [0.8, 1.0]})
    encoding = Encoding.learn(frame, [load_dictionary()["adc"]])
    flat = explain(
        lambda X: np.full(len(X), 0.3),
        encoding,
        frame,
        frame,
        task="t",
        model="LR",
        positive_label="HER2-low",
    )
    assert not flat.values.any()
    for ax in (flat.plot_summary(), flat.plot_bar(), flat.plot_lesion("a")):
        ax.figure.draw_without_rendering()
        low, high = ax.get_xlim()
        assert np.isfinite([low, high]).all()
        assert low < high
