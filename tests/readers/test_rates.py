from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.readers.rates import RATE_METRICS, clustered_rate, counted_and_right, rate_change
from her2mri.statistics.intervals import wilson


def test_a_call_of_neither_class_is_an_error_and_outside_predictive_values() -> None:
    y, called = [1, 1, 0, 0], [1.0, np.nan, 0.0, np.nan]
    shares = {
        metric: clustered_rate(*counted_and_right(metric, y, called), range(4)).estimate
        for metric in RATE_METRICS
    }
    assert shares == {"sensitivity": 0.5, "specificity": 0.5, "accuracy": 0.5, "npv": 1.0, "ppv": 1.0}


def test_mcnemar_is_the_exact_binomial_test(golden: Path) -> None:
    for row in pd.read_csv(golden / "readers/mcnemar.csv").itertuples():
        n = row.lost + row.won + 10
        before = np.r_[np.ones(row.lost), np.zeros(row.won), np.ones(10)]
        after = np.r_[np.zeros(row.lost), np.ones(row.won), np.ones(10)]
        change = rate_change("sensitivity", np.ones(n), before, after, range(n))
        assert change.p_value == pytest.approx(row.p_value)
        assert change.estimate == pytest.approx((row.won - row.lost) / n)


def test_the_interval_of_a_change_is_newcombes(golden: Path) -> None:
    for row in pd.read_csv(golden / "readers/newcombe.csv").itertuples():
        before = np.repeat([1.0, 1.0, 0.0, 0.0], [row.e, row.f, row.g, row.h])
        after = np.repeat([1.0, 0.0, 1.0, 0.0], [row.e, row.f, row.g, row.h])
        change = rate_change("accuracy", np.ones(len(before)), before, after, range(len(before)))
        found = change.estimate, change.conf_low, change.conf_high
        assert found == pytest.approx((row.estimate, row.conf_low, row.conf_high), abs=1e-10)


calls = st.lists(st.tuples(*[st.sampled_from([0.0, 1.0])] * 3), min_size=3, max_size=40)


@settings(max_examples=80)
@given(calls, st.sampled_from(RATE_METRICS))
def test_a_change_lies_in_its_interval_and_turns_with_the_arms(rows, metric) -> None:
    y, before, after = map(np.array, zip(*rows, strict=True))
    patient = np.arange(len(y)) // 2
    found = rate_change(metric, y, before, after, patient)
    if np.isnan(found.estimate):
        assert found.test == "not applicable"
        return
    assert -1.0 <= found.conf_low <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.conf_high <= 1.0
    turned = rate_change(metric, y, after, before, patient)
    assert (turned.conf_low, turned.conf_high) == pytest.approx((-found.conf_high, -found.conf_low), abs=1e-9)
    assert turned.p_value == pytest.approx(found.p_value, nan_ok=True)


def test_doubling_every_lesion_of_a_patient_does_not_narrow_the_interval() -> None:
    right = np.array([1, 1, 1, 0, 1, 0, 1, 1, 0, 1], dtype=bool)
    twice = clustered_rate(np.ones(20, dtype=bool), np.tile(right, 2), np.tile(np.arange(10), 2))
    low, high = wilson(7, 10)
    assert twice.conf_low == pytest.approx(float(low), abs=0.02)
    assert twice.conf_high == pytest.approx(float(high), abs=0.02)
    sure = clustered_rate(np.ones(20, dtype=bool), np.ones(20, dtype=bool), np.tile(np.arange(10), 2))
    assert sure.conf_low == pytest.approx(float(wilson(10, 10)[0]))


def test_a_share_of_nothing_is_not_applicable() -> None:
    rate = clustered_rate([False, False], [True, True], ["a", "b"])
    assert (np.isnan(rate.estimate), rate.method) == (True, "not applicable")
