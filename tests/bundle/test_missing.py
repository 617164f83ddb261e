"""A missing input: averaged over what it probably is, as brute force over development lesions says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up import PREDICTORS, developed_from, lesions

from her2mri.bundle.joint import Gap, Joint, TooManyMissingError
from her2mri.study.freeze import freeze

NAMES = ["n_category", "ki67_status", "lesion_number", "eer", "adc"]


@pytest.fixture(scope="module")
def many():
    """So many lesions that those alike in all inputs but one or two are many too."""
    frame = lesions(30_000, 11)
    fits, source = developed_from(frame, ("LR", "DT"), predictors=tuple(NAMES))
    return frame, fits, {model: freeze(fit, source) for model, fit in fits.items()}


@pytest.mark.parametrize("model", ["LR", "DT"])
@pytest.mark.parametrize(
    "missing", [["n_category"], ["adc"], ["ki67_status", "lesion_number"], ["adc", "n_category"]]
)
def test_the_average_is_that_over_development_lesions_alike_in_the_rest(many, model, missing):
    """Brute force: a lesion with the missing values of each development lesion that is like it otherwise."""
    frame, fits, bundles = many
    errors = []
    for _, lesion in frame.sample(60, random_state=1).iterrows():
        alike = np.ones(len(frame), dtype=bool)
        for name in set(NAMES) - set(missing):
            near = {"eer": 0.05, "adc": 0.02}.get(name)
            same = (frame[name] - lesion[name]).abs() <= near if near else frame[name] == lesion[name]
            alike &= same.to_numpy(dtype=bool)
        if alike.sum() < 100:
            continue
        completed = frame.loc[alike, NAMES].assign(
            **{name: lesion[name] for name in NAMES if name not in missing}
        )
        expected = fits[model].probability(completed).mean()
        answer = bundles[model].predict({name: lesion[name] for name in NAMES if name not in missing})
        errors.append(abs(answer.probability - expected))
    assert len(errors) >= 15
    assert np.mean(errors) < 0.01
    assert max(errors) < 0.04


def test_on_average_the_missing_value_makes_no_difference(frozen, frame):
    whole = np.array(
        [frozen["LR"].predict(row).probability for row in frame[list(PREDICTORS)].to_dict("records")]
    )
    for name in PREDICTORS:
        rest = frame[[other for other in PREDICTORS if other != name]].to_dict("records")
        found = np.array([frozen["LR"].predict(row).probability for row in rest])
        assert abs(found.mean() - whole.mean()) < 0.01
        assert np.mean((found - whole) ** 2) < np.var(whole)


def test_the_answer_says_what_is_missing_and_how_wide_it_became(frozen, frame):
    lesion = frame[list(PREDICTORS)].iloc[0].to_dict()
    whole = frozen["LR"].predict(lesion)
    partial = frozen["LR"].predict({**lesion, "adc": None})
    assert partial.missing == ("adc",)
    assert [warned.code for warned in partial.warnings][:1] == ["missing"]
    assert partial.conf_high - partial.conf_low > whole.conf_high - whole.conf_low
    assert (
        partial.conf_low < partial.spread_low < partial.probability < partial.spread_high < partial.conf_high
    )
    assert (partial.linear_predictor, partial.total_points, partial.points["adc"]) == (None, None, None)


def test_completions_are_the_conditional_distribution_of_the_joint_model():
    """Against a sum over a fine grid: a category of three levels and two measurements, one of them given."""
    rng = np.random.default_rng(5)
    coupling = rng.normal(size=(4, 4)) * 0.4
    coupling = (coupling + coupling.T) / 2
    coupling[:2, :2] = 0.0
    coupling[2, 2], coupling[3, 3] = -1.3, -0.8
    joint = Joint(np.array([0, 0, 5.0, 1.0]), np.array([1, 1, 2.0, 0.1]), rng.normal(size=4), coupling)
    x = np.array([np.nan, np.nan, np.nan, 1.07])
    X, weight = joint.completions(x, [Gap((0, 1), True), Gap((2,), False)], smooth=True)

    grid = np.linspace(-12, 12, 4001)
    total, level, measured = 0.0, np.zeros(2), 0.0
    for state in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)):
        Z = np.column_stack([np.full((len(grid), 2), state), grid, np.full(len(grid), (1.07 - 1.0) / 0.1)])
        density = np.exp(Z @ joint.bias + np.einsum("ij,jk,ik->i", Z, coupling, Z) / 2)
        total += density.sum()
        level += density.sum() * np.array(state)
        measured += density @ (grid * 2.0 + 5.0)
    np.testing.assert_allclose(weight @ X[:, :2], level / total, atol=1e-9)
    np.testing.assert_allclose(weight @ X[:, 2], measured / total, atol=1e-9)
    np.testing.assert_allclose(X[:, 3], 1.07)


def test_too_many_missing_measurements_are_refused():
    joint = Joint(np.zeros(4), np.ones(4), np.zeros(4), -np.eye(4))
    with pytest.raises(TooManyMissingError):
        joint.completions(np.full(4, np.nan), [Gap((i,), False) for i in range(4)], smooth=True)


@pytest.mark.parametrize("model", ["LR", "DT", "ANN"])
def test_a_lesion_without_any_input_has_no_answer(frozen, model):
    answer = frozen[model].predict({})
    assert answer.probability is None
    assert answer.refused == "every input is missing"


def test_nan_none_and_nothing_are_all_missing(frozen, frame):
    lesion = frame[list(PREDICTORS)].iloc[0].to_dict()
    without = {name: value for name, value in lesion.items() if name != "eer"}
    answers = [
        frozen["LR"].predict({**without, **more})
        for more in ({}, {"eer": None}, {"eer": np.nan}, {"eer": pd.NA})
    ]
    assert len({answer.probability for answer in answers}) == 1
