"""The JSON API answers as the command line does, stores as a form does, and shows what its person may see."""

from __future__ import annotations

import json

import pytest
from programs import program_at, token_of
from sqlalchemy import select
from typed_case import LESION
from visits import CHAIN, ON_SQLITE

from her2mri.bundle.wording import ask
from her2mri.dictionary import load_dictionary
from her2mri.web.api.findings import ROLES
from her2mri.web.api.schemas import MOST_LESIONS
from her2mri.web.database.tables import AuditEntry, StoredAnswer
from her2mri.web.lesions.models import put_in_use, starting_bundles
from her2mri.web.lesions.recompute import recompute

OTHER = {**LESION, "adc": 1.1}


@pytest.fixture
def program(room):
    return program_at(room, token_of(room, "reader.one", "predict", "store", "read"))


def said_of(lesion, prevalence=(None, None)):
    """As JSON has it: no tuples."""
    return json.loads(json.dumps(ask(CHAIN, lesion, prevalence, explained=True).as_dict()))


def answers(room):
    with room.database.reading() as session:
        return list(session.scalars(select(StoredAnswer).order_by(StoredAnswer.id)))


@ON_SQLITE
def test_the_answer_is_that_of_the_command_line_to_the_last_digit(program, room):
    response = program.predict(LESION)
    assert response.status_code == 200
    (found,) = response.json()["answers"]
    assert found == {"pseudonym": None, "lesion": None, "revision": None, "answer": said_of(LESION)}
    assert found["answer"]["first"]["bundle"] == CHAIN.first.sha256
    assert answers(room) == []


@ON_SQLITE
def test_many_lesions_are_answered_in_their_order_each_as_if_it_was_alone(program):
    lesions = [LESION, OTHER, {"adc": 0.9}, {**LESION, "pure_nme": "yes"}, {}, {**LESION, "birads": "5"}]
    found = program.post("/api/predict", {"lesions": [{"findings": lesion} for lesion in lesions]}).json()
    assert [part["answer"] for part in found["answers"]] == [said_of(lesion) for lesion in lesions]
    assert found["answers"][3]["answer"]["refused"]


@ON_SQLITE
def test_another_prevalence_is_answered(program):
    found = program.predict(LESION, prevalence=[0.4, None]).json()["answers"][0]
    assert found["answer"] == said_of(LESION, (0.4, None))
    assert program.predict(LESION, prevalence=[0.4]).status_code == 422


def test_what_is_stored_is_as_if_it_was_typed(program, room, visit):
    found = program.predict(LESION, store=True, pseudonym="BR-0417").json()["answers"][0]
    (kept,) = answers(room)
    assert (found["lesion"], found["revision"]) == (kept.lesion_id, 1)
    assert json.loads(kept.inputs) == LESION
    typed = visit("reader.two")
    typed.save()
    _, by_hand = answers(room)
    assert (kept.inputs, kept.output, kept.prevalence) == (by_hand.inputs, by_hand.output, by_hand.prevalence)
    assert "BR-0417" in visit("reader.one").get("/lesions/1").text
    with room.database.reading() as session:
        assert recompute(room, session).same == 2
        last = list(session.scalars(select(AuditEntry).where(AuditEntry.action == "answer stored")))
    assert last[0].who == "reader.one"


def test_of_many_lesions_all_are_stored_or_none_and_all_faults_are_told(program, room):
    good = {"pseudonym": "BR-1", "findings": LESION}
    bad = [
        {"findings": LESION},
        {"pseudonym": "BR-3", "findings": {}},
        {**good},
        good | {"pseudonym": "BR-4"},
    ]
    extra = {"pseudonym": "BR-5", "findings": {**LESION, "birads": "5"}}
    response = program.post("/api/predict", {"lesions": [good, *bad, extra], "store": True})
    assert response.status_code == 422
    places = [fault["where"] for fault in response.json()["faults"]]
    assert places == ["lesions[1]", "lesions[2]", "lesions[3].pseudonym", "lesions[5]"]
    assert answers(room) == []
    both = program.post("/api/predict", {"lesions": [good, good | {"pseudonym": "BR-2"}], "store": True})
    assert [part["lesion"] for part in both.json()["answers"]] == [kept.lesion_id for kept in answers(room)]
    assert len(answers(room)) == 2


