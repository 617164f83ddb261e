from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from her2mri.centers import internal_external
from her2mri.centers.center_performance import OBSERVED_EXPECTED, center_performance
from her2mri.centers.center_rows import CENTER_COLUMNS
from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.datasets.mama_mia import COHORTS, import_mama_mia
from her2mri.dictionary import load_dictionary
from her2mri.errors import EstimationError, TableError
from her2mri.evaluation.calibration import calibration_in_the_large, calibration_slope, observed_expected
from her2mri.evaluation.delong import delong_interval
from her2mri.models.development import RecipeDevelopment
from her2mri.models.recipe import Recipe
from her2mri.statistics.random_effects import random_effects


@dataclass(frozen=True)
class Known:
    """A model that knows the truth, and remembers what it was developed on."""

    shift: float = 0.0
    selected: tuple[str, ...] = ("x",)

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        return expit(frame["x"].to_numpy() - 0.5 + self.shift)


class Remembering:
    """A development that keeps the lesions it was shown."""

    def __init__(self, fails_without: str = "") -> None:
        self.seen: list[pd.DataFrame] = []
        self.fails_without = fails_without

    def __call__(self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray) -> Mapping[str, Known]:
        self.seen.append(frame.assign(y=y, patient=patient))
        if self.fails_without and self.fails_without not in set(frame["where"]):
            raise EstimationError("no variable is left")
        return {"right": Known(), "shifted": Known(1.0)}


