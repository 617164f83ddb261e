from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from her2mri.evaluation import Evaluation, evaluate
from her2mri.figure_style import save_figure


@pytest.fixture
def evaluation(make_prediction) -> Evaluation:
    predictions = [
        make_prediction(100, model=model, sample=sample, seed=seed)
        for seed, sample in enumerate(("training", "Elsewhere Hospital"))
        for model in ("LR", "SVM", "a new model")
    ]
    return evaluate(predictions, seed=1, n_bootstrap=50)


def test_roc_legend_says_auc_and_interval_as_the_table_does(evaluation) -> None:
    ax = evaluation.plot_roc("task", "training")
    areas = evaluation.frame().query("metric == 'auc' and sample == 'training'")
    expected = [
        f"{a.model} {a.estimate:.2f} ({a.conf_low:.2f}–{a.conf_high:.2f})" for a in areas.itertuples()
    ]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == expected


def test_curves_are_the_rows_of_their_frames(evaluation) -> None:
    calibration = evaluation.plot_calibration("task", "LR")
    smooth = evaluation.calibration_frame().query(
        "kind == 'smooth' and model == 'LR' and sample == 'training'"
    )
    drawn = next(line for line in calibration.get_lines() if line.get_label() == "Training")
    np.testing.assert_array_equal(drawn.get_xydata(), smooth[["predicted", "observed"]])
    decision = evaluation.plot_decision_curve("task", "LR")
    rows = evaluation.decision_curve_frame().query("model == 'LR' and sample == 'Elsewhere Hospital'")
    drawn = next(line for line in decision.get_lines() if line.get_label() == "Elsewhere Hospital")
    np.testing.assert_array_equal(drawn.get_xydata(), rows[["threshold", "net_benefit"]])


def test_panels_go_on_the_axes_given_and_give_the_same_bytes(evaluation, tmp_path: Path) -> None:
    for name in ("a", "b"):
        figure = Figure()
        axes = figure.subplots(1, 3)
        assert evaluation.plot_roc("task", "training", axes[0]) is axes[0]
        evaluation.plot_calibration("task", "LR", axes[1])
        evaluation.plot_decision_curve("task", "LR", axes[2])
        save_figure(figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_asking_for_what_was_not_evaluated_says_so(evaluation) -> None:
    with pytest.raises(KeyError, match="no rows for task 'task' and"):
        evaluation.plot_calibration("task", "DT")


def test_roc_legend_names_the_confidence_that_was_asked_for(make_prediction) -> None:
    found = evaluate([make_prediction(60)], seed=1, n_bootstrap=20, confidence=0.9)
    assert found.plot_roc("task", "training").get_legend().get_title().get_text() == "AUC (90% CI)"
