"""Observations become the lesion that they describe, or a fault each."""

from __future__ import annotations

import pytest
from observed import CODES, DICTIONARY, bundle_of, observation, observed
from typed_case import LESION

from her2mri.dictionary.codes import parse_codes
from her2mri.errors import LesionError
from her2mri.interchange.observations import observations_in, read_observations


def read(content, **options):
    return read_observations(observations_in(content), CODES, **options)


def refused(content, **options):
    with pytest.raises(LesionError) as caught:
        read(content, **options)
    return caught.value.faults


def quantity(name, value, code, **other):
    return observation(name, 1.0) | {
        "valueQuantity": {"value": value, "system": CODES.ucum, "code": code} | other
    }


def coded(name, system, code, value):
    return observation(name, value) | {"code": {"coding": [{"system": system, "code": code}]}}


def test_a_lesion_in_our_own_codes_is_read_as_it_was():
    found = read(observed())
    assert found.lesion == LESION
    assert found.subject == "Patient/p-17"
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "lesion", "resource": observed()}]}
    assert read(parameters) == found


def test_every_finding_of_the_dictionary_has_a_code_and_comes_back():
    lesion = {
        variable.name: variable.values[-1] if variable.is_categorical else variable.bounds[1]
        for variable in set(CODES.variables.values())
        if variable.role == "predictor"
    }
    assert read(observed(lesion)).lesion == lesion


def test_no_two_findings_and_no_two_levels_of_one_share_a_code():
    names = [variable.name for variable in CODES.variables.values()]
    assert len(CODES.variables) == sum(len(CODES.of(DICTIONARY[name])) for name in set(names))
    for name in set(names):
        codes = [
            code for value in DICTIONARY[name].values for code in CODES.of_level(DICTIONARY[name], value)
        ]
        assert len({(code.system, code.code) for code in codes}) == len(codes)


def test_codes_of_what_the_dictionary_does_not_hold_are_refused():
    text = '[systems]\nUCUM = "u"\n[units]\n[unit_spellings]\n[levels.shape]\nheart = []\n[variables]\nmood = []\n'
    with pytest.raises(ValueError, match=r"mood, shape\.heart, unit ''"):
        parse_codes('system = "s"\ninterval = "i"\n' + text, DICTIONARY)


def test_codes_of_loinc_snomed_and_dicom_mean_what_the_dictionary_says():
    snomed = {"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "10828004"}]}}
    curve = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "130599"}
    found = read(
        bundle_of(
            coded("er_status", "http://loinc.org", "85337-4", "negative") | snomed,
            observation("tic", "plateau") | {"valueCodeableConcept": {"coding": [curve]}},
        )
    )
    assert found.lesion == {"er_status": "positive", "tic": "washout"}


@pytest.mark.parametrize(("percent", "level"), [(0.0, "negative"), (0.9, "negative"), (1, "positive")])
def test_a_status_follows_from_the_percentage_by_the_rule_of_the_dictionary(percent, level):
    sent = coded("er_percent", "http://loinc.org", "85329-1", percent)
    found = read(bundle_of(sent, observation("ki67_percent", 20)))
    assert found.lesion == {"er_status": level, "ki67_status": "high"}
    contradiction = observation("er_status", "positive" if level == "negative" else "negative")
    (fault,) = refused(bundle_of(sent, contradiction))
    assert "contradicts ER-positive cells" in fault.problem


@pytest.mark.parametrize(
    ("name", "value", "unit", "stored"),
    [
        ("adc", 0.82, "10*-3.mm2/s", 0.82),
        ("adc", 0.82, "10-3.mm2/s", 0.82),
        ("adc", 820, "um2/s", 0.82),
        ("adc", 0.00082, "mm2/s", 0.82),
        ("diameter_cm", 23, "mm", 2.3),
        ("eer", 74, "%", 0.74),
        ("eer", 0.74, "{ratio}", 0.74),
    ],
)
def test_units_are_converted_to_the_dictionarys_without_a_rounding_error(name, value, unit, stored):
    assert read(bundle_of(quantity(name, value, unit))).lesion == {name: stored}


