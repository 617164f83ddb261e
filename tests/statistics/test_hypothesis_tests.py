"""What holds of every test, whatever the data."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.errors import EstimationError
from her2mri.statistics import (
    NOT_APPLICABLE,
    benjamini_hochberg,
    chi_square,
    clopper_pearson,
    fisher_exact,
    holm,
    independence_test,
    kolmogorov_smirnov,
    location_test,
    rank_sum_test,
    standardised_difference_of_levels,
    standardised_mean_difference,
    t_test,
    wilson,
)

counts = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=5).filter(
    lambda rows: sum(map(sum, rows)) > 0
)
probabilities = st.lists(st.floats(0, 1) | st.just(math.nan), min_size=1, max_size=12)


@given(counts)
@settings(max_examples=40, deadline=None)
def test_fisher_agrees_with_listing_every_table(rows: list[tuple[int, int]]) -> None:
    table = np.array(rows)
    answer = fisher_exact(table)
    if not answer.applicable:
        return
    totals, size = table.sum(axis=1), table[:, 0].sum()
    ways = {
        filling: math.prod(math.comb(int(n), k) for n, k in zip(totals, filling, strict=True))
        for filling in product(*(range(n + 1) for n in totals))
        if sum(filling) == size
    }
    observed = ways[tuple(table[:, 0])]
    expected = sum(w for w in ways.values() if w <= observed) / sum(ways.values())
    assert answer.p_value == pytest.approx(expected, rel=1e-9)


def test_fisher_says_when_the_tables_cannot_be_listed() -> None:
    with pytest.raises(EstimationError, match="too many tables"):
        fisher_exact(np.full((8, 2), 2000))


def test_a_table_too_large_for_fisher_keeps_its_chi_square_test_and_says_so() -> None:
    table = np.vstack([np.full((8, 2), 2000), [[1, 2]]])
    assert independence_test(table).test == "chi-square"


def test_fisher_of_three_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="two groups"):
        fisher_exact(np.eye(3, dtype=int))


@pytest.mark.parametrize(
    ("table", "test"),
    [
        ([[5, 5], [5, 5]], "chi-square, Yates"),
        ([[4, 5], [5, 5]], "Fisher exact"),
        ([[20, 30], [10, 15], [5, 60]], "chi-square"),
        ([[20, 30], [10, 15], [1, 2]], "Fisher exact"),
        ([[20, 30], [0, 0]], NOT_APPLICABLE),
        ([[20, 0], [5, 0]], NOT_APPLICABLE),
        ([[0, 0], [0, 0]], NOT_APPLICABLE),
    ],
)
def test_the_smallest_expected_count_chooses_the_test(table: list[list[int]], test: str) -> None:
    assert independence_test(table).test == test


def test_an_empty_level_changes_nothing() -> None:
    table = [[20, 30], [0, 0], [10, 35]]
    assert independence_test(table) == independence_test([[20, 30], [10, 35]])


def test_negative_and_broken_counts_are_refused() -> None:
    for table in ([[1, -1], [2, 3]], [[1.5, 1], [2, 3]]):
        with pytest.raises(ValueError, match="whole numbers"):
            chi_square(table)
    with pytest.raises(ValueError, match="two dimensions"):
        chi_square([1, 2])


@pytest.mark.parametrize("test", [t_test, rank_sum_test, location_test])
@pytest.mark.parametrize(
    ("first", "second"), [([], [1.0, 2.0]), ([3.0, 3.0], [3.0, 3.0]), ([math.nan], [1.0, 2.0])]
)
def test_samples_that_allow_no_test_get_none(test, first: list[float], second: list[float]) -> None:
    answer = test(first, second)
    assert answer.test == NOT_APPLICABLE
    assert math.isnan(answer.p_value)


def test_a_skewed_group_moves_the_choice_to_wilcoxon() -> None:
    rng = np.random.default_rng(4)
    normal, skewed = rng.normal(size=200), rng.lognormal(sigma=1.5, size=200)
    assert kolmogorov_smirnov(normal).p_value > 0.05 > kolmogorov_smirnov(skewed).p_value
    assert location_test(normal, normal + 1).test == "t, Welch"
    assert location_test(normal, skewed).test == "Wilcoxon"
    assert location_test(skewed, normal).test == "Wilcoxon"


def test_rank_sum_p_is_one_where_every_pair_is_balanced() -> None:
    assert rank_sum_test([1.0, 2.0, 2.0, 3.0], [1.0, 2.0, 2.0, 3.0]).p_value == 1.0


def test_missing_values_are_left_out_of_both_samples() -> None:
    first, second = [1.0, 2.5, 4.0], [3.0, 5.0, 9.0]
    for test in (t_test, rank_sum_test):
        assert test([*first, math.nan], [math.nan, *second]) == test(first, second)


@given(probabilities)
def test_adjusting_never_lowers_a_p_value_and_keeps_their_order(p: list[float]) -> None:
    given_p = np.array(p)
    known = ~np.isnan(given_p)
    for adjusted in (benjamini_hochberg(p), holm(p)):
        np.testing.assert_array_equal(np.isnan(adjusted), ~known)
        assert np.all(adjusted[known] >= given_p[known] * (1 - 1e-15))
        assert np.all(np.diff(adjusted[known][np.argsort(given_p[known])]) >= 0)


def test_a_missing_p_value_is_not_counted_as_a_test() -> None:
    np.testing.assert_allclose(benjamini_hochberg([0.01, math.nan, 0.02])[[0, 2]], [0.02, 0.02])


def test_a_p_value_above_one_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm([0.2, 1.2])


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.5, 0.999))
def test_wilson_and_clopper_pearson_contain_the_estimate(count: int, extra: int, confidence: float) -> None:
    total = count + extra
    for interval in (wilson, clopper_pearson):
        low, high = interval(count, total, confidence=confidence)
        assert 0 <= low <= count / total <= high <= 1
        mirrored_low, mirrored_high = interval(extra, total, confidence=confidence)
        assert mirrored_low == pytest.approx(1 - high, abs=1e-9)
        assert mirrored_high == pytest.approx(1 - low, abs=1e-9)


def test_no_trials_give_no_interval_and_impossible_counts_are_refused() -> None:
    for interval in (wilson, clopper_pearson):
        assert np.isnan(interval(0, 0)).all()
        with pytest.raises(ValueError, match="count <= total"):
            interval(3, 2)
        with pytest.raises(ValueError, match="got 95"):
            interval(1, 2, confidence=95)


def test_two_levels_have_the_difference_of_proportions_over_their_mean_sd() -> None:
    p, q = 0.3, 0.1
    expected = abs(p - q) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert standardised_difference_of_levels([[30, 10], [70, 90]]) == pytest.approx(expected)


@given(st.permutations([0, 1, 2, 3]))
def test_the_distance_of_levels_does_not_depend_on_the_reference_level(order: list[int]) -> None:
    table = np.array([[10, 40], [25, 30], [50, 20], [15, 0]])
    assert standardised_difference_of_levels(table[order]) == pytest.approx(
        standardised_difference_of_levels(table)
    )


def test_distances_without_a_scale_are_missing() -> None:
    assert math.isnan(standardised_difference_of_levels([[10, 0], [0, 10]]))
    assert math.isnan(standardised_difference_of_levels([[10, 0], [5, 0]]))
    assert math.isnan(standardised_mean_difference([1.0, 1.0], [2.0, 2.0]))
    assert math.isnan(standardised_mean_difference([1.0], [2.0, 3.0]))
    assert standardised_difference_of_levels([[10, 5], [0, 0]]) == 0.0
    assert standardised_mean_difference([2.0, 2.0], [2.0, 2.0]) == 0.0
