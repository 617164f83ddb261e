from __future__ import annotations

import numpy as np
import pytest

from her2mri.evaluation.rule_out import rule_out


def test_missed_lesions_are_counted_and_the_bound_is_exact() -> None:
    found = rule_out([0] * 59 + [1], [0.01] * 60)
    assert (found.n_ruled_out, found.n_missed) == (60, 1)
    assert found.npv == pytest.approx(59 / 60)
    assert found.conf_low == pytest.approx(0.9106009499)  # binom.test(59, 60) in R


def test_exactly_the_demanded_certainty_is_not_enough() -> None:
    assert rule_out([0], [0.05]).n_ruled_out == 0


def test_nothing_ruled_out_has_no_predictive_value() -> None:
    found = rule_out([0, 1], [0.5, 0.6])
    assert np.isnan([found.npv, found.conf_low, found.conf_high]).all()


def test_impossible_certainty_is_refused() -> None:
    with pytest.raises(ValueError, match="0 < certainty < 1, got 95"):
        rule_out([0, 1], [0.5, 0.6], certainty=95)


def test_two_lesions_of_each_patient_are_worth_one() -> None:
    doubled = rule_out([0] * 59 * 2 + [1] * 2, [0.01] * 120, patient=np.repeat(np.arange(60), 2))
    once = rule_out([0] * 59 + [1], [0.01] * 60)
    assert (doubled.npv, doubled.conf_low) == pytest.approx((once.npv, once.conf_low))
    assert (doubled.n_missed, doubled.method) == (2, "Korn-Graubard, by patient")


def test_only_patients_with_two_lesions_ruled_out_widen_the_interval() -> None:
    patient = [0, 0, 1, 2, 3]
    apart = rule_out([0] * 5, [0.01, 0.5, 0.01, 0.01, 0.01], patient=patient)
    assert apart == rule_out([0] * 5, [0.01, 0.5, 0.01, 0.01, 0.01])
    assert rule_out([0] * 5, [0.01] * 5, patient=patient).conf_low < rule_out([0] * 5, [0.01] * 5).conf_low
