from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.centers.combat import FrozenCombat
from her2mri.errors import EstimationError, TableError

MEASUREMENTS = ["m1", "m2", "m3", "m4"]


def _lesions(sizes: dict[str, int], *, shift: dict[str, float], seed: int = 2) -> pd.DataFrame:
    """Measurements eer-like (mean 1, SD 0.4) and adc-like (mean 1, SD 0.2), shifted by center in SDs."""
    rng = np.random.default_rng(seed)
    center = np.repeat(list(sizes), list(sizes.values()))
    moved = np.array([shift.get(name, 0.0) for name in center])
    return pd.DataFrame(
        {
            "center": center,
            "eer": 1 + 0.4 * (rng.normal(size=len(center)) + moved),
            "adc": 1 + 0.2 * (rng.normal(size=len(center)) - moved),
        }
    )


DEVELOPMENT = {"A": 150, "B": 90, "C": 120, "D": 60}
SHIFTS = {"A": 0.5, "B": -0.6, "C": 0.0, "D": 0.9}


@pytest.fixture(scope="module")
def frozen() -> FrozenCombat:
    frame = _lesions(DEVELOPMENT, shift=SHIFTS)
    return FrozenCombat.learn(frame, frame["center"], ["eer", "adc"])


@pytest.mark.parametrize(("answer", "covariates"), [("combat", []), ("combat_covariates", ["group", "age"])])
def test_harmonised_development_is_that_of_sva(golden: Path, answer: str, covariates: list[str]) -> None:
    frame = pd.read_csv(golden / "centers" / "combat_input.csv")
    combat = FrozenCombat.learn(
        frame, frame["center"], MEASUREMENTS, covariates=covariates, across="measurements"
    )
    found = combat.harmonise_development(frame, frame["center"])[MEASUREMENTS]
    np.testing.assert_allclose(found, pd.read_csv(golden / "centers" / f"{answer}.csv"), rtol=1e-6)


def test_a_frozen_harmonisation_is_the_same_after_json(frozen: FrozenCombat) -> None:
    again = FrozenCombat.from_dict(json.loads(json.dumps(frozen.as_dict())))
    assert again == frozen
    assert hash(again) == hash(frozen)


def test_harmonising_takes_centers_together(frozen: FrozenCombat) -> None:
    frame = _lesions(DEVELOPMENT, shift=SHIFTS)
    before = frame.groupby("center")[["eer", "adc"]].mean().std()
    after = (
        frozen.harmonise_development(frame, frame["center"]).groupby("center")[["eer", "adc"]].mean().std()
    )
    assert (after < 0.15 * before).all()


def test_many_lesions_recover_a_known_shift_and_scale(frozen: FrozenCombat) -> None:
    own = _lesions({"N": 400}, shift={}, seed=8)[["eer", "adc"]]
    changed = own * 1.5 + 0.3
    adapted = frozen.adapt(changed, "N")
    told = adapted.frame().set_index("measurement")
    within = np.array(frozen.sd)
    expected_shift = 1.5 * own.mean() + 0.3 - np.array(frozen.mean)
    np.testing.assert_allclose(told["shift"], expected_shift, atol=0.05 * within.max())
    np.testing.assert_allclose(told["sd_ratio"], 1.5 * own.std() / within, rtol=0.05)
    assert (told["weight"] > 0.95).all()
    back = frozen.harmonise(changed, adapted)
    np.testing.assert_allclose(back.mean(), frozen.mean, atol=0.02)
    np.testing.assert_allclose(back.std(), frozen.sd, rtol=0.05)
    assert (back.corrwith(own) > 1 - 1e-12).all()


def test_no_lesion_changes_nothing(frozen: FrozenCombat) -> None:
    new = _lesions({"N": 30}, shift={"N": 1.0})
    adapted = frozen.adapt(new.iloc[:0], "N")
    pd.testing.assert_frame_equal(frozen.harmonise(new, adapted), new)
    assert adapted.weight == (0.0, 0.0)


