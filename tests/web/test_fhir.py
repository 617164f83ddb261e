"""The server speaks FHIR R4: the operation, its refusals, and what it says of itself."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.riskassessment import RiskAssessment
from observed import bundle_of, observation, observed
from programs import program_at, token_of
from typed_case import LESION
from visits import CHAIN, ON_SQLITE

from her2mri.web.database.tables import StoredAnswer

PREDICT = "/fhir/RiskAssessment/$predict"
pytestmark = ON_SQLITE


@pytest.fixture
def program(room):
    return program_at(room, token_of(room, "reader.one", "predict"))


def test_observations_in_and_a_risk_assessment_out(program, room):
    response = program.post(PREDICT, observed())
    assert response.headers["content-type"] == "application/fhir+json"
    assert response.headers["cache-control"] == "no-store"
    found = RiskAssessment.model_validate_json(response.text)
    expected = [100 * part.probability for part in CHAIN.predict(LESION).classes]
    assert [float(part.probabilityDecimal) for part in found.prediction] == pytest.approx(expected)
    assert str(found.occurrenceDateTime).startswith("2026-03-02 09:30:00")
    with room.database.reading() as session:
        assert session.query(StoredAnswer).count() == 0


@pytest.mark.parametrize(
    "kind", ["application/fhir+json", "application/json", "application/fhir+json; charset=utf-8"]
)
def test_it_takes_the_content_types_of_fhir_and_json(program, kind):
    headers = {"Authorization": f"Bearer {program.token}", "Content-Type": kind}
    assert program.client.post(PREDICT, content=json.dumps(observed()), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ({"resourceType": "Patient", "name": "Wang"}, 422, "invalid"),
        (bundle_of({"resourceType": "Patient", "name": [{"text": "Wang"}]}), 422, "invalid"),
        (bundle_of(observation("adc", 99.0), observation("shape", "heart")), 422, "invalid"),
        (observed({**LESION, "pure_nme": "yes"}), 422, "invalid"),
        (bundle_of(), 422, "invalid"),
        ([], 422, "invalid"),
    ],
)
def test_what_it_cannot_take_is_refused_by_an_operation_outcome(program, content, status, code):
    response = program.post(PREDICT, content)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/fhir+json"
    outcome = OperationOutcome.model_validate_json(response.text)
    assert {issue.code for issue in outcome.issue} == {code}
    assert "Wang" not in response.text


def test_without_a_token_and_beside_the_path_it_speaks_fhir_too(room):
    nobody = program_at(room)
    for path, status, code in ((PREDICT, 401, "login"), ("/fhir/Patient/1", 404, "not-found")):
        response = nobody.post(path, observed())
        outcome = OperationOutcome.model_validate_json(response.text)
        assert (response.status_code, outcome.issue[0].code) == (status, code)


def test_the_operation_is_found_by_way_of_the_capabilities(room):
    nobody = program_at(room)
    statement = nobody.get("/fhir/metadata").json()
    (operation,) = statement["rest"][0]["resource"][0]["operation"]
    definition = nobody.get(operation["definition"].removeprefix("http://127.0.0.1")).json()
    assert definition["url"] == operation["definition"]
    assert (definition["resource"], definition["code"]) == (["RiskAssessment"], "predict")
    assert nobody.get("/fhir/CodeSystem/her2").json()["concept"]
