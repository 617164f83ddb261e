from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from her2mri.evaluation import Evaluation, Prediction, evaluate
from her2mri.evaluation.performance import NOT_APPLICABLE
from her2mri.statistics.multiplicity import holm
from her2mri.vocabulary import METRICS, PERFORMANCE_COLUMNS

SAMPLES = {"training": 160, "internal_validation": 90, "external_validation": 70}


@pytest.fixture
def predictions(make_prediction) -> list[Prediction]:
    return [
        make_prediction(n, model=model, sample=sample, seed=seed, pairs=5, is_label=model == "k-NN")
        for seed, (sample, n) in enumerate(SAMPLES.items())
        for model in ("SVM", "k-NN", "LR")
    ]


@pytest.fixture
def evaluation(predictions) -> Evaluation:
    return evaluate(predictions, seed=3, n_bootstrap=200)


def _cell(evaluation: Evaluation, model: str, sample: str, rule: str | None = None) -> pd.DataFrame:
    frame = evaluation.frame()
    chosen = frame[(frame["model"] == model) & (frame["sample"] == sample)]
    chosen = chosen if rule is None else chosen[chosen["threshold_rule"] == rule]
    return chosen.set_index("metric")


def _bytes(evaluation: Evaluation) -> list[str]:
    frames = (
        evaluation.frame(),
        evaluation.calibration_frame(),
        evaluation.decision_curve_frame(),
        evaluation.roc_frame(),
        evaluation.rule_out_frame(),
        evaluation.comparison_frame(),
        evaluation.notes_frame(),
    )
    return [frame.to_csv() for frame in frames]


def test_every_estimate_has_an_interval_and_every_other_row_a_reason(evaluation) -> None:
    frame = evaluation.frame()
    assert tuple(frame.columns) == PERFORMANCE_COLUMNS
    assert set(frame["metric"]) == set(METRICS)
    missing = frame["estimate"].isna()
    assert frame.loc[missing, "method"].str.startswith(f"{NOT_APPLICABLE}: ").all()
    found = frame[~missing]
    assert (found["conf_low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["conf_high"]).all()
    for name, metric in METRICS.items():
        assert found.loc[found["metric"] == name, "estimate"].between(metric.low, metric.high).all()


def test_the_training_cutoff_is_carried_to_every_sample(evaluation) -> None:
    carried = {_cell(evaluation, "LR", sample, "youden_training")["threshold"].iloc[0] for sample in SAMPLES}
    again = {_cell(evaluation, "LR", sample, "youden_in_sample")["threshold"].iloc[0] for sample in SAMPLES}
    assert len(carried) == 1
    assert len(again) == len(SAMPLES)
    training = [_cell(evaluation, "LR", "training", rule) for rule in ("youden_training", "youden_in_sample")]
    shared = training[1].index
    assert training[0].loc[shared, "estimate"].tolist() == training[1]["estimate"].tolist()


def test_rechoosing_the_cutoff_widens_the_interval_of_sensitivity(evaluation) -> None:
    rows = [
        _cell(evaluation, "LR", "training", rule).loc["sensitivity"]
        for rule in ("youden_in_sample", "youden_training")
    ]
    widths = [row["conf_high"] - row["conf_low"] for row in rows]
    assert widths[0] > widths[1]


def test_a_model_of_labels_gets_no_calibration_and_no_decision_curve(evaluation) -> None:
    rows = _cell(evaluation, "k-NN", "training")
    for metric in ("brier", "calibration_slope", "ici", "net_benefit", "dca_optimal_threshold"):
        assert rows.loc[[metric], "estimate"].isna().all()
        assert rows.loc[[metric], "method"].str.contains("class labels").all()
    assert set(rows.loc["sensitivity", "threshold"]) == {0.5}
    for frame in (
        evaluation.calibration_frame(),
        evaluation.decision_curve_frame(),
        evaluation.rule_out_frame(),
    ):
        assert "k-NN" not in set(frame["model"])
    assert "k-NN" in set(evaluation.roc_frame()["model"])


def test_a_row_is_the_same_whatever_stands_beside_it(predictions, evaluation) -> None:
    assert _bytes(evaluate(predictions[::-1], seed=3, n_bootstrap=200)) == _bytes(evaluation)
    alone = evaluate([p for p in predictions if p.model == "LR"], seed=3, n_bootstrap=200).frame()
    together = evaluation.frame()
    beside = together[together["model"] == "LR"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, beside, check_exact=True)


def test_another_seed_moves_the_intervals_and_no_estimate(predictions, evaluation) -> None:
    other = evaluate(predictions, seed=4, n_bootstrap=200).frame()
    pd.testing.assert_series_equal(other["estimate"], evaluation.frame()["estimate"])
    assert not other["conf_low"].equals(evaluation.frame()["conf_low"])


def test_models_are_compared_in_pairs_within_a_sample_and_adjusted_by_holm(evaluation) -> None:
    comparison = evaluation.comparison_frame()
    assert len(comparison) == 9
    for _, rows in comparison.groupby("sample"):
        assert rows["p_holm"].tolist() == holm(rows["p_value"].to_numpy()).tolist()
    assert comparison["estimate"].to_numpy() == pytest.approx(
        comparison["auc"] - comparison["auc_comparator"]
    )


def test_models_on_other_lesions_are_not_compared(make_prediction) -> None:
    found = evaluate([make_prediction(60), make_prediction(61, model="SVM")], seed=1, n_bootstrap=20)
    assert found.comparison_frame()["method"].tolist() == [
        "not applicable: the models were not given the same lesions"
    ]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("y", "p", "code"),
    [
        ([1], [0.5], "one_class"),
        ([0, 0, 0], [0.1, 0.2, 0.3], "one_class"),
        ([0, 1], [0.4, 0.6], "few_events"),
        ([0, 0, 1, 1], [0.3] * 4, "no_cutoff_beats_chance"),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], "no_cutoff_beats_chance"),
        ([0, 1, 0, 1, 1], [0.0, 0.0, 1.0, 1.0, 1.0], "certain_probabilities"),
        ([0] * 30 + [1] * 30, [0.2] * 30 + [0.8] * 30, "fewer_than_100_events"),
    ],
)
def test_samples_that_allow_little_give_rows_and_notes_and_never_fail(
    make_prediction, y, p, code: str
) -> None:
    names = [f"x{i}" for i in range(len(y))]
    small = Prediction("task", "LR", "external_validation", names, names, y, p, "positive")
    found = evaluate([make_prediction(80), small], seed=1, n_bootstrap=50)
    rows = _cell(found, "LR", "external_validation")
    unexplained = rows["estimate"].isna() & ~rows["method"].str.startswith(NOT_APPLICABLE)
    assert not unexplained.any()
    assert code in {note.code for note in found.notes if note.sample == "external_validation"}


