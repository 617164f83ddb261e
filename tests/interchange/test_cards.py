"""What a card says, without a server."""

from __future__ import annotations

import pytest
from observed import CODES, observation, observed
from typed_case import LESION
from visits import CHAIN

from her2mri.bundle import Bundle
from her2mri.bundle.canonical import digest
from her2mri.bundle.wording import ask
from her2mri.interchange.cds_hooks import LONGEST_SUMMARY, card
from her2mri.interchange.observations import observations_in, read_observations
from her2mri.interchange.risk_assessment import Assessed


def of_patients(bundle, **task):
    """The model as if it had been made of patients; ``task``: other words for its classes."""
    content = {**bundle.content, "card": {**bundle.content["card"], "notice": ""}}
    content["task"] = {**content["task"], **task}
    return Bundle.of({**content, "sha256": digest(content)})


def card_of(content, model):
    found = read_observations(observations_in(content), CODES, searched=True)
    answer = ask(model, found.lesion, (None, None), explained=True)
    return card(Assessed(found, model, answer, CODES), "http://127.0.0.1/", "0")


OLD = observation("n_category", "N0", effectiveDateTime="2026-01-01")
NEW = observation("n_category", "N1", effectiveDateTime="2026-02-01")


@pytest.mark.parametrize(
    ("change", "indicator"),
    [
        ({}, "info"),
        ({"ki67_status": None}, "warning"),  # missing
        ({"n_category": None, "old": OLD, "new": NEW}, "warning"),  # chosen among several
        ({"birads": observation("birads", "5")}, "info"),  # no input: harmless
    ],
)
def test_the_indicator_warns_where_something_must_be_read_with_the_answer(change, indicator):
    lesion = {name: value for name, value in LESION.items() if change.get(name, 0) is not None}
    content = observed(lesion)
    content["entry"] += [{"resource": resource} for resource in change.values() if resource]
    assert card_of(content, of_patients(CHAIN.first))["indicator"] == indicator


def test_a_summary_stays_under_the_limit_whatever_the_labels():
    long = "A very long name of a class indeed, "
    model = of_patients(CHAIN.first, positive_label=long * 2 + "yes", negative_label=long * 2 + "no")
    summary = card_of(observed(), model)["summary"]
    assert len(summary) < LONGEST_SUMMARY
    assert "no 71 % (53 to 84 %)" in summary
