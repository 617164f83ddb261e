"""A finished study leaves its models as bundles: the same study, the same bytes, and no patient."""

from __future__ import annotations

import pytest

from her2mri.study.freeze import bundles
from her2mri.study.study import Study


def run():
    study = Study.from_toml(
        None,
        protocol="paper",
        tasks=("her2_low",),
        selection={"method": "published"},
        models={"families": ("DT", "k-NN", "LR")},
        evaluation={"n_bootstrap": 100},
    )
    return study.run()


@pytest.fixture(scope="module")
def result():
    return run()


@pytest.mark.thorough
def test_the_same_study_gives_the_same_bytes(result):
    one, other = bundles(result), bundles(run())
    assert {name: bundle.dumps() for name, bundle in one.items()} == {n: b.dumps() for n, b in other.items()}


def test_models_that_hold_patients_are_frozen_only_when_asked_for(result):
    assert list(bundles(result)) == ["her2_low/DT", "her2_low/LR"]
    assert bundles(result, with_patient_data=True)["her2_low/k-NN"].contains_patient_data


def test_no_patient_is_named_in_a_bundle(result):
    text = bundles(result)["her2_low/DT"].dumps().decode()
    assert not [name for name in result.cohort.frame["patient_id"] if f'"{name}"' in text]


def test_a_bundle_locks_the_threshold_of_training_and_brings_its_performance(result):
    bundle = bundles(result)["her2_low/LR"]
    rows = result.tasks["her2_low"].evaluation.frame()
    rows = rows[(rows["model"] == "LR") & (rows["threshold_rule"] == "youden_training")]
    assert set(rows["threshold"]) == {bundle.locked_threshold}
    assert (
        len(bundle.content["performance"])
        == (result.tasks["her2_low"].evaluation.frame()["model"] == "LR").sum()
    )
    assert bundle.notice == result.cohort.notice