@ON_SQLITE
def test_every_finding_that_cannot_be_is_told_with_what_may_be(program, room):
    findings = {"adc": 99, "shape": "heart", "eer": "0.7", "diameter_cm": 23, "n_category": 1, "margin": True}
    response = program.predict({**findings, "patient_name": "Wang Fang", "Wang": 1}, pseudonym="1957-03-14")
    assert response.status_code == 422
    faults = {fault["column"] or fault["problem"]: fault for fault in response.json()["faults"]}
    assert set(findings) < set(faults)
    assert faults["shape"]["allowed"] == "round_or_oval, irregular"
    assert faults["diameter_cm"]["problem"] == "impossible: it looks like mm, multiply by 0.1"
    assert len(faults) == len(findings) + 3
    assert "Wang" not in response.text
    assert "patient_name" not in response.text
    assert answers(room) == []


@ON_SQLITE
@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"lesions": []}', b'{"lesions": {"findings": {"adc": NaN}}}', b"\xff",
     b'{"lesions": {"findings": {"adc": 1, "adc": 2}}}', b'{"lesions": ' + b"[" * 50000,
     b'{"lesions": {"findings": {"adc": 1' + b"0" * 400 + b"}}}", b'{"lesions": {"findings": {"shape": "\\ud800"}}}',
     b'{"lesions": {"findings": {}}, "store": "yes"}', b'{"lesions": {}}', b'{"lesions": {"findings": {}}, "x": 1}',
     b'{"lesions": {"findings": {}}, "prevalence": [0]}', b'{"lesions": {"findings": {"adc": 1e999}}}'],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused(program, body):
    headers = {"Authorization": f"Bearer {program.token}", "Content-Type": "application/json"}
    response = program.client.post("/api/predict", content=body, headers=headers)
    assert response.status_code == 422
    assert response.json()["faults"]


@ON_SQLITE
def test_no_more_lesions_are_taken_than_are_promised(program):
    lesions = [{"findings": {"adc": 1}}] * (MOST_LESIONS + 1)
    assert program.post("/api/predict", {"lesions": lesions}).status_code == 422


def test_lesions_are_found_and_read_by_their_reader_and_by_researchers(program, room, visit):
    program.predict(LESION, store=True, pseudonym="BR-1")
    visit("reader.one").correct("/lesions/1", 1, OTHER)
    other = program_at(room, token_of(room, "reader.two", "read"))
    other_lesions = other.get("/api/lesions").json()
    assert other_lesions == {"total": 0, "page": 1, "pages": 1, "lesions": []}
    assert other.get("/api/lesions/1").status_code == other.get("/api/lesions/7").status_code == 404
    for name in ("reader.one", "the.researcher"):
        reading = program_at(room, token_of(room, name, "read"))
        (found,) = reading.get("/api/lesions?q=br").json()["lesions"]
        revisions = reading.get("/api/lesions/1").json()["revisions"]
        assert found.items() < revisions[0].items()
        assert (found["pseudonym"], found["revision"], revisions[0]["findings"]) == ("BR-1", 2, OTHER)
        assert [part["revision"] for part in revisions] == [2, 1]
        assert revisions[1]["answer"] == json.loads(answers(room)[0].output)
    with room.database.reading() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.action == "lesion seen")).all()
    assert [(entry.who, entry.subject) for entry in seen] == [("the.researcher", "lesion 1")]


def test_the_models_in_use_are_described_and_others_may_come(program, room, clock):
    found = program.get("/api/models").json()
    assert [part["sha256"] for part in found["bundles"]] == [CHAIN.first.sha256, CHAIN.second.sha256]
    adc = next(part for part in found["bundles"][1]["inputs"] if part["name"] == "adc")
    assert (adc["unit"], adc["low"], adc["high"]) == ("×10⁻³ mm²/s", 0.45, 1.77)
    with room.database.writing() as session:
        put_in_use(session, clock(), "(tests)", starting_bundles()[:1])
    found = program.predict(LESION).json()
    assert found["model"] == 2
    assert found["answers"][0]["answer"]["positive_label"] == starting_bundles()[0].task.positive_label


@ON_SQLITE
def test_the_api_describes_every_finding_that_a_model_may_ask_for_as_the_dictionary_has_it(program):
    described = program.get("/api/openapi.json").json()["components"]["schemas"]["Findings"]
    wanted = {variable.name: variable for variable in load_dictionary().with_role(*ROLES)}
    assert set(described["properties"]) == set(wanted)
    assert described["additionalProperties"] is False
    for name, variable in wanted.items():
        found = described["properties"][name]
        assert found["title"] == variable.title
        if variable.is_categorical:
            assert found["enum"] == [*variable.values, None]
        else:
            assert (found["minimum"], found["maximum"]) == variable.bounds