def test_few_lesions_of_a_center_like_development_change_little_and_less_than_their_mean(
    frozen: FrozenCombat,
) -> None:
    own, alike = [], []
    for seed in range(40):
        new = _lesions({"N": 5}, shift={}, seed=100 + seed)
        own.append((new["eer"].mean() - frozen.mean[0]) / frozen.sd[0])
        alike.append(frozen.adapt(new, "N").location[0])
    assert np.std(alike) < 0.85 * np.std(own)
    assert (np.abs(alike) <= np.abs(own)).all()


def test_intervals_of_the_shift_narrow_with_lesions_and_cover(frozen: FrozenCombat) -> None:
    rng = np.random.default_rng(5)
    prior_sd = np.sqrt(frozen.prior_location_variance[0])
    widths, hits = [], []
    for n in (5, 10, 20):
        covered, width = [], []
        for _ in range(100):
            true = rng.normal(0, prior_sd)
            values = frozen.mean[0] + frozen.sd[0] * (true + rng.normal(size=n))
            row = frozen.adapt(pd.DataFrame({"eer": values, "adc": np.nan}), "N").frame().iloc[0]
            covered.append(row["conf_low"] <= true * frozen.sd[0] <= row["conf_high"])
            width.append(row["conf_high"] - row["conf_low"])
        widths.append(np.mean(width))
        hits.append(np.mean(covered))
    assert widths[0] > 1.2 * widths[1] > 1.2 * 1.2 * widths[2]
    assert (np.abs(np.array(hits) - 0.95) < 0.06).all()


def test_centers_that_agree_make_a_new_one_move_less() -> None:
    moved = []
    for shift in ({}, SHIFTS):
        frame = _lesions(DEVELOPMENT, shift=shift)
        combat = FrozenCombat.learn(frame, frame["center"], ["eer"])
        moved.append(combat.adapt(_lesions({"N": 10}, shift={"N": 1.0}), "N").weight[0])
    assert moved[0] < 0.5 < moved[1]


def test_one_development_center_has_a_weak_prior_and_stays_as_it_is() -> None:
    frame = _lesions({"A": 80}, shift={})
    combat = FrozenCombat.learn(frame, frame["center"], ["eer"])
    assert combat.prior_location_variance == (0.25,)
    pd.testing.assert_frame_equal(combat.harmonise_development(frame, frame["center"]), frame)
    assert combat.adapt(_lesions({"N": 10}, shift={"N": 1.0}), "N").weight[0] == pytest.approx(
        2.5 / 3.5, abs=0.1
    )


def test_missing_measurements_stay_missing_and_count_for_nothing(frozen: FrozenCombat) -> None:
    new = _lesions({"N": 12}, shift={"N": 1.0})
    gaps = new.copy()
    gaps.loc[[3, 4], "adc"] = np.nan
    adapted = frozen.adapt(gaps, "N")
    assert adapted.n == (12, 10)
    assert adapted.location[0] == pytest.approx(frozen.adapt(new, "N").location[0])
    assert adapted.location[1] == pytest.approx(frozen.adapt(new.drop([3, 4]), "N").location[1])
    assert frozen.harmonise(gaps, adapted)["adc"].isna().sum() == 2


def test_what_cannot_be_harmonised_is_refused(frozen: FrozenCombat) -> None:
    frame = _lesions(DEVELOPMENT, shift=SHIFTS)
    with pytest.raises(TableError, match="is not in the table"):
        FrozenCombat.learn(frame, frame["center"], ["tic"])
    with pytest.raises(TableError, match="is not a number"):
        FrozenCombat.learn(frame, frame["center"], ["center"])
    with pytest.raises(EstimationError, match="center B has 1 lesions"):
        FrozenCombat.learn(frame, np.where(frame.index == 7, "B", "A"), ["eer"])
    with pytest.raises(EstimationError, match="two measurements or more"):
        FrozenCombat.learn(frame, frame["center"], ["eer"], across="measurements")
    at = frame.assign(late=(frame["center"] == "A") * 1.0)
    with pytest.raises(EstimationError, match="follows from the center"):
        FrozenCombat.learn(at, at["center"], ["eer"], covariates=["late"])
    with pytest.raises(TableError, match="was not in development"):
        frozen.harmonise_development(frame, ["Z"] * len(frame))