def test_the_index_of_a_tree_that_is_right_in_every_leaf_lies_in_its_interval() -> None:
    p = np.repeat([0.1, 0.2, 0.5, 0.9], 40)
    y = np.concatenate([np.arange(40) < 40 * share for share in (0.1, 0.2, 0.5, 0.9)]).astype(int)
    names = [f"x{i}" for i in range(len(y))]
    perfect = Prediction("task", "DT", "training", names, names, y, p, "positive")
    rows = evaluate([perfect], seed=1, n_bootstrap=300).frame().dropna(subset="estimate")
    ici = rows.set_index("metric").loc["ici"]
    assert ici["estimate"] == pytest.approx(0, abs=1e-6)
    assert 0 <= ici["conf_low"] <= ici["estimate"] < 0.03 < ici["conf_high"] < 0.12
    assert "lower arm lengthened by bias" in ici["method"]
    assert rows["estimate"].between(rows["conf_low"], rows["conf_high"]).all()


def test_moved_probabilities_are_counted_once_with_where_they_were_moved_to(make_prediction) -> None:
    y, p = [0, 0, 1, 0, 1, 1], [0.0, 0.0, 0.3, 0.6, 0.99995, 1.0]
    names = [f"x{i}" for i in range(6)]
    tree = Prediction("task", "DT", "training", names, names, y, p, "positive")
    found = evaluate([tree], seed=1, n_bootstrap=50)
    moved = "2 probabilities of 0 taken as 0.001, 1 probability of 1 taken as 0.99995"
    assert _cell(found, "DT", "training").loc["calibration_slope", "method"] == f"Wald, {moved}"
    (note,) = [note for note in found.notes if note.code == "certain_probabilities"]
    assert note.message == f"to have log odds, {moved}"


