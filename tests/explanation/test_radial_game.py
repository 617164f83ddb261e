"""The factorised values of a support vector machine are those of predicting every hybrid."""

from __future__ import annotations

import numpy as np
import pytest

from her2mri.explanation.radial_game import predict_of
from her2mri.explanation.shapley import shapley_values
from her2mri.models.logistic_regression import LogisticRegression
from her2mri.models.support_vector_machine import SupportVectorMachine


@pytest.mark.parametrize("groups", [[0, 0, 1, 2, 3], [0, 1, 1, 1, 2], [0, 0, 0, 0, 0]])
def test_factorised_shapley_values_equal_those_of_predicted_hybrids(groups: list[int]) -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(90, 5))
    X[:, 2] = rng.integers(0, 2, 90)
    y = (X[:, 0] + X[:, 2] * X[:, 3] + rng.normal(size=90) > 0).astype(np.int64)
    machine = SupportVectorMachine(C=2.0, gamma=0.2).fit(X, y)
    lesions, background = X[:20], X[20:50].copy()
    lesions[:, 4] = background[:, 4] = 0.3  # a column that never varies
    column_groups = np.array(groups)
    fast, base = shapley_values(predict_of(machine), lesions, background, column_groups)
    slow, same = shapley_values(
        lambda rows: machine.predict_proba(rows)[:, 1], lesions, background, column_groups
    )
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-12)
    assert base == pytest.approx(same, abs=1e-12)


def test_a_family_without_factors_predicts_its_hybrids() -> None:
    X = np.arange(12.0).reshape(6, 2) % 5
    model = LogisticRegression().fit(X, np.array([0, 1, 0, 1, 1, 0]))
    np.testing.assert_array_equal(predict_of(model)(X), model.predict_proba(X)[:, 1])
