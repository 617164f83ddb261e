"""Both published tasks on the published cohort, straight and with splines: estimator, bundle, nomogram and rms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import developed_from

from her2mri.bundle import Bundle
from her2mri.bundle.nomogram import nomogram_of
from her2mri.datasets.published_cohort import published_cohort
from her2mri.models.fit import Fit
from her2mri.study.freeze import freeze

GOLDEN = Path(__file__).parents[1] / "golden" / "explanation"
KNOTS = {
    ("her2_positive", "LR"): 0,
    ("her2_low", "LR"): 0,
    ("her2_positive", "RCS"): 5,
    ("her2_low", "RCS"): 4,
}


@dataclass(frozen=True)
class Case:
    """One model by both programs; ``answers`` are those of rms."""

    fit: Fit
    bundle: Bundle
    lesions: pd.DataFrame
    answers: dict[str, pd.DataFrame]


@pytest.fixture(scope="module", params=list(KNOTS), ids=lambda key: "-".join(key))
def case(request: pytest.FixtureRequest) -> Case:
    task, model = request.param
    cohort = published_cohort()
    question = cohort.dictionary.task(task)
    lesions = cohort.frame[cohort.frame[question.set_column] == "training"]
    if task == "her2_positive":  # none with N3 is positive: without them there is a maximum of the likelihood
        lesions = lesions[lesions["n_category"] != "N3"]
    names = (*question.published, "age") if (task, model) == ("her2_positive", "RCS") else question.published
    fits, source = developed_from(
        lesions, ("LR",), task=task, predictors=names, cohort=cohort, knots=KNOTS[task, model]
    )
    answers = {name: pd.read_csv(GOLDEN / f"published_{name}.csv") for name in ("terms", "lesions", "axes")}
    own = {name: rows[(rows["task"] == task) & (rows["model"] == model)] for name, rows in answers.items()}
    return Case(fits["LR"], freeze(fits["LR"], source), source.data.frame, own)


def test_coefficients_and_their_errors_are_those_of_rms(case: Case) -> None:
    parameters = case.bundle.content["parameters"]
    names = ["Intercept", *case.fit.encoding.names]
    expected = case.answers["terms"].set_index("term").loc[names]
    found = [parameters["intercept"], *parameters["coefficients"]]
    np.testing.assert_allclose(found, expected["estimate"], rtol=1e-6, atol=1e-6)
    errors = np.sqrt(np.diag(parameters["covariance"]))
    np.testing.assert_allclose(errors, expected["std_error"], rtol=1e-6, atol=1e-6)


def test_probability_and_interval_of_lesions_are_those_of_rms(case: Case) -> None:
    expected = case.answers["lesions"]
    names = [known.variable.name for known in case.bundle.inputs]
    few = case.lesions.set_index("lesion_id").loc[expected["lesion_id"], names]
    answers = [case.bundle.predict(lesion) for lesion in few.to_dict("records")]
    for name, side in (("probability", 0), ("conf_low", -1), ("conf_high", 1)):
        end = expected["linear_predictor"] + side * 1.959963984540054 * expected["std_error"]
        found = np.array([getattr(answer, name) for answer in answers])
        np.testing.assert_allclose(found, 1 / (1 + np.exp(-end)), atol=1e-6)


def test_points_of_every_tick_are_those_of_rms(case: Case) -> None:
    expected = case.answers["axes"].set_index(["variable", "shown"])["points"]
    frame = nomogram_of(case.bundle).frame()
    ours = frame[~frame["axis"].isin(["total_points", "probability"])]
    shown = [row.level if isinstance(row.level, str) else f"{row.value:g}" for row in ours.itertuples()]
    assert len(ours) == len(expected)
    np.testing.assert_allclose(
        ours["points"],
        [expected[axis, tick] for axis, tick in zip(ours["axis"], shown, strict=True)],
        atol=1e-5,
    )


def test_every_lesion_has_one_probability_and_one_number_of_points(case: Case) -> None:
    """Of the estimator, of the bundle, and read off the nomogram drawn from the bundle."""
    names = [known.variable.name for known in case.bundle.inputs]
    answers = [case.bundle.predict(lesion) for lesion in case.lesions[names].to_dict("records")]
    found = np.array([answer.probability for answer in answers])
    nomogram = nomogram_of(case.bundle)
    np.testing.assert_allclose(found, case.fit.probability(case.lesions), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(
        np.array([list(answer.points.values()) for answer in answers]), nomogram.points(case.lesions)
    )
    read_off = nomogram.probability_of(nomogram.total_points(case.lesions))
    np.testing.assert_allclose(found, read_off, rtol=0, atol=1e-9)
