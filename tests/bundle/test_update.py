"""Moving a model: recalibration as R's glm has it, refitting between the old model and the new lesions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up import lesions

from her2mri.bundle import Bundle
from her2mri.bundle.families import Logistic
from her2mri.errors import EstimationError, InputError
from her2mri.selection.logistic import fit_logistic
from her2mri.transport.recalibration import recalibrate, recalibrated_covariance
from her2mri.transport.update import update
from her2mri.transport.validate import read_centre

TABLE = {"name": "centre.csv", "sha256": "1" * 64}


@pytest.fixture(scope="module")
def centre(frozen, tmp_path_factory):
    path = tmp_path_factory.mktemp("centre") / "centre.csv"
    lesions(300, 33).to_csv(path, index=False)
    return read_centre(frozen["LR"], path)


def test_recalibration_is_that_of_glm(golden):
    new = pd.read_csv(golden / "bundle" / "recalibration_lesions.csv")
    expected = pd.read_csv(golden / "bundle" / "recalibration.csv").set_index("method")
    eta, y = new["linear_predictor"].to_numpy(), new["y"].to_numpy()
    for method in ("intercept", "slope"):
        found, row = recalibrate(eta, y, with_slope=method == "slope"), expected.loc[method]
        assert found.intercept == pytest.approx(row["intercept"], abs=1e-6)
        assert found.slope == pytest.approx(row["slope"], abs=1e-6)
        errors = np.sqrt(np.diag(found.covariance))
        assert errors[0] == pytest.approx(row["std_error_intercept"], abs=1e-6)
        if method == "slope":
            assert errors[1] == pytest.approx(row["std_error_slope"], abs=1e-6)


@pytest.mark.parametrize("with_slope", [False, True])
def test_the_covariance_follows_the_parents_error_through_the_recalibration(
    study, frozen, centre, with_slope
):
    """Against recalibrating parents whose coefficients are moved a little, one at a time."""
    family = frozen["LR"].family
    X, y = study[0]["LR"].encoding.matrix(centre.frame), centre.y
    old = np.concatenate([[family.intercept], family.coefficients])

    def moved(theta: np.ndarray) -> np.ndarray:
        new = recalibrate(X @ theta[1:] + theta[0], y, with_slope=with_slope)
        return new.slope * theta + new.intercept * np.eye(len(theta))[0]

    step = 1e-5
    through = np.array(
        [(moved(old + step * e) - moved(old - step * e)) / (2 * step) for e in np.eye(len(old))]
    ).T
    found = recalibrate(family.log_odds(X), y, with_slope=with_slope)
    jacobian = np.column_stack([np.eye(len(old))[0], old])[:, : len(found.covariance)]
    expected = jacobian @ found.covariance @ jacobian.T + through @ family.covariance @ through.T
    np.testing.assert_allclose(
        recalibrated_covariance(family, family.covariance, X, y, found), expected, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("method", ["intercept", "slope", "refit"])
def test_an_update_names_its_parent_and_is_a_bundle_of_its_own(frozen, centre, method):
    found = update(frozen["LR"], centre, method=method, table=TABLE)
    assert Bundle.loads(found.dumps()).sha256 == found.sha256 != frozen["LR"].sha256
    lineage = found.content["lineage"]
    assert (lineage["parent"], lineage["inputs"]) == (frozen["LR"].sha256, [TABLE])
    assert "on 300 lesions" in lineage["change"]
    assert found.content["performance"] == []
    assert found.prevalence == pytest.approx(centre.y.mean())


@pytest.mark.parametrize("model", ["LR", "ANN", "SVM"])
def test_after_a_recalibration_the_probabilities_sum_to_the_events(frozen, centre, model):
    for method in ("intercept", "slope"):
        found = update(frozen[model], centre, method=method, table=TABLE)
        rows = centre.frame[[known.variable.name for known in found.inputs]].to_dict("records")
        total = sum(found.predict(row).probability for row in rows)
        assert total == pytest.approx(centre.y.sum(), abs=1e-6)


def test_an_intercept_moves_no_other_coefficient(frozen, centre):
    found = update(frozen["LR"], centre, method="intercept", table=TABLE)
    assert found.content["parameters"]["coefficients"] == frozen["LR"].content["parameters"]["coefficients"]


def test_with_the_parents_full_weight_a_refit_is_the_fit_of_all_lesions_together(
    study, frozen, centre, frame, monkeypatch
):
    """Estimate and covariance stand for the parent's lesions; each centre has its own intercept."""
    monkeypatch.setattr("her2mri.transport.update.SHRINKAGE", (1.0,))
    found = update(frozen["LR"], centre, method="refit", table=TABLE)
    family = found.family
    assert isinstance(family, Logistic)
    both = pd.concat([frame, centre.frame])
    here = np.repeat([0.0, 1.0], [len(frame), len(centre.frame)])
    X = np.column_stack([study[0]["LR"].encoding.matrix(both), here])
    pooled = fit_logistic(X, (both["her2_status"] == "positive").to_numpy().astype(int))
    away = np.abs(family.coefficients - pooled.coefficients[1:-1])
    assert (away < 0.2 * pooled.std_errors[1:-1]).all()
    errors = np.sqrt(np.diag(family.covariance))[1:]
    np.testing.assert_allclose(errors, pooled.std_errors[1:-1], rtol=0.1)
    assert "with weight 1 " in found.content["lineage"]["change"]


def test_a_centre_of_another_law_gets_less_of_the_parent(frozen, tmp_path):
    path = tmp_path / "other.csv"
    frame = lesions(2000, 44)
    frame["her2_status"] = np.where(frame["ki67_status"] == "low", "positive", frame["her2_status"])
    frame.to_csv(path, index=False)
    found = update(frozen["LR"], read_centre(frozen["LR"], path), method="refit", table=TABLE)
    assert "with weight 0.01 " in found.content["lineage"]["change"]


def test_a_slope_that_turns_the_order_round_is_refused():
    eta = np.linspace(-2, 2, 40)
    with pytest.raises(EstimationError, match="order of lesions"):
        recalibrate(eta, (eta < 0).astype(np.int64) ^ (np.arange(40) % 5 == 0), with_slope=True)


def test_too_few_events_are_refused(frozen, tmp_path):
    path = tmp_path / "few.csv"
    frame = lesions(40, 5)
    frame["her2_status"] = ["positive"] * 3 + ["low"] * 37
    frame.to_csv(path, index=False)
    with pytest.raises(InputError, match="too few"):
        update(frozen["LR"], read_centre(frozen["LR"], path), method="intercept", table=TABLE)


@pytest.mark.parametrize(("model", "method"), [("DT", "slope"), ("ANN", "refit"), ("k-NN", "intercept")])
def test_a_family_that_a_method_does_not_fit_is_refused(frozen, centre, model, method):
    with pytest.raises(InputError, match="cannot be updated"):
        update(frozen[model], centre, method=method, table=TABLE)


def test_an_update_of_an_update_names_the_update(frozen, centre):
    first = update(frozen["LR"], centre, method="intercept", table=TABLE)
    second = update(first, centre, method="slope", table=TABLE)
    assert second.content["lineage"]["parent"] == first.sha256
    assert len(second.content["model"]["notes"]) == len(first.content["model"]["notes"]) + 1
