"""The steps to another model: computed, proposed, signed off; what was stored before stays as it is."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from seeded import made_up, visitor_named
from sqlalchemy import select
from visits import CHAIN, LESION, ON_SQLITE, PASSWORD

from her2mri.bundle.wording import ask
from her2mri.errors import InputError
from her2mri.web.database.tables import AuditEntry
from her2mri.web.lesions.answering import shares_of
from her2mri.web.lesions.recompute import recompute
from her2mri.web.monitoring.judged import judged
from her2mri.web.monitoring.proposals import propose
from her2mri.web.monitoring.updating import METHODS, updated

FIRST = CHAIN.first


@cache
def made(method="intercept", shift=1.2, n=200):
    """The model of HER2-positive moved to lesions that are positive more often than it says."""
    return updated(judged(FIRST, made_up(n, shift=shift)), method)


def proposed(room, method="intercept", name="the.researcher"):
    with room.database.writing() as session:
        return propose(room, session, visitor_named(room, name), 1, FIRST, method, made(method))


def decided(visitor, number=1, decision="accept", password=PASSWORD):
    visitor.get(f"/monitoring/updates/{number}")
    return visitor.post(f"/monitoring/updates/{number}", {"decision": decision, "password": password})


def figures(side, method="intercept", **how):
    return {one["name"]: one for one in made(method, **how).comparison[side]["figures"]}


@pytest.mark.parametrize("method", list(METHODS))
def test_an_update_mends_what_is_wrong_and_is_judged_on_lesions_it_has_not_seen(method):
    comparison = made(method).comparison
    before, after = figures("before", method), figures("after", method)
    assert before["observed_expected"]["low"] > 1.2
    assert after["observed_expected"]["low"] < 1 < after["observed_expected"]["high"]
    assert after["brier"]["estimate"] < before["brier"]["estimate"]
    assert comparison["gain"]["low"] > 0
    lineage = made(method).bundle.content["lineage"]
    assert lineage["parent"] == FIRST.sha256
    assert lineage["inputs"][0]["name"] == "200 lesions of the reading room"


def test_cross_validation_takes_the_optimism_out_of_a_refit_where_nothing_is_to_be_learnt():
    lesions = judged(FIRST, made_up(150, rng_seed=8))
    found = updated(lesions, "refit")
    apparent = [found.bundle.predict(said.case.inputs).probability for said in lesions.true]
    held_out = next(one for one in found.comparison["after"]["figures"] if one["name"] == "brier")["estimate"]
    y = [bool(said.event) for said in lesions.true]
    assert sum((p - event) ** 2 for p, event in zip(apparent, y, strict=True)) / len(y) < held_out
    assert found.comparison["gain"]["low"] < 0.005


def test_the_same_lesions_give_the_same_update_and_a_patients_lesions_are_not_parted():
    twins = [replace(case, patient=f"p{number // 2}") for number, case in enumerate(made_up(100))]
    one, two = (updated(judged(FIRST, twins), "slope") for _ in range(2))
    assert one.bundle.sha256 == two.bundle.sha256
    assert one.comparison == two.comparison


@pytest.mark.parametrize(
    ("n", "method", "said"), [(30, "intercept", "too few"), (200, "all", "allowed: intercept, slope, refit")]
)
def test_what_cannot_be_updated_is_refused_with_the_reason(n, method, said):
    with pytest.raises(InputError, match=said):
        updated(judged(FIRST, made_up(n)), method)


def test_an_update_signed_off_answers_new_lesions_and_old_answers_stay_to_the_digit(visit, room):
    reader, administrator = visit("reader.one"), visit("the.administrator")
    reader.save("BR-1")
    number = proposed(room)
    assert "waits for an administrator" in reader.get("/monitoring/updates").text
    page = administrator.get(f"/monitoring/updates/{number}").text
    for said in ("Is it better here?", '<p class="verdict">Yes</p>', FIRST.sha256, made().bundle.sha256):
        assert said in page
    assert decided(administrator).headers["location"] == f"/monitoring/updates/{number}"
    assert "signed off by the.administrator" in reader.get("/monitoring/updates/1").text

    with room.database.reading() as session:
        answering = room.models.in_use(session)
        again = recompute(room, session)
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number))]
    assert (again.same, again.other) == (1, ())
    assert [bundle.sha256 for bundle in answering.bundles] == [made().bundle.sha256, CHAIN.second.sha256]
    assert [action for action in actions if "update" in action or "put" in action] == [
        "model put in use", "update proposed", "update signed off", "model put in use",
    ]  # fmt: skip
    seen = shares_of(ask(answering.model, LESION, (None, None)).as_dict())
    assert reader.save("BR-2", LESION, model=2, seen=f"{seen}").headers["location"] == "/lesions/2"
    with room.database.reading() as session:
        assert (recompute(room, session).same, recompute(room, session).total) == (2, 2)
    assert "another one is in use now" in reader.get("/lesions/1").text


def test_nothing_comes_into_use_without_the_password_twice_or_over_another_model(visit, room):
    proposed(room)
    proposed(room, "slope")
    administrator = visit("the.administrator")
    assert decided(administrator, password="a yellow bicycle in fog").status_code == 422
    assert decided(administrator, decision="both").status_code == 422
    assert decided(administrator, decision="decline").status_code == 303
    assert decided(administrator).status_code == 409
    assert decided(administrator, 2).status_code == 303
    proposed_before = proposed_over(room)
    assert proposed_before == "another one has come into use since"
    with room.database.reading() as session:
        assert room.models.in_use(session).id == 2
        refused = select(AuditEntry).where(AuditEntry.action == "sign-off refused")
        assert len(list(session.scalars(refused))) == 1


def proposed_over(room):
    """What is said where the model in use changed while an update of it was computed."""
    with pytest.raises(InputError) as caught:
        proposed(room)
    return caught.value.faults[0].problem


@ON_SQLITE
def test_passwords_are_not_tried_out_at_the_sign_off(visit, room, clock):
    proposed(room)
    administrator = visit("the.administrator")
    for _ in range(room.settings.failures_until_locked):
        assert "does not fit" in decided(administrator, password="a yellow bicycle in fog").text
    assert "is locked for some minutes" in decided(administrator).text
    clock.turn(minutes=room.settings.locked_minutes)
    assert decided(administrator).status_code == 303


@ON_SQLITE
def test_nobody_signs_off_their_own_proposal(visit, room):
    proposed(room, name="the.administrator")
    assert "is your own" in decided(visit("the.administrator")).text
    with room.database.reading() as session:
        assert room.models.in_use(session).id == 1
