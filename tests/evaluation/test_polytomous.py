from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.evaluation.bootstrap import patient_weights
from her2mri.evaluation.discrimination import auc
from her2mri.evaluation.performance import NOT_APPLICABLE
from her2mri.evaluation.polytomous import (
    ClassPrediction,
    chained_call,
    polytomous_discrimination,
    polytomous_parts,
)
from her2mri.evaluation.polytomous_evaluation import (
    CLASS_CALIBRATION_COLUMNS,
    ClassEvaluation,
    evaluate_classes,
)
from her2mri.evaluation.polytomous_rows import CLASS_COLUMNS, TABLE_COLUMNS
from her2mri.vocabulary import CLASS_METRICS

CLASSES = ("high", "low", "none")


@pytest.fixture(scope="module")
def three(golden: Path) -> pd.DataFrame:
    return pd.read_csv(golden / "evaluation" / "classes.csv")


def _prediction(three: pd.DataFrame, **changes: object) -> ClassPrediction:
    risk = three[["p0", "p1", "p2"]].to_numpy()
    names = [f"l{i}" for i in range(len(three))]
    given = {"lesion": names, "patient": names, "y": three["y"], "probability": risk} | changes
    return ClassPrediction("task", "LR", "training", CLASSES, **given)


@pytest.fixture(scope="module")
def evaluation(three) -> ClassEvaluation:
    return evaluate_classes([_prediction(three)], seed=1, cutoffs={"LR": (0.3, 0.5)}, n_bootstrap=200)


def test_areas_recalibration_and_index_are_those_of_r(golden: Path, evaluation) -> None:
    answers = pd.read_csv(golden / "evaluation" / "classes_answers.csv", dtype={"class": str, "versus": str})
    answers = answers.fillna({"class": "", "versus": ""})
    names = {str(i): label for i, label in enumerate(CLASSES)}
    found = evaluation.frame().set_index(["metric", "class", "versus"])
    for row in answers.itertuples(index=False):
        key = row.metric, names.get(row[1], row[1]), names.get(row.versus, row.versus)
        ours = found.loc[[key]].iloc[0]
        assert ours["estimate"] == pytest.approx(row.value, abs=1e-7)
        if not np.isnan(row.low):
            assert (ours["conf_low"], ours["conf_high"]) == pytest.approx((row.low, row.high), abs=1e-9)


CASES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=14)


@given(CASES)
@settings(max_examples=60)
def test_the_index_is_that_of_all_sets_however_many_ties(cases) -> None:
    y = np.array([0, 1, 2, *(case[0] for case in cases)])
    score = np.array([(1, 2), (2, 1), (0, 1), *(case[1:] for case in cases)], dtype=float)
    risk = np.column_stack([score / 10, 1 - score.sum(axis=1) / 10])
    members = [np.flatnonzero(y == place) for place in range(3)]
    wins = np.zeros(3)
    for trio in product(*members):
        among = risk[list(trio)]
        for place in range(3):
            best = among[:, place] == among[:, place].max()
            wins[place] += best[place] / best.sum()
    by_hand = wins / np.prod([len(member) for member in members])
    assert polytomous_discrimination(y, risk)[1] == pytest.approx(by_hand)


def test_of_two_classes_the_index_is_the_auc(synthetic) -> None:
    y, p = synthetic["y"].to_numpy(), synthetic["tied"].to_numpy()
    index, parts = polytomous_discrimination(y, np.column_stack([1 - p, p]))
    assert index == pytest.approx(auc(y, p))
    assert parts[0] == pytest.approx(parts[1])


def test_the_index_of_a_resample_is_that_of_the_resample_written_out(three) -> None:
    y, risk = three["y"].to_numpy(), three[["p0", "p1", "p2"]].to_numpy()
    weights = patient_weights(np.arange(len(y)), 5, np.random.SeedSequence(2))
    for row, found in zip(weights.astype(int), polytomous_parts(y, risk, weights), strict=True):
        again = polytomous_discrimination(np.repeat(y, row), np.repeat(risk, row, axis=0))[1]
        assert found == pytest.approx(again)