def test_without_a_training_sample_no_cutoff_is_locked(make_prediction) -> None:
    found = evaluate([make_prediction(60, sample="external_validation")], seed=1, n_bootstrap=50)
    locked = _cell(found, "LR", "external_validation", "youden_training")
    assert locked["estimate"].isna().all()
    assert locked["method"].str.contains("training").all()


def test_a_share_without_spread_gets_an_exact_interval() -> None:
    names = [f"x{i}" for i in range(40)]
    p = np.linspace(0.01, 0.99, 40)
    separated = Prediction("task", "LR", "training", names, names, (p > 0.7).astype(int), p, "positive")
    row = _cell(evaluate([separated], seed=1, n_bootstrap=100), "LR", "training", "youden_training").loc[
        "sensitivity"
    ]
    assert row["estimate"] == row["conf_high"] == 1.0
    assert row["conf_low"] == pytest.approx(0.025 ** (1 / separated.n_events))
    assert row["method"].startswith("Clopper-Pearson")


def test_contradicting_predictions_are_refused(make_prediction) -> None:
    with pytest.raises(ValueError, match="one prediction for each task, model and sample"):
        evaluate([make_prediction(30), make_prediction(30)], seed=1)
    other = make_prediction(30)
    other = Prediction(
        "task", "SVM", "training", other.lesion, other.patient, 1 - other.y, other.probability, "no"
    )
    with pytest.raises(ValueError, match="a task must have one positive class"):
        evaluate([make_prediction(30), other], seed=1)


def test_fifteen_cells_of_two_thousand_resamples_take_seconds(make_prediction) -> None:
    sizes = {"training": 613, "internal_validation": 263, "external_validation": 154}
    cells = [
        make_prediction(n, model=model, sample=sample, seed=seed)
        for seed, (sample, n) in enumerate(sizes.items())
        for model in ("DT", "SVM", "k-NN", "ANN", "LR")
    ]
    start = time.process_time()
    evaluate(cells, seed=1)
    assert time.process_time() - start < 8.0  # 1.6 s on two idle cores, where R took 15.8 s


def test_challengers_are_compared_with_the_rest_by_patient(make_prediction) -> None:
    models = ("LR", "SVM", "elastic net", "boosted trees")
    whole = [make_prediction(100, model=model, pairs=20) for model in models]
    comparison = evaluate(whole, seed=1, n_bootstrap=20).comparison_frame()
    assert len(comparison) == 6
    assert set(comparison["method"]) == {"DeLong, paired, by patient (Obuchowski)"}
    assert {"elastic net", "boosted trees"} <= set(comparison["model"]) | set(comparison["comparator"])
    alone = [make_prediction(100, model=model) for model in models]
    apart = evaluate(alone, seed=1, n_bootstrap=20).comparison_frame()
    assert set(apart["method"]) == {"DeLong, paired"}
    assert (apart["std_error"] != comparison["std_error"]).all()


def test_calibration_rows_say_when_they_follow_patients_with_two_lesions(make_prediction) -> None:
    paired, apart = (
        _cell(evaluate([make_prediction(150, pairs=pairs)], seed=1, n_bootstrap=50), "LR", "training")
        for pairs in (40, 0)
    )
    for metric in ("calibration_in_the_large", "calibration_intercept", "calibration_slope"):
        assert paired.loc[metric, "estimate"] == apart.loc[metric, "estimate"]
        assert (paired.loc[metric, "method"], apart.loc[metric, "method"]) == (
            "Wald, robust by patient",
            "Wald",
        )
        assert paired.loc[metric, "conf_low"] != apart.loc[metric, "conf_low"]


def test_indices_of_a_well_calibrated_model_reach_zero_and_those_of_a_wrong_one_do_not() -> None:
    rng = np.random.default_rng(3)
    names = [f"x{i}" for i in range(400)]
    p = 1 / (1 + np.exp(-rng.normal(-0.7, 1.0, 400)))
    y = (rng.random(400) < p).astype(int)
    rows = [
        _cell(
            evaluate([Prediction("t", "LR", "training", names, names, y, q, "yes")], seed=1), "LR", "training"
        )
        for q in (p, p**0.4)
    ]
    for metric in ("ici", "e50", "e90"):
        assert rows[0].loc[metric, "conf_low"] == 0
        assert rows[1].loc[metric, "conf_low"] > 0
