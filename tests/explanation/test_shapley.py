from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from her2mri.cohort.design_matrix import Encoding
from her2mri.dictionary import load_dictionary
from her2mri.explanation.shapley import shapley_values
from her2mri.explanation.shapley_explanation import SHAPLEY_COLUMNS, ShapleyValues, background_rows, explain

GROUPS = np.array([0, 0, 1, 2, 2, 3])


def bent(X: np.ndarray) -> np.ndarray:
    """A smooth prediction in which the columns meet."""
    score = X[:, 0] * X[:, 2] - X[:, 1] + 0.7 * X[:, 3] * X[:, 4] + 0.3 * X[:, 2] * X[:, 5] ** 2
    return np.asarray(expit(score))


def mixed(n: int, seed: int) -> np.ndarray:
    """Dummies, counts and measurements."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, 3, n)
    return np.column_stack(
        [
            level == 1,
            level == 2,
            rng.integers(0, 2, n),
            rng.normal(size=n),
            rng.normal(size=n),
            rng.integers(0, 4, n),
        ]
    ).astype(float)


def by_permutations(
    predict: Callable[[np.ndarray], np.ndarray], X: np.ndarray, background: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """The definition: the mean gain when a variable joins, over all orders of joining."""
    p = groups.max() + 1
    values = np.zeros((len(X), p))
    orders = list(permutations(range(p)))
    for i, lesion in enumerate(X):
        for order in orders:
            hybrid = background.copy()
            before = predict(hybrid).mean()
            for variable in order:
                hybrid[:, groups == variable] = lesion[groups == variable]
                after = predict(hybrid).mean()
                values[i, variable] += (after - before) / len(orders)
                before = after
    return values


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_values_agree_with_the_definition_by_permutations(seed: int) -> None:
    X, background = mixed(4, seed), mixed(5, seed + 1)
    values, base = shapley_values(bent, X, background, GROUPS)
    np.testing.assert_allclose(values, by_permutations(bent, X, background, GROUPS), atol=1e-12)
    assert base == pytest.approx(bent(background).mean(), abs=1e-12)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_base_and_values_add_up_to_the_prediction(seed: int, n: int) -> None:
    X = mixed(n, seed)
    values, base = shapley_values(bent, X, mixed(20, seed + 1), GROUPS)
    np.testing.assert_allclose(base + values.sum(axis=1), bent(X), atol=1e-9)


def test_a_linear_prediction_has_its_closed_form() -> None:
    X, background = mixed(30, 1), mixed(25, 2)
    beta = np.array([0.3, -0.2, 0.7, 0.05, 0.11, -0.4])
    values, _ = shapley_values(lambda rows: rows @ beta, X, background, GROUPS)
    by_column = (X - background.mean(axis=0)) * beta
    expected = np.column_stack([by_column[:, variable == GROUPS].sum(axis=1) for variable in range(4)])
    np.testing.assert_allclose(values, expected, atol=1e-12)


def test_a_variable_that_the_model_ignores_gets_nothing() -> None:
    values, _ = shapley_values(
        lambda rows: expit(rows[:, 2] - rows[:, 5]), mixed(30, 3), mixed(20, 4), GROUPS
    )
    np.testing.assert_allclose(values[:, [0, 2]], 0, atol=1e-12)
    assert np.abs(values[:, [1, 3]]).max() > 0.01


def test_variables_of_the_same_role_get_the_same() -> None:
    X, background = np.repeat(mixed(10, 5)[:, 3:4], 2, axis=1), np.repeat(mixed(8, 6)[:, 3:4], 2, axis=1)
    values, _ = shapley_values(lambda rows: expit(rows[:, 0] * rows[:, 1]), X, background, np.array([0, 1]))
    np.testing.assert_allclose(values[:, 0], values[:, 1], atol=1e-12)
    assert np.abs(values).max() > 0.01


def test_a_constant_variable_and_one_without_column_get_exactly_nothing() -> None:
    X, background = mixed(10, 7), mixed(10, 8)
    X[:, 2] = background[:, 2] = 1
    values, base = shapley_values(bent, X, background, GROUPS, n_variables=6)
    assert values.shape == (10, 6)
    assert (values[:, [1, 4, 5]] == 0).all()
    np.testing.assert_allclose(base + values.sum(axis=1), bent(X), atol=1e-9)


def test_lesions_that_never_vary_have_base_alone() -> None:
    same = np.ones((3, 6))
    values, base = shapley_values(bent, same, same, GROUPS)
    assert (values == 0).all()
    assert base == pytest.approx(bent(same)[0])


def test_hybrids_that_are_alike_are_predicted_once() -> None:
    rng = np.random.default_rng(9)
    X = rng.integers(0, 2, (300, 6)).astype(float)
    predicted: list[int] = []

    def counting(rows: np.ndarray) -> np.ndarray:
        predicted.append(len(rows))
        return np.asarray(expit(rows.sum(axis=1) - 2))

    shapley_values(counting, X, X[:100], np.arange(6))
    assert sum(predicted) == 2**6


def test_measurements_of_many_values_give_the_same_without_codes() -> None:
    rng = np.random.default_rng(10)
    X = rng.normal(size=(450, 8))
    values, base = shapley_values(lambda rows: expit(rows.sum(axis=1)), X[:3], X[440:], np.arange(8))
    crowd, _ = shapley_values(lambda rows: expit(rows.sum(axis=1)), X[:440], X[440:], np.arange(8))
    np.testing.assert_allclose(crowd[:3], values, atol=1e-12)
    np.testing.assert_allclose(base + values.sum(axis=1), expit(X[:3].sum(axis=1)), atol=1e-9)


def test_too_many_variables_are_refused_with_the_limit() -> None:
    X = np.random.default_rng(1).normal(size=(3, 13))
    with pytest.raises(ValueError, match=r"at most 12 varying variables.*got 13"):
        shapley_values(lambda rows: rows[:, 0], X, X, np.arange(13))


@pytest.mark.parametrize(
    ("columns", "n_background", "message"), [(5, 4, "agree on the columns"), (6, 0, "at least one lesion")]
)
def test_shapes_that_cannot_be_explained_are_refused(columns: int, n_background: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shapley_values(bent, mixed(3, 1), np.zeros((n_background, columns)), GROUPS)


def test_a_prediction_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        shapley_values(lambda rows: np.full(len(rows), np.nan), mixed(3, 1), mixed(3, 2), GROUPS)


NAMES = ("ki67_status", "quadrant", "adc")


def lesions(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(12)
    dictionary = load_dictionary()
    return pd.DataFrame(
        {
            "lesion_id": [f"L{i}" for i in range(n)],
            "ki67_status": rng.choice(dictionary["ki67_status"].values, n),
            "quadrant": rng.choice(dictionary["quadrant"].values, n),
            "adc": rng.normal(0.9, 0.15, n).round(3),
        }
    )


def learned(frame: pd.DataFrame) -> Encoding:
    return Encoding.learn(frame, [load_dictionary()[name] for name in NAMES])


def explained(frame: pd.DataFrame, background: pd.DataFrame, encoding: Encoding) -> ShapleyValues:
    beta = np.linspace(-1, 1, len(encoding.terms))
    return explain(
        lambda X: expit(X @ beta), encoding, frame, background,
        task="her2_low", model="LR", positive_label="HER2-low",
    )  # fmt: skip


def test_explanation_is_a_long_table_in_plain_words() -> None:
    frame = lesions()
    result = explained(frame, frame.head(10), learned(frame))
    long = result.frame()
    assert tuple(long.columns) == SHAPLEY_COLUMNS
    assert len(long) == 3 * len(frame)
    quadrant = load_dictionary()["quadrant"].label_of(frame["quadrant"][1])
    first = long[long["lesion_id"] == "L1"].set_index("variable")
    assert first.loc["quadrant", "value_shown"] == quadrant
    assert float(first.loc["adc", "value_shown"]) == frame["adc"][1]
    assert result.adds_up
    assert first["shapley_value"].sum() + first["base"].iloc[0] == pytest.approx(first["prediction"].iloc[0])


def test_importance_is_the_mean_absolute_value_largest_first() -> None:
    frame = lesions()
    result = explained(frame, frame.head(10), learned(frame))
    importance = result.importance()
    expected = sorted(np.abs(result.values).mean(axis=0), reverse=True)
    np.testing.assert_allclose(importance["mean_absolute_shapley"], expected)


def test_missing_or_unmet_values_are_refused_by_name() -> None:
    frame = lesions()
    encoding = learned(frame[frame["quadrant"] != "upper_left"])
    with pytest.raises(ValueError, match="quadrant"):
        explained(frame, frame, encoding)
    with pytest.raises(ValueError, match="adc"):
        explained(frame.assign(adc=np.nan), frame, learned(frame))


def test_background_is_drawn_without_replacement_and_the_same_for_the_same_seed() -> None:
    rows = background_rows(500, size=100, seed=3)
    assert len(set(rows.tolist())) == 100
    assert rows.tolist() == background_rows(500, size=100, seed=3).tolist()
    assert rows.tolist() != background_rows(500, size=100, seed=4).tolist()
    with pytest.raises(ValueError, match="at least one"):
        background_rows(5, size=0, seed=1)
