from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.readers.mixed_model import mixed_model
from her2mri.readers.reading_time import clustered_mean, reading_time


@pytest.mark.parametrize("model", ["crossed", "slopes"])
def test_the_mixed_model_is_that_of_lmer(golden: Path, model) -> None:
    seconds = pd.read_csv(golden / "readers/seconds.csv")
    answer = pd.read_csv(golden / "readers/mixed_models.csv").set_index("model").loc[model]
    groups = {"reader": seconds["reader"], "case": seconds["case"]}
    if model == "slopes":
        groups["reader_arm"] = seconds["reader"] + seconds["arm"]
    design = np.column_stack([np.ones(len(seconds)), seconds["arm"] == "aided"])
    found = mixed_model(np.log(seconds["seconds"]), design, groups)
    assert found.criterion == pytest.approx(answer["criterion"], abs=1e-8)
    assert found.estimate[1] == pytest.approx(answer["estimate"], abs=1e-6)
    assert found.std_error[1] == pytest.approx(answer["std_error"], rel=1e-4)
    assert found.df[1] == pytest.approx(answer["df"], rel=1e-3)
    assert found.p_value(1) == pytest.approx(answer["p_value"], rel=5e-3)
    for name in groups:
        assert found.spread[name] == pytest.approx(answer[name], rel=1e-3)


def test_a_grouping_without_effect_gets_no_variance() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=60)
    group = np.repeat(np.arange(10), 6)
    y -= np.repeat(y.reshape(10, 6).mean(axis=1), 6)
    found = mixed_model(y, np.column_stack([np.ones(60), np.tile([0, 1], 30)]), {"group": group})
    assert found.spread["group"] == 0.0
    assert found.df[1] == pytest.approx(58, rel=1e-3)


def test_paired_readings_of_one_reader_give_the_paired_t_test() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(0.0, 0.5, 30)
    logs = np.concatenate([base, base - 0.2]) + rng.normal(0.0, 0.1, 60)
    case = np.tile(np.arange(30), 2)
    design = np.column_stack([np.ones(60), np.repeat([0, 1], 30)])
    found = mixed_model(logs, design, {"case": case})
    low, high = found.interval(1)
    paired = clustered_mean(logs[30:] - logs[:30], np.arange(30).astype(str), 0.95)
    assert (float(found.estimate[1]), low, high) == pytest.approx(paired[:3], rel=1e-3)


def test_what_cannot_be_fitted_is_said() -> None:
    with pytest.raises(EstimationError, match="more rows"):
        mixed_model([1.0, 2.0], np.ones((2, 2)), {"case": [1, 2]})
    with pytest.raises(EstimationError, match="varies"):
        mixed_model(np.ones(6), np.ones((6, 1)), {"case": [1, 1, 2, 2, 3, 3]})


def test_time_saved_by_the_aid_is_found(study) -> None:
    found = reading_time(study.check())
    effect = found.model.set_index("term").loc["aided"]
    assert effect["ratio_low"] < np.exp(-0.25) < effect["ratio_high"] < 1.0
    assert set(found.paired["quantity"]) == {"difference", "ratio"}
    assert (found.paired["n"] == 60).all()
    study.reads["seconds"] = None
    assert reading_time(study.check()).model.empty
