"""What may be typed: faults are said all at once, strange lesions are warned of or refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from made_up import LESION, PREDICTORS, developed_from

from her2mri.errors import LesionError
from her2mri.statistics.intervals import wilson
from her2mri.study.freeze import freeze


def codes(answer) -> set[str]:
    return {warned.code for warned in answer.warnings}


def test_an_ordinary_lesion_has_no_warning(frozen):
    answer = frozen["LR"].predict(LESION)
    assert answer.warnings == ()
    assert answer.conf_low < answer.probability < answer.conf_high
    assert answer.calls["youden_training"] == (answer.probability >= frozen["LR"].locked_threshold)


def test_every_fault_is_said_at_once_with_what_is_allowed(frozen):
    with pytest.raises(LesionError) as caught:
        frozen["LR"].predict(
            {**LESION, "ki67_status": "hgh", "adc": 920, "eer": "much", "n_category": ["N1"]}
        )
    faults = {fault.column: str(fault) for fault in caught.value.faults}
    assert set(faults) == {"ki67_status", "adc", "eer", "n_category"}
    assert "low, high" in faults["ki67_status"]
    assert "multiply by 0.001" in faults["adc"]


@pytest.mark.parametrize("value", [math.inf, -math.inf, True, "0.9", 10**400, [], {}, 1j, b"1", -3])
def test_what_is_no_possible_number_is_a_fault(frozen, value):
    with pytest.raises(LesionError, match="adc"):
        frozen["LR"].predict({**LESION, "adc": value})


def test_other_spellings_of_a_level_are_understood(frozen):
    spelt = {**LESION, "ki67_status": "High (≥20 %)", "n_category": 1, "quadrant": " UPPER LEFT "}
    assert frozen["LR"].predict(spelt).probability == frozen["LR"].predict(LESION).probability


def test_a_number_of_numpy_is_a_number(frozen):
    found = frozen["LR"].predict({**LESION, "eer": np.float64(1.1)}).probability
    assert found == frozen["LR"].predict(LESION).probability


@pytest.mark.parametrize("lesion", [None, 3, "lesion", [LESION]])
def test_what_is_no_mapping_is_a_fault(frozen, lesion):
    with pytest.raises(LesionError, match="must be an object"):
        frozen["LR"].predict(lesion)


def test_a_value_outside_the_development_range_is_warned_of(frozen):
    answer = frozen["LR"].predict({**LESION, "eer": 4.9})
    assert "out_of_range" in codes(answer)
    assert "4.9" in answer.warnings[0].message


def test_an_unusual_combination_is_warned_of(frozen, frame):
    strange = {"n_category": "N0", "ki67_status": "low", "lesion_number": "multiple", "quadrant": "left_central",
               "eer": frame["eer"].max(), "adc": frame["adc"].max()}  # fmt: skip
    assert codes(frozen["LR"].predict(strange)) == {"unusual"}
    share = np.mean(
        ["unusual" in codes(frozen["LR"].predict(row)) for row in frame[list(PREDICTORS)].to_dict("records")]
    )
    assert 0.005 <= share <= 0.011


def test_a_lesion_that_the_study_left_out_is_refused(frozen):
    answer = frozen["LR"].predict({**LESION, "pure_nme": "yes"})
    assert answer.probability is None
    assert "Pure non-mass enhancement" in answer.refused
    assert frozen["LR"].predict({**LESION, "pure_nme": "no"}).warnings == ()


def test_a_level_not_met_in_development_is_refused(study, frame):
    fits, source = developed_from(frame[frame["n_category"] != "N3"], ("LR",))
    answer = freeze(fits["LR"], source).predict({**LESION, "n_category": "N3"})
    assert answer.probability is None
    assert "N3" in answer.refused


def test_what_the_model_does_not_use_is_said(frozen):
    answer = frozen["LR"].predict({**LESION, "age": 50, 7: "x"})
    assert answer.probability == frozen["LR"].predict(LESION).probability
    assert [warned.message for warned in answer.warnings] == ["not inputs of this model, so not used: age, 7"]


def test_another_prevalence_moves_the_log_odds_of_every_model_alike(frozen):
    for model in ("LR", "DT", "ANN"):
        bundle = frozen[model]
        before, after = bundle.predict(LESION), bundle.predict(LESION, prevalence=0.1)
        moved = [math.log(p / (1 - p)) for p in (before.probability, after.probability)]
        asked = math.log(0.1 / 0.9) - math.log(bundle.prevalence / (1 - bundle.prevalence))
        assert moved[1] - moved[0] == pytest.approx(asked, abs=1e-9)
        assert "prevalence" in codes(after)
    same = frozen["LR"].predict(LESION, prevalence=frozen["LR"].prevalence)
    assert same.probability == pytest.approx(frozen["LR"].predict(LESION).probability, abs=1e-12)


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, math.nan])
def test_a_prevalence_that_is_none_is_refused(frozen, prevalence):
    with pytest.raises(ValueError, match="0 < prevalence < 1"):
        frozen["LR"].predict(LESION, prevalence=prevalence)


def test_the_interval_of_a_leaf_is_wilsons(study, frozen):
    answer = frozen["DT"].predict(LESION)
    tree = frozen["DT"].family
    x = study[0]["DT"].encoding.matrix(pd.DataFrame([LESION]))
    leaf = tree.leaf(x)[0]
    low, high = wilson(int(tree.n_events[leaf]), int(tree.n[leaf]))
    assert (answer.conf_low, answer.conf_high) == pytest.approx((float(low), float(high)), abs=1e-9)


def test_a_model_without_an_interval_says_so(frozen):
    answer = frozen["ANN"].predict(LESION)
    assert (answer.conf_low, answer.conf_high, answer.contributions) == (None, None, None)
    assert codes(answer) == {"no_interval"}
