"""The four steps of the published selection, and what is said where they meet trouble."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError
from her2mri.selection.lasso import cross_validated_lasso
from her2mri.selection.paper_selection import Selection, paper_selection, published_selection
from her2mri.selection.sparse_levels import SparseLevel, sparse_levels
from her2mri.selection.stepwise import stepwise_aic
from her2mri.selection.wald import wald_test
from her2mri.vocabulary import SELECTION_COLUMNS

from .conftest import Lesions, encoded


def select(lesions: Lesions, outcome: str, **options: object) -> Selection:
    frame = lesions.frame
    return paper_selection(lesions.encoding, lesions.X, frame[outcome], frame["fold"], **options)


@pytest.fixture(scope="module")
def selection(lesions: Lesions) -> Selection:
    return select(lesions, "y1")


def test_each_step_keeps_what_its_rule_says(lesions: Lesions, selection: Selection) -> None:
    lasso, multivariable, stepwise, final = selection.steps
    found = cross_validated_lasso(lesions.X, lesions.frame["y1"], lesions.frame["fold"])
    nonzero = {
        term.variable
        for term, value in zip(lesions.encoding.terms, found.coefficients("min"), strict=True)
        if value != 0
    }
    assert set(lasso.kept) == nonzero
    assert set(multivariable.kept) == {name for name, p in multivariable.p_values.items() if p < 0.1}
    X, groups = lesions.columns_of(list(multivariable.kept))
    chosen = {multivariable.kept[group] for group in stepwise_aic(X, lesions.frame["y1"], groups).groups}
    assert set(stepwise.p_values) == chosen
    assert set(stepwise.kept) == {name for name, p in stepwise.p_values.items() if p < 0.05}
    assert selection.variables == final.kept == stepwise.kept
    assert selection.notes == ()


def test_a_variable_enters_or_leaves_whole(selection: Selection) -> None:
    frame = selection.frame()
    assert (frame.groupby(["step", "variable"])["kept"].nunique() == 1).all()
    for earlier, later in pairwise(selection.steps):
        assert set(earlier.kept) == {variable.name for variable in later.looked_at.variables}


def test_the_frame_holds_every_step_and_the_p_value_of_each_whole_variable(selection: Selection) -> None:
    frame = selection.frame()
    assert tuple(frame.columns) == SELECTION_COLUMNS
    assert frame["step"].unique().tolist() == ["lasso", "multivariable", "stepwise", "final"]
    assert len(frame.query("step == 'lasso'")) == 45
    final = frame.query("step == 'final'").set_index("term")
    step = selection.steps[-1]
    factor = [at for at, term in enumerate(step.fitted.terms) if term.variable == "f2"]
    assert final.loc["f2", "p_value"] == wald_test(selection.final, factor).p_value
    assert np.isnan(final.loc["f2", "estimate"])
    assert final.loc["n4", "p_value"] == pytest.approx(selection.final.p_values[2])
    np.testing.assert_allclose(final["odds_ratio"], np.exp(final["estimate"]))
    assert final["kept"].all()


def test_a_stricter_rule_keeps_less(lesions: Lesions, selection: Selection) -> None:
    assert set(select(lesions, "y1", lasso_rule="1se").steps[0].kept) < set(selection.steps[0].kept)
    assert set(select(lesions, "y1", final_p=0.01).variables) < set(selection.variables)


def test_nothing_left_at_the_1se_penalty_falls_back_to_the_lowest_deviance(lesions: Lesions) -> None:
    fallen = select(lesions, "y2", lasso_rule="1se")
    assert "lambda.min was taken" in fallen.notes[0]
    assert fallen.variables == select(lesions, "y2").variables


def test_noise_ends_in_an_error_rather_than_in_a_model(lesions: Lesions) -> None:
    with pytest.raises(EstimationError, match="no variable is left"):
        select(lesions, "y4")


def test_a_step_that_would_leave_nothing_keeps_what_entered_and_says_so(lesions: Lesions) -> None:
    kept = select(lesions, "y2", multivariable_p=1e-9, final_p=1e-9)
    assert [note.split(":")[0] for note in kept.notes] == [
        "Multivariable logistic regression",
        "Stepwise regression",
    ]
    assert kept.steps[1].kept == kept.steps[0].kept
    assert set(kept.variables) == set(kept.steps[2].p_values)


def test_separation_is_met_by_firth_and_said(lesions: Lesions) -> None:
    frame = lesions.frame.copy()
    events = np.flatnonzero(frame["y1"] == 1)
    frame["b1"] = "0"
    frame.loc[events[:25], "b1"] = "1"
    altered = encoded(frame, [variable.name for variable in lesions.encoding.variables], categories="bf")
    found = select(altered, "y1")
    assert "b1" in found.variables
    assert found.final.method == "Firth, FLIC"
    assert any("Final model: the classes separate; Firth" in note for note in found.notes)
    final = found.frame().query("step == 'final'")
    row = final[final["term"] == "b1=1"].iloc[0]
    assert 1 < row["odds_ratio"] < 1e4
    assert found.test_name == "penalised likelihood ratio test"
    whole = final[final["estimate"].isna()].set_index("term")
    assert whole["test"].eq(found.test_name).all()
    assert whole["p_value"].to_dict() == found.steps[-1].p_values
    assert whole.loc["b1", "p_value"] < 1e-6
    assert found.sparse_levels == (SparseLevel("b1", "1", 25, 25),)
    assert found.penalised_steps == ("multivariable", "stepwise", "final")


def test_a_p_value_beside_an_interval_agrees_with_it(lesions: Lesions) -> None:
    frame = lesions.frame.copy()
    frame["b1"] = "0"
    frame.loc[np.flatnonzero(frame["y1"] == 1)[:3], "b1"] = "1"
    altered = encoded(frame, ["n4", "b1", "f2"], categories="bf")
    rows = published_selection(altered.encoding, altered.X, frame["y1"]).frame().dropna(subset="estimate")
    assert rows["test"].eq("Wald test").all()
    excludes_one = (rows["conf_low"] > 1) | (rows["conf_high"] < 1)
    assert ((rows["p_value"] < 0.05) == excludes_one).all()
    assert rows.set_index("term").loc["b1=1", "p_value"] > 0.05  # where the ratio test finds 0.01


def test_every_p_value_names_its_test(selection: Selection) -> None:
    frame = selection.frame()
    assert (frame["p_value"].notna() == frame["test"].notna()).all()
    whole = frame["p_value"].notna() & frame["estimate"].isna()
    assert frame.loc[whole, "test"].eq("joint Wald test").all()
    assert frame.loc[frame["estimate"].notna(), "test"].eq("Wald test").all()
    assert selection.sparse_levels == selection.penalised_steps == ()


def test_a_reference_level_without_events_is_sparse_too(lesions: Lesions) -> None:
    frame = lesions.frame.assign(b1=lesions.frame["y1"].astype(str), n4=1.0 * np.arange(613))
    small = encoded(frame.assign(y=1 - frame["y1"]), ["b1", "n4"], categories="b")
    n = int(frame["y1"].sum())
    expected = (SparseLevel("b1", "0", 0, 613 - n), SparseLevel("b1", "1", n, n))
    assert sparse_levels(small.encoding, small.X, frame["y1"]) == expected


@pytest.mark.parametrize("seed", range(12))
def test_a_handful_of_events_ends_in_finite_numbers_or_in_a_clear_error(lesions: Lesions, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = lesions.frame["y3"].to_numpy()
    n, n_events = int(rng.choice([40, 120, 300])), int(rng.choice([5, 8, 15]))
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(y == 1), n_events), rng.choice(np.flatnonzero(y == 0), n - n_events)]
    )
    names = [variable.name for variable in lesions.encoding.variables]
    few = encoded(lesions.frame.iloc[rows].reset_index(drop=True), names, categories="bf")
    folds = np.concatenate([np.arange(n_events), np.arange(n - n_events)]) % 5
    if not cross_validated_lasso(few.X, y[rows], folds).coefficients("min").any():
        with pytest.raises(EstimationError, match="no variable is left"):
            paper_selection(few.encoding, few.X, y[rows], folds)
        return
    found = paper_selection(few.encoding, few.X, y[rows], folds)
    frame = found.frame().query("step == 'final'").dropna(subset="estimate")
    assert found.final.converged
    assert np.isfinite(frame[["estimate", "std_error", "odds_ratio", "p_value"]]).all(axis=None)


def test_terms_that_follow_from_others_are_named(lesions: Lesions) -> None:
    frame = lesions.frame.assign(n5=lesions.frame["n2"] * 10)
    small = encoded(frame, ["n2", "n5", "f2"], categories="f")
    found = published_selection(small.encoding, small.X, frame["y1"])
    assert found.notes == ("Final model: no coefficient exists for n5, which follow from other terms",)
    row = found.frame().set_index("term").loc["n5"]
    assert row[["estimate", "std_error", "p_value"]].isna().all()


def test_given_predictors_are_all_kept_with_their_one_fit(lesions: Lesions) -> None:
    encoding = lesions.encoding.restricted_to(["n2", "b9", "f2"])
    X = encoding.matrix(lesions.frame)
    found = published_selection(encoding, X, lesions.frame["y1"])
    assert found.variables == ("n2", "b9", "f2")
    frame = found.frame()
    assert frame["term"].tolist() == ["n2", "b9=1", "f2", "f2=2", "f2=3", "f2=4"]
    assert set(frame["step"]) == {"final"}
    assert frame["lasso_coefficient"].isna().all()
    with pytest.raises(EstimationError, match="no LASSO path"):
        found.plot_path()


def test_a_given_predictor_that_never_varies_is_left_out_and_named(lesions: Lesions) -> None:
    frame = lesions.frame.assign(n1=3.0)
    small = encoded(frame, ["n1", "n2"], categories="")
    found = published_selection(small.encoding, small.X, frame["y1"])
    assert found.variables == ("n2",)
    assert found.notes == ("Final model: left out because it never varies: n1",)
    only = encoded(frame, ["n1"], categories="")
    with pytest.raises(EstimationError, match="none of the given predictors varies"):
        published_selection(only.encoding, only.X, frame["y1"])


def test_cut_offs_outside_zero_to_one_are_refused(lesions: Lesions) -> None:
    for name in ("multivariable_p", "final_p"):
        with pytest.raises(ValueError, match=f"{name} must fulfil 0 < p <= 1, got 0"):
            select(lesions, "y1", **{name: 0.0})


def test_the_figures_draw_only_their_frames(selection: Selection) -> None:
    path = selection.path_frame()
    axes = selection.plot_path()
    drawn = axes.get_lines()[: path["term"].nunique()]
    for line, (_, expected) in zip(drawn, path.groupby("term", sort=False), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected["coefficient"])
    named = {text.get_text() for text in axes.texts}
    assert named <= set(path.loc[path["kept"], "label"])
    assert len(named) == 12
    deviance = selection.deviance_frame()
    points = selection.plot_deviance().get_lines()[0]
    np.testing.assert_array_equal(points.get_ydata(), deviance["deviance"])


def test_a_selection_is_frozen_and_the_same_each_time(lesions: Lesions, selection: Selection) -> None:
    pd.testing.assert_frame_equal(select(lesions, "y1").frame(), selection.frame(), check_exact=True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        selection.variables = ()
