"""Parity over whole cohorts: the published one, and Duke's patients where they are at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up import developed_from

from her2mri.bundle import Bundle
from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.datasets.duke import import_duke
from her2mri.datasets.published_cohort import published_cohort
from her2mri.dictionary import load_dictionary
from her2mri.explanation.nomogram import build_nomogram, development_ranges
from her2mri.models.fit import Fit
from her2mri.study.freeze import freeze

pytestmark = pytest.mark.thorough

MODELS = ("LR", "DT", "ANN")
ONE_BILLIONTH = 1e-9


def assert_one_model(fit: Fit, bundle: Bundle, lesions: pd.DataFrame, development: pd.DataFrame) -> None:
    names = [known.variable.name for known in bundle.inputs]
    answers = [bundle.predict(lesion) for lesion in lesions[names].to_dict("records")]
    found = np.array([answer.probability for answer in answers])
    assert np.abs(found - fit.probability(lesions)).max() < ONE_BILLIONTH
    if fit.model == "LR":
        nomogram = build_nomogram(
            fit.encoding, fit.estimator.intercept_, fit.estimator.coef_,
            ranges=development_ranges(fit.encoding, development), positive_label="event",
        )  # fmt: skip
        read_off = nomogram.probability_of(nomogram.total_points(lesions))
        assert np.abs(found - read_off).max() < ONE_BILLIONTH


@pytest.mark.parametrize("task", ["her2_positive", "her2_low"])
def test_every_published_lesion_gets_one_probability_from_estimator_bundle_and_nomogram(task):
    cohort = published_cohort()
    question = cohort.dictionary.task(task)
    training = cohort.frame[cohort.frame[question.set_column] == "training"]
    fits, source = developed_from(training, MODELS, task=task, predictors=question.published, cohort=cohort)
    for fit in fits.values():
        bundle = freeze(fit, source)
        assert bundle.notice == cohort.notice
        assert_one_model(fit, bundle, cohort.frame, source.data.frame)


@pytest.mark.shared
def test_every_lesion_of_duke_gets_one_probability_from_estimator_bundle_and_nomogram(shared):
    cohort = cohort_from_frame(import_duke(shared / "data" / "duke_breast_mri").frame, load_dictionary())
    names = ("er_status", "pr_status", "n_category", "age", "lymphadenectasis")
    lesions = cohort.frame.dropna(subset=[*names, "her2_status"])
    assert len(lesions) > 600
    fits, source = developed_from(lesions, MODELS, predictors=names, cohort=cohort)
    for fit in fits.values():
        assert_one_model(fit, freeze(fit, source), source.data.frame, source.data.frame)
