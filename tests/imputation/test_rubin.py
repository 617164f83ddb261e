from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from her2mri.statistics.rubin import pool


@pytest.fixture(scope="module")
def mice(golden):
    each = pd.read_csv(golden / "imputation" / "rubin_each.csv")
    pooled = pd.read_csv(golden / "imputation" / "rubin_pooled.csv").set_index("term")
    wide = each.pivot(index="imputation", columns="term")[["estimate", "variance"]]
    return wide["estimate"][pooled.index].to_numpy(), wide["variance"][pooled.index].to_numpy(), pooled


@pytest.mark.parametrize(
    ("column", "theirs"),
    [
        ("estimate", "estimate"), ("std_error", "std.error"), ("df", "df"), ("p_value", "p.value"),
        ("conf_low", "2.5 %"), ("conf_high", "97.5 %"), ("missing_information", "fmi"),
    ],
)  # fmt: skip
def test_pooling_gives_the_numbers_of_mice(mice, column, theirs):
    estimates, variances, pooled = mice
    ours = pool(estimates, variances, complete_df=float(pooled["dfcom"].iloc[0])).frame(pooled.index)
    np.testing.assert_allclose(ours[column], pooled[theirs], rtol=1e-8)


def test_large_samples_have_the_degrees_of_freedom_of_rubin(mice):
    estimates, variances, pooled = mice
    expected = (len(estimates) - 1) / pooled["lambda"].to_numpy() ** 2
    np.testing.assert_allclose(pool(estimates, variances).df, expected, rtol=1e-10)


@given(st.floats(-5, 5), st.floats(0.01, 4), st.integers(2, 20), st.floats(3, 1000))
def test_imputations_that_agree_add_no_uncertainty(estimate, variance, m, complete_df):
    pooled = pool([estimate] * m, [variance] * m, complete_df=complete_df)
    assert pooled.std_errors[0] == pytest.approx(np.sqrt(variance))
    assert pooled.missing_information[0] == pytest.approx(0, abs=1e-6)
    assert pooled.df[0] <= complete_df


def covariances(m, k, seed):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(m, k, k + 3))
    return rng.normal(0.5, 0.3, size=(m, k)), roots @ roots.transpose(0, 2, 1) / 40


def test_the_joint_test_of_one_parameter_is_its_squared_t():
    estimates, inside = covariances(6, 1, 1)
    pooled = pool(estimates, inside)
    expected = (pooled.estimates[0] / pooled.std_errors[0]) ** 2
    assert pooled.joint_wald([0]).statistic == pytest.approx(expected)


def test_the_joint_test_does_not_depend_on_the_reference_level():
    estimates, inside = covariances(6, 3, 2)
    other = np.array([[-1.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    turned = pool(estimates @ other.T, other @ inside @ other.T)
    assert turned.joint_wald([0, 1, 2]).p_value == pytest.approx(
        pool(estimates, inside).joint_wald([0, 1, 2]).p_value
    )


def test_the_joint_test_of_imputations_that_agree_is_walds():
    estimates, inside = covariances(1, 3, 3)
    pooled = pool(np.repeat(estimates, 4, axis=0), np.repeat(inside, 4, axis=0))
    wald = float(estimates[0] @ np.linalg.solve(inside[0], estimates[0]))
    assert pooled.joint_wald([0, 1, 2]).p_value == pytest.approx(chi2.sf(wald, 3))


@pytest.mark.parametrize(
    ("estimates", "variances", "df", "message"),
    [
        ([1.0], [1.0], np.inf, "m >= 2 imputations, got 1"),
        ([1.0, 2.0], [1.0, 1.0, 1.0], np.inf, "covariances must be 2 by 1 by 1"),
        ([1.0, 2.0], [1.0, 1.0], 0, "complete_df > 0, got 0"),
    ],
)
def test_what_cannot_be_pooled_is_refused(estimates, variances, df, message):
    with pytest.raises(ValueError, match=message):
        pool(estimates, variances, complete_df=df)
