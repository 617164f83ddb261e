from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from her2mri.centers.combat_effect import CombatEffect, combat_effect
from her2mri.errors import TableError
from her2mri.selection.logistic import fit_logistic


@dataclass(frozen=True)
class Line:
    intercept: float
    slope: float
    selected: tuple[str, ...] = ("adc",)

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        return expit(self.intercept + self.slope * frame["adc"].to_numpy())


def develop(frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray) -> Mapping[str, Line]:
    return {"LR": Line(*fit_logistic(frame[["adc"]], y).coefficients.tolist())}


def _effect(shift: float, **options: object) -> CombatEffect:
    """A measurement that tells of the outcome, read ``shift`` SDs too high in center N."""
    rng = np.random.default_rng(6)
    center = np.repeat(["A", "B", "C", "N"], [150, 150, 150, 120])
    truth = rng.normal(size=len(center))
    y = (rng.random(len(center)) < expit(1.2 * truth - 0.3)).astype(int)
    moved = dict(zip("ABCN", (0.8, -0.8, 0.0, shift), strict=True))
    adc = truth + np.array([moved[name] for name in center])
    frame = pd.DataFrame({"adc": adc})
    patient = [f"P{i // 2 if i > 500 else i}" for i in range(len(center))]
    settings = {"new_center": "N", "measurements": ["adc"], "seed": 3, "n_resamples": 40, **options}
    return combat_effect(develop, frame, y, patient, center, **settings)


@pytest.fixture(scope="module")
def shifted() -> CombatEffect:
    return _effect(1.5)


def _estimates(effect: CombatEffect, metric: str) -> pd.Series:
    return effect.frame().query("metric == @metric").set_index(["arm", "n_adaptation"])["estimate"]


def test_harmonising_mends_the_calibration_that_a_shift_spoils(
    shifted: CombatEffect,
) -> None:
    found = _estimates(shifted, "calibration_in_the_large")
    assert abs(found["without", 20]) > 1.2
    assert abs(found["with", 20]) < abs(found["with", 5]) < abs(found["without", 20])
    assert abs(found["with", 20]) < 0.5


def test_harmonising_a_center_like_the_others_costs_little() -> None:
    effect = _effect(0.0, n_adaptation=(5, 20))
    assert abs(_estimates(effect, "brier")["difference", 20]) < 0.01
    assert _estimates(effect, "auc")["difference", 5] == pytest.approx(
        0.0, abs=1e-9
    )  # one measurement keeps order


def test_lesions_adapted_to_are_not_judged_on(shifted: CombatEffect) -> None:
    frame = shifted.frame()
    n = frame.groupby("n_adaptation")["n"].first()
    assert (n <= 120 - n.index).all()
    assert (n > 120 - n.index - 2).all()


def test_the_same_seed_gives_the_same_table_and_failures_are_counted() -> None:
    first, again = (_effect(0.5, n_adaptation=(5,), n_resamples=10).frame() for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["n_resamples"] == 10).all()
    assert (first["n_failed"] == 0).all()


def test_the_plot_shows_both_arms(shifted: CombatEffect) -> None:
    ax = shifted.plot(metric="brier")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["As measured", "Harmonised"]


def test_the_display_has_a_row_for_each_metric_and_number_of_lesions(shifted: CombatEffect) -> None:
    table = shifted.display()
    assert len(table.rows) == 4 * 3
    assert table.rows[0][:3] == ("LR", "AUC", "5")


def test_a_center_that_is_absent_or_too_small_is_refused() -> None:
    with pytest.raises(TableError, match="has no lesion"):
        _effect(0.5, new_center="Z")
    with pytest.raises(TableError, match="too few to adapt to 80"):
        _effect(0.5, n_adaptation=(80,))
