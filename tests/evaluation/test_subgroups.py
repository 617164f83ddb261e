from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2mri.evaluation import Prediction
from her2mri.evaluation.calibration import calibration_in_the_large, calibration_slope, observed_expected
from her2mri.evaluation.delong import delong_interval
from her2mri.evaluation.performance import NOT_APPLICABLE
from her2mri.evaluation.subgroup_heterogeneity import HETEROGENEITY_COLUMNS, heterogeneity_rows
from her2mri.evaluation.subgroup_rows import SUBGROUP_COLUMNS
from her2mri.evaluation.subgroups import ALL_LESIONS, NOT_RECORDED, evaluate_subgroups
from her2mri.statistics.multiplicity import holm


def _groups(prediction: Prediction, seed: int = 0) -> dict[str, pd.Series]:
    rng, index = np.random.default_rng(seed), list(prediction.lesion[::-1])
    bands = pd.Categorical.from_codes(rng.integers(-1, 2, len(index)), ["young", "old"], ordered=True)
    return {
        "Age": pd.Series(bands, index=index),
        "Scanner": pd.Series(rng.choice(["b", "a", "c"], len(index)), index=index),
    }


def test_each_level_has_the_figures_of_its_lesions_alone(make_prediction) -> None:
    prediction = make_prediction(300, pairs=40)
    groups = _groups(prediction)
    frame = evaluate_subgroups([prediction], groups).frame()
    assert tuple(frame.columns) == SUBGROUP_COLUMNS
    assert frame.drop_duplicates("level")["level"].tolist() == [
        ALL_LESIONS, "young", "old", NOT_RECORDED, "a", "b", "c",
    ]  # fmt: skip
    members = (groups["Scanner"].reindex(prediction.lesion) == "b").to_numpy()
    lesions = prediction.y[members], prediction.probability[members]
    of_b = frame[frame["level"] == "b"].set_index("metric")
    assert (of_b["n"] == members.sum()).all()
    for metric, measure in (
        ("auc", delong_interval),
        ("observed_expected", observed_expected),
        ("calibration_in_the_large", calibration_in_the_large),
        ("calibration_slope", calibration_slope),
    ):
        found = measure(*lesions, patient=prediction.patient[members])
        expected = found.estimate, found.conf_low, found.conf_high
        assert of_b.loc[metric, ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(expected)


def test_a_small_subgroup_says_how_small_and_nothing_else(make_prediction) -> None:
    prediction = make_prediction(120)
    rare = np.where(np.arange(120) < 15, "rare", "common")
    found = evaluate_subgroups([prediction], {"Kind": pd.Series(rare, index=prediction.lesion)})
    rows = found.frame().query("level == 'rare'")
    events = int(prediction.y[:15].sum())
    assert rows["estimate"].isna().all()
    assert rows["method"].str.startswith(f"{NOT_APPLICABLE}: too small to say ({events} event").all()
    tested = found.heterogeneity_frame()
    assert tested["p_value"].isna().all()
    assert tested["method"].str.startswith(NOT_APPLICABLE).all()
    assert any("too small" in text.get_text() for text in found.plot().texts)


def test_two_independent_levels_are_tested_by_z_and_all_variables_by_holm(make_prediction) -> None:
    prediction = make_prediction(300)
    groups = _groups(prediction) | {
        "Side": pd.Series(np.where(np.arange(300) % 2, "left", "right"), index=prediction.lesion)
    }
    found = evaluate_subgroups([prediction], groups)
    tested = found.heterogeneity_frame()
    assert tuple(tested.columns) == HETEROGENEITY_COLUMNS
    side = tested.query("variable == 'Side' and metric == 'auc'").iloc[0]
    halves = [delong_interval(prediction.y[part::2], prediction.probability[part::2]) for part in (0, 1)]
    z = (halves[0].estimate - halves[1].estimate) / np.hypot(halves[0].std_error, halves[1].std_error)
    assert side["statistic"] == pytest.approx(z**2)
    assert {side["lowest"], side["highest"]} == {half.estimate for half in halves}
    for _, rows in tested.groupby("metric"):
        assert rows["p_holm"].tolist() == holm(rows["p_value"].to_numpy()).tolist()
    assert tested.query("variable == 'Scanner'")["df"].tolist() == [2, 2]


def test_lesions_of_one_patient_in_two_levels_are_neither_two_patients_nor_one() -> None:
    rng, p_values = np.random.default_rng(5), []
    lesion = [f"l{i}" for i in range(160)]
    side = pd.Series(["left", "right"] * 80)
    for _ in range(200):
        linear = np.repeat(rng.normal(-0.5, 1.3, 80), 2)
        y = np.repeat(rng.random(80), 2) < 1 / (1 + np.exp(-linear))
        y = y ^ (rng.random(160) < 0.1)
        p = 1 / (1 + np.exp(-linear - rng.normal(size=160)))
        patient = np.repeat(np.arange(80), 2).astype(str)
        prediction = Prediction("task", "LR", "training", lesion, patient, y, p, "positive")
        tested = heterogeneity_rows(prediction, "Side", side, ["left", "right"], least=10)
        p_values.append([row["p_value"] for row in tested])
    rejected = (np.array(p_values) < 0.05).mean(axis=0)
    assert ((rejected > 0.01) & (rejected < 0.1)).all(), rejected


def test_a_model_of_labels_has_only_an_auc(make_prediction) -> None:
    prediction = make_prediction(120, is_label=True)
    found = evaluate_subgroups([prediction], _groups(prediction))
    known = found.frame().dropna(subset="estimate")
    assert set(known["metric"]) == {"auc"}
    assert set(found.heterogeneity_frame()["metric"]) == {"auc"}


def test_the_forest_counts_centers_too_small_to_say_anything_in_one_line(make_prediction) -> None:
    prediction = make_prediction(300)
    center = np.where(np.arange(300) < 240, "Large", [f"Small {i // 12:02d}" for i in range(300)])
    found = evaluate_subgroups([prediction], {"Center": pd.Series(center, index=prediction.lesion)})
    assert found.frame()["level"].nunique() == 7  # all lesions, the large center and five small ones
    texts = [text.get_text().strip() for text in found.plot().texts]
    assert [text for text in texts if "Small" in text or "others" in text] == ["5 others"]
    assert "each too small to say" in texts
    assert "60" in texts


def test_a_lesion_with_two_levels_is_refused(make_prediction) -> None:
    prediction = make_prediction(30)
    twice = pd.Series(["a", "b"], index=[prediction.lesion[0]] * 2)
    with pytest.raises(ValueError, match="'Age' name a lesion twice"):
        evaluate_subgroups([prediction], {"Age": twice})


def test_the_forest_draws_the_rows_of_its_frame(make_prediction) -> None:
    prediction = make_prediction(300)
    found = evaluate_subgroups([prediction], _groups(prediction))
    rows = found.frame().query("metric == 'brier'")
    drawn = [text.get_text() for text in found.plot_forest("task", "LR", "training", metric="brier").texts]
    for row in rows.itertuples():
        assert f"{row.estimate:.2f} ({row.conf_low:.2f} to {row.conf_high:.2f})" in drawn
    with pytest.raises(KeyError, match="no rows"):
        found.plot_forest("task", "LR", "training", metric="npv")