@pytest.mark.parametrize(
    "resource",
    [
        quantity("adc", 820, "mm2/s"),
        quantity("adc", 0.82, "1"),
        quantity("adc", 0.82, "cm"),
        quantity("adc", 0.82, "10*-3.mm2/s", comparator="<"),
        quantity("adc", 0.82, "10*-3.mm2/s", system="http://example.org/units"),
        quantity("adc", True, "10*-3.mm2/s"),
        quantity("adc", "0.82", "10*-3.mm2/s"),
        quantity("adc", float("nan"), "10*-3.mm2/s"),
        quantity("adc", 10**400, "10*-3.mm2/s"),
        quantity("adc", 0.82, ["mm"]),
        observation("adc", 0.82, valueQuantity=None),
        observation("shape", "irregular", valueCodeableConcept={"coding": [{"code": "shape.irregular"}]}),
        observation("shape", "irregular", valueCodeableConcept={"text": "irregular"}),
        observation("shape", "irregular", valueCodeableConcept=[]),
        observation("shape", "irregular", status="entered-in-error"),
        observation("shape", "irregular", status=None),
        observation("shape", "irregular", code={"coding": [{"system": "http://loinc.org", "code": "1-8"}]}),
        observation("shape", "irregular", code="shape"),
        observation("shape", "irregular", subject={"reference": "Patient/Wang Fang"}),
        observation("shape", "irregular", subject={"reference": "https://ehr.example/Patient/1?name=Wang"}),
        observation("shape", "irregular", subject={"display": "Wang Fang"}),
        {"resourceType": "Patient", "name": [{"text": "Wang Fang"}]},
        {},
        None,
    ],
)
def test_what_cannot_be_read_is_a_fault_that_repeats_nothing_of_it(resource):
    sent = bundle_of()
    sent["entry"] = [{"resource": resource}, {"resource": observation("margin", "circumscribed")}]
    (fault,) = refused(sent)
    assert fault.where.startswith("Bundle.entry[0].resource")
    assert "Wang" not in str(fault)
    assert "820" not in str(fault)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"resourceType": "Patient"},
        {"resourceType": "Parameters"},
        {"resourceType": "Parameters", "parameter": [{"name": "lesion"}]},
        {"resourceType": "Parameters", "parameter": [{"name": "lesion", "resource": observed()}] * 2},
        {"resourceType": "Bundle", "entry": {}},
        {"resourceType": "Bundle", "entry": [{}] * 201},
    ],
)
def test_a_body_of_another_kind_is_refused(content):
    assert len(refused(content)) == 1


def test_all_faults_are_told_at_once():
    content = bundle_of(
        quantity("adc", 99, "mm2/s"), observation("shape", "heart"), {"resourceType": "Patient"}
    )
    assert len(refused(content)) == 3


def test_observations_of_two_people_are_refused():
    other = observation("shape", "irregular", subject={"reference": "Patient/p-18"})
    (fault,) = refused(bundle_of(observation("adc", 0.82), other))
    assert "someone else" in fault.problem


def test_what_is_absent_is_not_known():
    absent = {"coding": [{"code": "not-performed"}]}
    sent = observation("adc", 0.82, valueQuantity=None, dataAbsentReason=absent)
    assert read(bundle_of(sent, observation("margin", "circumscribed"))).lesion == {"margin": "circumscribed"}


def dated(*pairs):
    return bundle_of(*(observation("adc", value, effectiveDateTime=at) for value, at in pairs))


def test_of_what_a_search_found_the_latest_counts_and_it_is_said():
    found = read(dated((0.9, "2026-03-01T23:00:00-05:00"), (0.8, "2026-03-02T01:00:00Z")), searched=True)
    assert found.lesion == {"adc": 0.9}
    assert found.notes == ("of several observations the latest was taken: Minimum ADC",)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (dated((0.9, "2026-03-01"), (0.8, "2026-03-02")), {"searched": False}),
        (dated((0.9, "2026-03-01"), (0.8, "2026-03-01")), {"searched": True}),
        (dated((0.9, "2026-03-01"), (0.8, None)), {"searched": True}),
    ],
)
def test_two_values_of_one_finding_of_which_none_is_chosen_are_refused(content, options):
    (fault,) = refused(content, **options)
    assert "with different values" in fault.problem


def test_a_search_leaves_out_what_is_no_use_and_a_sender_is_told():
    useless = [
        {"resourceType": "Patient"},
        observation("shape", "irregular", status="cancelled"),
        observation("adc", 0.8, code={"text": "something else"}),
    ]
    content = bundle_of(observation("adc", 0.82), *useless)
    assert read(content, searched=True).lesion == {"adc": 0.82}
    assert len(refused(content)) == len(useless)


def test_the_same_value_twice_is_one_value():
    assert read(dated((0.82, None), (0.82, None))).lesion == {"adc": 0.82}