def test_every_figure_has_an_interval_about_it_and_a_name_in_the_vocabulary(evaluation) -> None:
    frame = evaluation.frame()
    assert tuple(frame.columns) == CLASS_COLUMNS
    assert set(frame["metric"]) == set(CLASS_METRICS)
    assert frame["estimate"].between(frame["conf_low"], frame["conf_high"]).all()
    assert tuple(evaluation.calibration_frame().columns) == CLASS_CALIBRATION_COLUMNS


def test_the_table_counts_every_lesion_once_by_each_call(evaluation, three) -> None:
    table = evaluation.table_frame()
    assert tuple(table.columns) == TABLE_COLUMNS
    for _, rows in table.groupby("call"):
        assert rows["count"].sum() == len(three)
        assert rows.groupby("class")["share"].sum().tolist() == pytest.approx([1, 1, 1])
        right = rows.loc[rows["class"] == rows["called"], "count"].sum() / len(three)
        called = evaluation.frame().query("metric == 'accuracy' and call == @rows['call'].iloc[0]")
        assert called["estimate"].iloc[0] == pytest.approx(right)
    counts = table.query("call == 'chained_cutoffs'")["count"].to_numpy().reshape(3, 3)
    steps = np.abs(np.subtract.outer(range(3), range(3))) / 2
    chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    kappa = evaluation.frame().query("metric == 'kappa_linear' and call == 'chained_cutoffs'")["estimate"]
    assert kappa.iloc[0] == pytest.approx(1 - (steps * counts).sum() / (steps * chance).sum())


def test_a_chained_call_asks_in_order_and_only_what_is_left() -> None:
    risk = [[1.0, 0.0, 0.0], [0.2, 0.4, 0.4], [0.2, 0.39, 0.41], [0.3, 0.7, 0.0]]
    assert chained_call(risk, (0.3, 0.5)).tolist() == [0, 1, 2, 0]
    with pytest.raises(ValueError, match="3 classes take 2 cut-offs, got 1"):
        chained_call(risk, (0.3,))


def test_both_lesions_of_a_patient_widen_the_intervals(three, evaluation) -> None:
    twice = pd.concat([three, three], ignore_index=True)
    patient = np.tile(np.arange(len(three)), 2).astype(str)
    found = evaluate_classes([_prediction(twice, patient=patient)], seed=1, n_bootstrap=200)
    once, again = (
        e.frame().query("metric in ('pdi', 'log_loss', 'brier_multiclass')") for e in (evaluation, found)
    )
    np.testing.assert_allclose(again["estimate"], once["estimate"])
    ratio = (again["conf_high"] - again["conf_low"]) / (once["conf_high"] - once["conf_low"])
    assert ratio.between(0.8, 1.25).all()  # of lesions as independent it would be 0.71


def test_a_class_without_a_lesion_leaves_reasons_and_no_fault(three) -> None:
    some = three[three["y"] < 2].reset_index(drop=True)
    found = evaluate_classes([_prediction(some)], seed=1, n_bootstrap=20)
    missing = found.frame()[lambda f: f["estimate"].isna()]
    assert missing["method"].str.startswith(NOT_APPLICABLE).all()
    assert {"pdi", "auc", "pairwise_auc", "calibration_slope"} <= set(missing["metric"])
    assert "no lesion" in [text.get_text() for text in found.plot_table("LR", "training").texts]


def test_what_does_not_fit_together_is_refused(three) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        _prediction(three, probability=three[["p0", "p1", "p1"]].to_numpy())
    with pytest.raises(ValueError, match="0 to 2"):
        _prediction(three, y=three["y"] + 1)
    with pytest.raises(ValueError, match="one prediction for each"):
        evaluate_classes([_prediction(three)] * 2, seed=1, n_bootstrap=5)


def test_figures_draw_their_frames(evaluation) -> None:
    curves = evaluation.calibration_frame().query("kind == 'smooth' and `class` == 'low'")
    line = next(line for line in evaluation.plot().get_lines() if line.get_label() == "low")
    np.testing.assert_array_equal(line.get_xydata(), curves[["predicted", "observed"]])
    rows = evaluation.table_frame().query("call == 'chained_cutoffs'")
    drawn = [text.get_text() for text in evaluation.plot_table("LR", "training", "chained_cutoffs").texts]
    assert drawn[::2] == rows["count"].astype(str).tolist()
