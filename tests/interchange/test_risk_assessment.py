"""The RiskAssessment says what the model said, is FHIR, and holds nothing of the patient.

fhir.resources has no classes of R4 (4.0.1) for this pydantic; its R4B (4.3.0) are used, which differ from R4 in
none of the resources that are made here.
"""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.operationdefinition import OperationDefinition
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.riskassessment import RiskAssessment
from observed import CODES, bundle_of, observation, observed
from typed_case import LESION
from visits import CHAIN

from her2mri.bundle.wording import ask
from her2mri.errors import Fault
from her2mri.interchange.conformance import capability_statement, code_system, operation_definition
from her2mri.interchange.observations import observations_in, read_observations
from her2mri.interchange.outcome import operation_outcome
from her2mri.interchange.risk_assessment import Assessed, risk_assessment

AT = "2026-03-02T09:30:00Z"


def assess(content, model=CHAIN):
    found = read_observations(observations_in(content), CODES)
    answer = ask(model, found.lesion, (None, None), explained=True)
    made = risk_assessment(Assessed(found, model, answer, CODES), AT)
    read = RiskAssessment.model_validate_json(json.dumps(made))
    assert json.loads(read.model_dump_json()) == made  # FHIR knows every field, and takes none for another
    return made, answer


def test_each_class_has_its_probability_in_per_cent_with_its_interval():
    made, answer = assess(observed())
    for prediction, part in zip(made["prediction"], answer.classes, strict=True):
        assert prediction["outcome"]["text"] == part.label
        assert prediction["probabilityDecimal"] == pytest.approx(100 * part.probability, abs=1e-10)
        ends = prediction["extension"][0]["valueRange"]
        assert ends["low"]["value"] == pytest.approx(100 * part.conf_low, abs=1e-10)
        assert ends["high"]["value"] == pytest.approx(100 * part.conf_high, abs=1e-10)
    assert sum(part["probabilityDecimal"] for part in made["prediction"]) == pytest.approx(100)
    codes = [prediction["outcome"]["coding"][0]["code"] for prediction in made["prediction"]]
    assert codes == ["her2_status.positive", "her2_status.low", "her2_status.zero"]


def test_it_names_the_bundles_the_warnings_and_the_reasons():
    made, answer = assess(observed())
    assert CHAIN.first.sha256 in made["method"]["text"]
    assert CHAIN.second.sha256 in made["method"]["text"]
    assert [note["text"] for note in made["note"]] == [answer.warnings[0].message]
    assert "PR status: Negative (<1 %) +0.63" in made["prediction"][0]["rationale"]


def test_a_single_model_says_two_classes():
    made, answer = assess(observed(), CHAIN.first)
    positive, negative = made["prediction"]
    assert positive["probabilityDecimal"] == pytest.approx(100 * answer.probability)
    assert negative["extension"][0]["valueRange"]["low"]["value"] == pytest.approx(
        100 - 100 * answer.conf_high
    )
    assert "coding" not in negative["outcome"]  # more than one level of the dictionary


def test_its_basis_is_what_the_model_used_and_from_which_it_follows():
    extra = observation("birads", "5")
    rest = {name: value for name, value in LESION.items() if name != "er_status"}
    content = observed(rest)
    content["entry"] += [{"resource": extra}, {"resource": observation("er_percent", 60)}]
    made, _ = assess(content)
    contained = {resource["id"]: resource for resource in made["contained"]}
    assert {part["reference"] for part in made["basis"]} == {f"#{name.replace('_', '-')}" for name in LESION}
    assert contained["er-status"]["derivedFrom"] == [{"reference": "#er-percent"}]
    assert contained["er-percent"]["valueQuantity"]["value"] == 60
    assert "birads" not in contained


def test_nothing_of_the_patient_comes_back_but_the_reference():
    personal = {
        "subject": {"reference": "Patient/p-17", "display": "Wang Fang"},
        "note": [{"text": "Wang Fang"}],
        "performer": [{"display": "Dr Wang"}],
        "identifier": [{"value": "Wang-1"}],
        "effectiveDateTime": "1957-03-14",
    }
    made, _ = assess(bundle_of(*(observation(name, value, **personal) for name, value in LESION.items())))
    text = json.dumps(made)
    assert made["subject"] == {"reference": "Patient/p-17"}
    assert "Wang" not in text
    assert "1957" not in text


def test_without_a_subject_it_says_that_there_is_none():
    content = bundle_of(*(observation(name, value, subject=None) for name, value in LESION.items()))
    made, _ = assess(content)
    assert made["subject"]["extension"][0]["valueCode"] == "masked"


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        (CapabilityStatement, capability_statement("http://127.0.0.1/fhir")),
        (OperationDefinition, operation_definition("http://127.0.0.1/fhir")),
        (CodeSystem, code_system(CODES)),
        (OperationOutcome, operation_outcome([Fault("Bundle.entry[0].resource", "is no result")], "invalid")),
    ],
)
def test_what_the_server_says_of_itself_is_fhir(kind, made):
    assert json.loads(kind.model_validate_json(json.dumps(made)).model_dump_json()) == made


def test_the_code_system_counts_its_concepts():
    made = code_system(CODES)
    listed = [code for part in made["concept"] for code in (part, *part.get("concept", ()))]
    assert len({part["code"] for part in listed}) == len(listed) == made["count"]
