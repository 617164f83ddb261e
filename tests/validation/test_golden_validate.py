"""rms::validate on the same resamples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from her2mri.validation.optimism import Optimism, optimism_of
from her2mri.validation.resampling import Lesions, developed_once, on_rows

from .conftest import FixedDevelopment

INDICES = {
    "Dxy": "auc",
    "B": "brier",
    "Intercept": "calibration_intercept",
    "Slope": "calibration_slope",
}


def _validated(folder: Path, unit: str) -> dict[str, Optimism]:
    table = pd.read_csv(folder / "lesions.csv")
    lesions = Lesions(table, table["y"].to_numpy(), table["patient"].to_numpy())
    development = FixedDevelopment(("x1", "x2", "x3"))
    apparent = developed_once(development, lesions)["models"]["LR"]["scores"]
    drawn = pd.read_csv(folder / "indices.csv").query("unit == @unit")["rows"]
    found = [
        on_rows(development, lesions, np.array(rows.split(), dtype=np.int64) - 1)["models"]["LR"]
        for rows in drawn
    ]
    return {
        metric: optimism_of(
            apparent[metric],
            [one["resample"][metric] for one in found],
            [one["original"][metric] for one in found],
        )
        for metric in INDICES.values()
    }


@pytest.mark.parametrize("unit", ["lesion", "patient"])
def test_optimism_of_a_fixed_logistic_model_is_that_of_rms(golden: Path, unit: str) -> None:
    found = _validated(golden / "validation", unit)
    answers = pd.read_csv(golden / "validation" / "validate.csv").query("unit == @unit")
    for answer in answers.itertuples():
        ours = found[INDICES[answer.index]]
        # Somers' Dxy is twice the AUC less one.
        scale, shift = (2.0, 1.0) if answer.index == "Dxy" else (1.0, 0.0)
        assert ours.n == answer.n
        assert_allclose(
            [
                scale * ours.apparent - shift,
                scale * ours.resample_mean - shift,
                scale * ours.original_mean - shift,
                scale * ours.optimism,
                scale * ours.corrected - shift,
            ],
            [answer.apparent, answer.training, answer.test, answer.optimism, answer.corrected],
            atol=1e-6,
        )