def _lesions(sizes: Sequence[int] = (120, 90, 150, 60), seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    where = np.repeat(list("ABCDEFG")[: len(sizes)], sizes)
    x = rng.normal(0, 1.2, len(where))
    y = (rng.random(len(where)) < expit(x - 0.5)).astype(int)
    names = [f"P{i}" for i in range(len(where))]
    return pd.DataFrame({"x": x, "where": where, "y": y, "patient_id": names, "lesion_id": names})


def _run(development: Any, lesions: pd.DataFrame, **options: Any) -> Any:
    columns = (lesions[name] for name in ("y", "patient_id", "where"))
    return internal_external(development, lesions, *columns, task="t", **options)


def test_each_center_is_judged_by_models_developed_without_it_and_its_patients() -> None:
    lesions = _lesions()
    lesions.loc[[130, 131], "patient_id"] = "P0"  # of center A, and these two lesions of center B
    development = Remembering()
    result = _run(development, lesions)
    for name, seen in zip("ABCD", development.seen, strict=True):
        inside = lesions["where"] == name
        assert name not in set(seen["where"])
        expected = ~inside & ~lesions["patient_id"].isin(lesions.loc[inside, "patient_id"])
        assert sorted(seen["lesion_id"]) == sorted(lesions.loc[expected, "lesion_id"])
    codes = {(note.code, note.sample) for note in result.notes}
    assert {("patient_in_two_centers", "A"), ("patient_in_two_centers", "B")} <= codes


def test_pooled_rows_are_the_random_effects_of_the_centers_rows() -> None:
    result = _run(Remembering(), _lesions())
    frame = result.frame()
    assert tuple(frame.columns) == CENTER_COLUMNS
    one = frame[(frame["model"] == "shifted") & (frame["metric"] == "auc")]
    centers = one[one["kind"] == "center"]
    pool = random_effects(centers["scaled_estimate"], centers["scaled_std_error"])
    pooled, predicted = (
        one[one["kind"] == "pooled"].iloc[0],
        one[one["kind"] == "prediction_interval"].iloc[0],
    )
    assert pooled["estimate"] == pytest.approx(expit(pool.estimate))
    assert predicted["conf_high"] == pytest.approx(expit(pool.prediction_high))
    assert (pooled["n"], pooled["n_events"]) == (centers["n"].sum(), centers["n_events"].sum())
    assert result.pools_frame()["tau"].iloc[4] == pytest.approx(pool.tau)


def test_a_shift_of_the_log_odds_is_seen_in_the_large_and_in_observed_to_expected() -> None:
    frame = _run(Remembering(), _lesions()).frame().set_index(["model", "metric", "kind"])["estimate"]
    right, shifted = (frame[name, "calibration_in_the_large", "pooled"] for name in ("right", "shifted"))
    assert right - shifted == pytest.approx(1.0, abs=0.02)
    assert frame["shifted", OBSERVED_EXPECTED, "pooled"] < 0.8 < frame["right", OBSERVED_EXPECTED, "pooled"]


def test_small_and_one_class_centers_are_shown_and_said_but_not_pooled() -> None:
    lesions = _lesions((120, 90, 100, 12))
    lesions.loc[lesions["where"] == "C", "y"] = 1
    few = lesions.index[lesions["where"] == "D"]
    lesions.loc[few, "y"] = [1, 1, *[0] * 10]
    result = _run(Remembering(), lesions)
    codes = {note.sample: note.code for note in result.notes}
    assert codes == {"C": "one_class", "D": "too_few_to_pool"}
    rows = (
        result.frame().query("metric == 'auc' and model == 'right' and kind == 'center'").set_index("center")
    )
    assert rows["pooled"].tolist() == [True, True, False, False]
    assert np.isnan(rows.loc["C", "estimate"])
    assert np.isfinite(rows.loc["D", "estimate"])
    assert "fewer than 5" in rows.loc["D", "reason"]
    assert result.pools_frame()[["n_centers", "n_not_pooled"]].iloc[0].tolist() == [2, 2]
    bounds = result.frame().query("kind == 'prediction_interval'")["conf_low"]
    assert bounds.isna().all()


def test_a_development_that_never_succeeds_is_refused() -> None:
    with pytest.raises(TableError, match="no variable is left"):
        _run(Remembering(fails_without="nowhere"), _lesions())


def test_a_center_without_which_nothing_can_be_developed_is_said_and_the_others_stand() -> None:
    result = _run(Remembering(fails_without="B"), _lesions())
    failed = result.frame().query("center == 'B'")
    assert failed["reason"].unique().tolist() == ["no variable is left"]
    assert failed["estimate"].isna().all()
    assert [note.code for note in result.notes if note.sample == "B"] == ["development_failed"]
    assert set(result.selected["center"]) == set("ACD")
    assert (result.pools_frame()["n_failed"] == 1).all()


def test_the_plot_draws_the_frame() -> None:
    result = _run(Remembering(), _lesions())
    written = [text.get_text() for text in result.plot(model="shifted", metric="calibration_slope").texts]
    assert {"A", "B", "C", "D", "Prediction interval", "shifted"} <= {text.strip() for text in written}


def test_the_display_says_what_was_pooled_and_what_was_not() -> None:
    lesions = _lesions((120, 90, 100, 12))
    lesions.loc[lesions["where"] == "C", "y"] = 1
    lesions.loc[lesions["where"] == "D", "y"] = [1, 1, *[0] * 10]
    table = _run(Remembering(), lesions).display()
    assert table.rows[0][:2] == ("right", "AUC")
    assert table.rows[0][3] == "n/a"
    assert [len(row) for row in table.rows] == [len(table.header)] * 8
    assert table.rows[0][-3:] == ("2", "2", "0")


def test_public_cohorts_are_left_out_in_turn(shared: Path) -> None:
    dictionary = load_dictionary()
    imported = import_mama_mia(shared / "data" / "mama_mia", cohorts=COHORTS)
    frame = cohort_from_frame(imported.frame, dictionary).frame
    task = dictionary.task("her2_positive")
    names = ["age", "hr_status"]
    frame = frame[frame[task.outcome].isin(task.eligible) & frame[names].notna().all(axis=1)]
    y = frame[task.outcome].isin(task.positive).to_numpy().astype(int)
    development = RecipeDevelopment(Recipe(given=tuple(names)), ("LR",), tuple(dictionary[n] for n in names))
    result = internal_external(development, frame, y, frame["patient_id"], frame["center"])
    assert result.pools_frame()["n_centers"].tolist() == [4] * 4
    area = result.frame().query("metric == 'auc' and kind == 'pooled'").iloc[0]
    assert area["conf_low"] < 0.5  # age and receptor status say next to nothing of the outcome


def test_jobs_give_plain_data_to_any_runner() -> None:
    import json

    def through_json(name: str, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
        return [json.loads(json.dumps(job())) for job in jobs]

    lesions = _lesions()
    plain, sent = (_run(Remembering(), lesions, **options) for options in ({}, {"run": through_json}))
    pd.testing.assert_frame_equal(plain.frame(), sent.frame())


@pytest.mark.parametrize(
    ("where", "said"), [(["A"] * 60, "two or more"), (["A", None, "B"] * 20, "20 lesions have no center")]
)
def test_tables_without_centers_are_refused(where: list[str | None], said: str) -> None:
    lesions = _lesions((60,))
    with pytest.raises(TableError, match=said):
        internal_external(Remembering(), lesions, lesions["y"], lesions["patient_id"], where)


def test_one_lesion_a_patient_gives_the_plain_estimates_and_copies_keep_the_intervals() -> None:
    """Every patient's lesion twice: the same information, so the same interval but for G / (G - 1)."""
    lesions = _lesions((150,))
    y, p, who = lesions["y"].to_numpy(), expit(lesions["x"].to_numpy() * 0.7), lesions["patient_id"]
    once = center_performance(y, p, who)
    assert once[1].scaled_error == calibration_in_the_large(y, p).std_error
    assert once[2].scaled_error == calibration_slope(y, p).std_error
    area = delong_interval(y, p)
    assert once[0].scaled_error == pytest.approx(area.std_error / (area.estimate * (1 - area.estimate)))
    assert once[3].scaled_error == observed_expected(y, p).std_error
    twice = center_performance(np.tile(y, 2), np.tile(p, 2), np.tile(who, 2))
    for single, double in zip(once, twice, strict=True):
        assert double.estimate == pytest.approx(single.estimate)
        assert double.scaled_error == pytest.approx(single.scaled_error, rel=0.12)
        assert double.scaled_error > 0.85 * single.scaled_error


def test_classes_instead_of_probabilities_have_no_calibration() -> None:
    found = center_performance([0, 1, 0, 1], [0, 1, 1, 1], [1, 2, 3, 4])
    assert [one.reason for one in found[1:]] == ["the model gives classes, not probabilities"] * 3
