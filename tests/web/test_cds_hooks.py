"""A health record finds the service, sends the findings along, and gets one card."""

from __future__ import annotations

import pytest
from observed import CODES, bundle_of, observation, observed
from programs import program_at, token_of
from typed_case import LESION
from visits import CHAIN, ON_SQLITE

from her2mri.bundle.chain import ClassProbability
from her2mri.interchange.cds_hooks import LONGEST_SUMMARY

pytestmark = ON_SQLITE
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
SERVICE = "/cds-services/her2-probability"


@pytest.fixture
def program(room):
    return program_at(room, token_of(room, "reader.one", "predict"))


def call(findings=None, **other):
    context = {"userId": "Practitioner/1", "patientId": "p-17"}
    sent = {"hook": "patient-view", "hookInstance": INSTANCE, "context": context}
    return sent | {"prefetch": {"findings": observed() if findings is None else findings}} | other


def card_of(response):
    assert response.status_code == 200, response.text
    (card,) = response.json()["cards"]
    return card


def test_discovery_names_the_service_and_a_search_for_all_that_the_models_ask_for(room):
    (service,) = program_at(room).get("/cds-services").json()["services"]
    assert (service["hook"], f"/cds-services/{service['id']}") == ("patient-view", SERVICE)
    search, codes = service["prefetch"]["findings"].split("&code=")
    assert search == "Observation?patient={{context.patientId}}"
    asked = set(codes.split(","))
    for bundle in (CHAIN.first, CHAIN.second):
        for name in bundle.variables:
            assert {f"{code.system}|{code.code}" for code in CODES.of(bundle.variables[name])} <= asked
    assert "http://loinc.org|85329-1" in asked  # from which the status follows


def test_the_card_says_probability_interval_reasons_warnings_and_once_what_this_is(program):
    card = card_of(program.post(SERVICE, call()))
    answer = CHAIN.predict(LESION)
    for part in answer.classes:
        assert isinstance(part, ClassProbability)
        assert f"{part.label} {100 * part.probability:.0f} %" in card["summary"]
        ends = f"{100 * part.conf_low:.1f} to {100 * part.conf_high:.1f} %"
        assert f"**{part.label}** {100 * part.probability:.1f} % (95 % interval {ends})" in card["detail"]
    assert len(card["summary"]) < LONGEST_SUMMARY
    assert "PR status: Negative (<1 %) +0.63; Lesion number: Multifocal" in card["detail"]
    assert card["detail"].count("not a medical device") == 1
    assert answer.warnings[0].message in card["detail"]
    assert CHAIN.first.sha256[:16] in card["detail"]
    assert card["links"][0]["url"] == "http://127.0.0.1/lesions/new"
    assert card["source"]["label"]


def test_the_indicator_is_warning_where_something_must_be_read_with_the_answer(program):
    assert CHAIN.first.notice  # the models that come along are made of no patients, which must be read
    assert card_of(program.post(SERVICE, call()))["indicator"] == "warning"


def test_a_lesion_the_models_were_not_made_for_gets_a_card_that_says_why(program):
    card = card_of(program.post(SERVICE, call(observed({**LESION, "pure_nme": "yes"}))))
    assert (card["summary"], card["indicator"]) == ("No answer for this lesion", "warning")
    assert "not made for such lesions" in card["detail"]


def test_where_no_finding_came_there_is_no_card(program):
    for findings in (bundle_of(), {"resourceType": "Bundle"}, bundle_of(observation("birads", "5"))):
        assert program.post(SERVICE, call(findings)).json() == {"cards": []}


def test_the_latest_of_several_observations_counts_and_the_card_says_so(program):
    older = observation("adc", 1.5, effectiveDateTime="2026-01-01")
    newer = observation("adc", 0.82, effectiveDateTime="2026-02-01")
    rest = {name: value for name, value in LESION.items() if name != "adc"}
    findings = observed(rest)
    findings["entry"] += [{"resource": older}, {"resource": newer}]
    card = card_of(program.post(SERVICE, call(findings)))
    assert card["summary"] == card_of(program.post(SERVICE, call()))["summary"]
    assert "the latest was taken: Minimum ADC" in card["detail"]


@pytest.mark.parametrize(
    ("sent", "status", "where"),
    [
        (call(prefetch={}), 412, "prefetch.findings"),
        (call(prefetch={"findings": None}), 412, "prefetch.findings"),
        (call(prefetch={"findings": {"resourceType": "OperationOutcome"}}), 412, "prefetch.findings"),
        (call(hook="order-select"), 422, "hook"),
        (call(hookInstance="7"), 422, "hookInstance"),
        (call(context={}), 422, "context.patientId"),
        (call(context=[]), 422, "context.patientId"),
        (call(bundle_of(observation("adc", 99.0))), 422, "prefetch.findings.Bundle.entry[0].resource"),
    ],
)
def test_a_call_that_cannot_be_answered_is_refused_with_the_reason(program, sent, status, where):
    response = program.post(SERVICE, sent)
    assert response.status_code == status
    assert response.json()["faults"][0]["where"] == where


def test_there_is_no_other_service(program):
    assert program.post("/cds-services/other", call()).status_code == 404
