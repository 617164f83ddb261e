"""The same tests, intervals and adjustments as R (tests/golden/statistics/make.R)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.statistics import (
    benjamini_hochberg,
    chi_square,
    clopper_pearson,
    fisher_exact,
    holm,
    kolmogorov_smirnov,
    rank_sum_test,
    t_test,
    wilson,
)

TABLES = range(1, 11)
PAIRS = range(1, 7)


@pytest.fixture(scope="module")
def answers(golden: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_csv(path) for path in (golden / "statistics").glob("*.csv")}


@pytest.mark.parametrize("number", TABLES)
def test_tables_of_counts_get_the_p_values_of_r(answers: dict[str, pd.DataFrame], number: int) -> None:
    cells = answers["tables"].query("table == @number")
    counts = cells.pivot(index="row", columns="column", values="count").to_numpy()
    expected = cells.iloc[0]
    corrected = chi_square(counts)
    assert corrected.statistic == pytest.approx(expected.chi_square, rel=1e-10)
    assert corrected.p_value == pytest.approx(expected.chi_square_p, rel=1e-10)
    assert chi_square(counts, correct=False).p_value == pytest.approx(expected.uncorrected_p, rel=1e-10)
    assert fisher_exact(counts).p_value == pytest.approx(expected.fisher_p, rel=1e-7)
    assert fisher_exact(counts.T).p_value == pytest.approx(expected.fisher_p, rel=1e-7)


@pytest.mark.parametrize("pair", PAIRS)
def test_two_samples_get_the_p_values_of_r(answers: dict[str, pd.DataFrame], pair: int) -> None:
    values = answers["samples"].query("pair == @pair")
    first, second = (values.loc[values.group == group, "value"].to_numpy() for group in (1, 2))
    expected = answers["sample_answers"].query("pair == @pair").iloc[0]
    welch = t_test(first, second)
    assert welch.statistic == pytest.approx(expected.welch_t, rel=1e-9)
    assert welch.p_value == pytest.approx(expected.welch_p, rel=1e-9)
    assert t_test(first, second, equal_variances=True).p_value == pytest.approx(expected.student_p, rel=1e-9)
    wilcoxon = rank_sum_test(first, second)
    assert wilcoxon.statistic == expected.wilcoxon_w
    assert wilcoxon.p_value == pytest.approx(expected.wilcoxon_p, rel=1e-9)
    assert kolmogorov_smirnov(first).statistic == pytest.approx(expected.ks_d_1, rel=1e-9)
    assert kolmogorov_smirnov(first).p_value == pytest.approx(expected.ks_p_1, rel=1e-7)
    assert kolmogorov_smirnov(second).p_value == pytest.approx(expected.ks_p_2, rel=1e-7)


def test_adjusted_p_values_are_those_of_r(answers: dict[str, pd.DataFrame]) -> None:
    expected = answers["adjusted"]
    np.testing.assert_allclose(benjamini_hochberg(expected.p), expected.bh, rtol=1e-12)
    np.testing.assert_allclose(holm(expected.p), expected.holm, rtol=1e-12)


def test_intervals_of_a_proportion_are_those_of_r(answers: dict[str, pd.DataFrame]) -> None:
    expected = answers["intervals"]
    for interval, name in ((wilson, "wilson"), (clopper_pearson, "exact")):
        low, high = interval(expected["count"], expected["total"])
        np.testing.assert_allclose(low, expected[f"{name}_low"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(high, expected[f"{name}_high"], rtol=1e-9)
