"""The benchmarks give rows of one form, and our choices are those that R makes on the same folds."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from benchmarks.__main__ import benches
from benchmarks.published import published_training
from benchmarks.simulate import studies
from benchmarks.simulate_coverage import coverage, truth
from benchmarks.simulate_optimism import one_sample, setting

from benchmarks import bench_recipe, rows

GOLDEN = Path(__file__).parents[1] / "golden" / "benchmarks"


def test_a_row_has_exactly_the_fields_of_the_contract(tmp_path: Path) -> None:
    rows.write(
        [rows.Row("recipe", 0.5, 2.0, "one"), rows.Row("alone", 0.5, None, "two")], tmp_path / "bench.json"
    )
    written = json.loads((tmp_path / "bench.json").read_text())
    assert written[0] == {"work": "recipe", "ours_s": 0.5, "peer_s": 2.0, "ratio": 4.0, "n": "one"}
    assert written[1] == {"work": "alone", "ours_s": 0.5, "peer_s": None, "ratio": None, "n": "two"}
    assert "| alone | 0.5 | absent |  | two |" in rows.as_markdown(written)


def test_without_r_a_peer_is_absent_and_the_row_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    row, *_ = bench_recipe.bench(tmp_path, resamples=1, repeats=1)
    assert row.work.startswith("recipe")
    assert row.ours_s > 0
    assert row.peer_s is None
    assert row.ratio is None
    assert "Rscript is absent" in capsys.readouterr().out


def test_our_choices_are_those_of_r_on_the_same_folds() -> None:
    answers = pd.read_csv(GOLDEN / "recipe.csv")
    training = published_training()
    drawn = training.resamples(len(answers))
    assert training.matrix().shape == (613, 45)
    for (places, folds), (_, theirs) in zip(drawn, answers.iterrows(), strict=True):
        assert bench_recipe.differences(bench_recipe.our_choice(training, places, folds), theirs) == {}


def test_the_recommended_study_is_timed_only_when_asked_for(tmp_path: Path) -> None:
    assert next(iter(benches(tmp_path, full=False))) == "recipe"
    assert set(benches(tmp_path, full=True)) - set(benches(tmp_path, full=False)) == {"recommended"}


def test_the_coverage_study_counts_every_interval_with_a_truth() -> None:
    found = coverage(150, 0.0, 2, 1, 20)
    assert set(found) == set(truth())
    assert all(count == 2 for _, count in found.values())
    assert "simulate_coverage" in studies()


def test_the_study_of_optimism_counts_a_sample_of_which_nothing_is_selected() -> None:
    nothing = one_sample(150, 21, bilateral=False, resamples=10)
    assert nothing is not None
    assert "calibration_slope" not in nothing
    assert (nothing["auc"]["true"], nothing["auc"]["corrected"]) == (0.5, 0.0)
    usable, means = setting(150, bilateral=False, samples=2, resamples=10, seed=20)
    assert usable == 2
    assert means.loc["auc", "true"] > 0.5
    assert means.loc["calibration_slope", ["reported:", "spread:"]].isin([0.0, 1.0]).all()
