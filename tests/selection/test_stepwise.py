"""The choices of MASS::stepAIC."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.selection.logistic import fit_logistic
from her2mri.selection.stepwise import stepwise_aic

from .conftest import Lesions, encoded


@pytest.mark.parametrize("row", range(12))
def test_the_choice_is_that_of_step_aic(golden: Path, lesions: Lesions, row: int) -> None:
    expected = pd.read_csv(golden / "selection" / "stepwise.csv").iloc[row]
    names = expected["candidates"].split()
    X, groups = lesions.columns_of(names)
    choice = stepwise_aic(X, lesions.frame[expected["outcome"]], groups)
    assert " ".join(names[group] for group in choice.groups) == expected["chosen"]
    assert choice.aic == pytest.approx(expected["aic"], abs=1e-8)


@pytest.mark.parametrize("seed", [323, 423, 463, 667, 930])
def test_a_variable_comes_back_where_step_aic_takes_it_back(golden: Path, seed: int) -> None:
    frame = pd.read_csv(golden / "selection" / "stepwise_reentry.csv").query("seed == @seed")
    names = [*(f"v{number}" for number in range(1, 9)), "g"]
    lesions = encoded(frame, names, categories="g")
    choice = stepwise_aic(lesions.X, frame["y"], lesions.encoding.groups)
    moves = ";".join(f"{sign}{names[group]}" for sign, group in choice.moves)
    assert moves == frame["moves"].iloc[0]
    assert moves.count("+") == 1
    assert choice.aic == pytest.approx(frame["aic"].iloc[0], abs=1e-8)


def test_a_variable_that_follows_from_others_leaves_first(lesions: Lesions) -> None:
    X, groups = lesions.columns_of(["n2", "n4", "b9"])
    copied = np.column_stack([X, X[:, 1] + X[:, 2]])
    choice = stepwise_aic(copied, lesions.frame["y1"], [*groups, 3])
    assert choice.moves == (("-", 3),)
    assert choice.aic == pytest.approx(fit_logistic(X, lesions.frame["y1"]).aic)


def test_noise_alone_leaves_the_empty_model() -> None:
    rng = np.random.default_rng(3)
    choice = stepwise_aic(rng.normal(size=(400, 1)), np.arange(400) % 2, [0])
    assert choice.groups == ()
    assert choice.aic == pytest.approx(2 * 400 * np.log(2) + 2)


def test_separated_classes_still_have_an_aic() -> None:
    x = np.repeat([0.0, 1.0], 30)
    noise = np.random.default_rng(1).normal(size=60)
    choice = stepwise_aic(np.column_stack([x, noise]), x, [0, 1])
    assert choice.groups == (0,)
    assert choice.aic == pytest.approx(4, abs=1e-6)


def test_groups_must_name_each_column(lesions: Lesions) -> None:
    with pytest.raises(ValueError, match="one variable a column"):
        stepwise_aic(lesions.X, lesions.frame["y1"], [0, 1])
