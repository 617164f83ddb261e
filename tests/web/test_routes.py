"""Every route for every role in one table: a route without a row fails, and so does a row without a route."""

from __future__ import annotations

import re

import pytest
from observed import observed
from programs import program_at, token_of
from studies import opened
from uploaded import as_csv, send, table
from visits import LESION, ON_SQLITE, given

from her2mri.dictionary.codes import load_codes
from her2mri.interchange.cds_hooks import service_id
from her2mri.web.application import pages
from her2mri.web.people.roles import Role
from her2mri.web.people.tokens import Scope, scopes_for

ROLES = ("", "new.reader", "reader.one", "the.researcher", "the.administrator")
IN, OUT, OWN = "/sign-in", 403, "/password"
BEGUN = "/measure/NUMBER"
OTHER = 404  # a lesion of another reader: as if it did not exist

# route: with a token of a reader, a researcher, an administrator, that has every scope they can give;
# then the scopes of which one is needed.
FOR_PROGRAMS = {
    ("GET", "/api/models"): (200, 200, OUT, {Scope.PREDICT}),
    ("POST", "/api/predict"): (200, 200, OUT, {Scope.PREDICT}),
    ("GET", "/api/lesions"): (200, 200, OUT, {Scope.READ}),
    ("GET", "/api/lesions/{number}"): (OTHER, 200, OUT, {Scope.READ}),
    ("POST", "/fhir/RiskAssessment/$predict"): (200, 200, OUT, {Scope.PREDICT}),
    ("POST", "/cds-services/{service}"): (200, 200, OUT, {Scope.PREDICT}),
    ("GET", "/metrics"): (OUT, OUT, 200, {Scope.METRICS}),
}

# route: nobody, with a password not their own, reader, researcher, administrator.
# A number is the status, a text where the browser is sent.
TABLE = {
    ("GET", "/"): (IN, "/lesions", "/lesions", "/lesions", "/people"),
    ("GET", "/sign-in"): (200, "/", "/", "/", "/"),
    ("POST", "/sign-in"): (403, 403, 403, 403, 403),  # no such name in the form
    ("POST", "/sign-out"): (IN, IN, IN, IN, IN),
    ("GET", "/password"): (IN, 200, 200, 200, 200),
    ("POST", "/password"): (IN, 422, 422, 422, 422),
    ("GET", "/lesions"): (IN, OWN, 200, 200, OUT),
    ("GET", "/lesions.csv"): (IN, OWN, 200, 200, OUT),
    ("GET", "/lesions/new"): (IN, OWN, 200, OUT, OUT),
    ("POST", "/lesions"): (IN, OWN, "/lesions/2", OUT, OUT),
    ("GET", "/lesions/{number}"): (IN, OWN, OTHER, 200, OUT),
    ("GET", "/lesions/{number}/correct"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/lesions/{number}"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/lesions/{number}/truth"): (IN, OWN, OTHER, 200, OUT),
    ("POST", "/lesions/{number}/pathology"): (IN, OWN, OTHER, "/lesions/1/truth", OUT),
    ("POST", "/lesions/{number}/examination"): (IN, OWN, OTHER, "/lesions/1/truth", OUT),
    ("GET", "/truth"): (IN, OWN, 200, 200, OUT),
    ("POST", "/truth"): (IN, OWN, 422, 422, OUT),  # no file
    ("GET", "/monitoring"): (IN, OWN, 200, 200, 200),
    ("GET", "/monitoring/updates"): (IN, OWN, 200, 200, 200),
    ("POST", "/monitoring/updates"): (IN, OWN, OUT, 422, OUT),  # too few lesions
    ("GET", "/monitoring/updates/{number}"): (IN, OWN, 404, 404, 404),  # there is none
    ("POST", "/monitoring/updates/{number}"): (IN, OWN, OUT, OUT, 404),
    ("GET", "/scanners"): (IN, OWN, OUT, OUT, 200),
    ("POST", "/scanners"): (IN, OWN, OUT, OUT, 200),
    ("GET", "/studies"): (IN, OWN, OUT, 200, 200),
    ("GET", "/studies/new"): (IN, OWN, OUT, 200, 200),
    ("POST", "/studies"): (IN, OWN, OUT, 422, 422),  # an empty form
    ("GET", "/studies/{number}"): (IN, OWN, OUT, 200, 200),
    ("GET", "/studies/{number}/change"): (IN, OWN, OUT, "/studies/1", "/studies/1"),
    ("POST", "/studies/{number}"): (IN, OWN, OUT, 409, 409),  # the study is open
    ("POST", "/studies/{number}/open"): (IN, OWN, OUT, 409, 409),
    ("POST", "/studies/{number}/close"): (IN, OWN, OUT, 409, 409),  # without how many reads are missing
    ("GET", "/studies/{number}/setup.json"): (IN, OWN, OUT, 200, 200),
    ("GET", "/studies/{number}/analysis"): (IN, OWN, OUT, 404, 404),  # not before it is closed
    ("GET", "/studies/{number}/reads.csv"): (IN, OWN, OUT, 404, 404),
    ("GET", "/studies/{number}/truth.csv"): (IN, OWN, OUT, 404, 404),
    ("POST", "/study-images/{number}"): (IN, OWN, OUT, 409, 409),
    ("POST", "/study-images/{number}/remove"): (IN, OWN, OUT, 409, 409),
    ("GET", "/study-images/{number}/{image}"): (IN, OWN, OUT, 404, 404),
    ("GET", "/reading"): (IN, OWN, 200, OUT, OUT),
    ("GET", "/reading/{number}"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/reading/{number}/case"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/reading/{number}/case"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/reading/{number}/case/{part}/{place}/{image}"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/uploads"): (IN, OWN, 200, OUT, OUT),
    ("GET", "/uploads/template.xlsx"): (IN, OWN, 200, OUT, OUT),
    ("POST", "/uploads"): (IN, OWN, 422, OUT, OUT),
    ("GET", "/uploads/{number}"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/uploads/{number}"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/uploads/{number}/score"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/uploads/{number}/remove"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/uploads/{number}/lesions.csv"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/measure"): (IN, OWN, BEGUN, OUT, OUT),
    ("GET", "/measure/{number}"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/measure/{number}/state"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/measure/{number}/files/{name}"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/measure/images/{number}"): (IN, 403, 403, OUT, OUT),  # without the token in a header
    ("POST", "/measure/region/{number}"): (IN, 403, 403, OUT, OUT),
    ("POST", "/measure/{number}/use"): (IN, OWN, OTHER, OUT, OUT),
    ("POST", "/measure/{number}/discard"): (IN, OWN, OTHER, OUT, OUT),
    ("GET", "/people"): (IN, OWN, OUT, OUT, 200),
    ("POST", "/people"): (IN, OWN, OUT, OUT, 200),
    ("POST", "/people/{number}"): (IN, OWN, OUT, OUT, 200),
    ("GET", "/audit"): (IN, OWN, OUT, OUT, 200),
    ("POST", "/audit/check"): (IN, OWN, OUT, OUT, 200),
    ("POST", "/audit/recompute"): (IN, OWN, OUT, OUT, 200),
    ("GET", "/tokens"): (IN, OWN, 200, 200, 200),
    ("POST", "/tokens"): (IN, OWN, 422, 422, 422),  # an empty form
    ("POST", "/tokens/{number}"): (IN, OWN, OTHER, OTHER, 200),
    ("GET", "/api"): (200, 200, 200, 200, 200),
    ("GET", "/api/openapi.json"): (200, 200, 200, 200, 200),
    ("GET", "/fhir/metadata"): (200, 200, 200, 200, 200),
    ("GET", "/fhir/OperationDefinition/predict"): (200, 200, 200, 200, 200),
    ("GET", "/fhir/CodeSystem/{name}"): (404, 404, 404, 404, 404),  # no system of this name
    ("GET", "/cds-services"): (200, 200, 200, 200, 200),
    **dict.fromkeys(FOR_PROGRAMS, (401, 401, 401, 401, 401)),  # a session opens none of these
    ("GET", "/health"): (200, 200, 200, 200, 200),
    ("GET", "/static/{name}"): (200, 200, 200, 200, 200),
}
FORMS = {
    "/lesions": {"pseudonym": "BR-2", **given(LESION)},
    "/lesions/{number}": {"revision": 1, **given(LESION)},
    "/lesions/{number}/pathology": {"revision": 0, "her2_ihc": "3+"},
    "/lesions/{number}/examination": {"revision": 0, "month": "2026-02"},
    "/monitoring/updates": {"task": "her2_positive", "method": "intercept"},
    "/scanners": {"code": "MR1-3T"},
    "/people": {"name": "someone.new", "role": "reader"},
    "/people/{number}": {"change": "reopen"},
}
BODIES = {
    "/api/predict": {"lesions": {"findings": LESION}},
    "/fhir/RiskAssessment/$predict": observed(),
    "/cds-services/{service}": {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": "p-17"},
        "prefetch": {"findings": observed()},
    },
}


@pytest.fixture
def routes():
    found, unread = [], list(pages().routes)
    while unread:
        route = unread.pop()
        if hasattr(route, "original_router"):  # the routes of one subject
            unread += route.original_router.routes
        else:
            found.append(route)
    return found


def test_every_route_has_a_row_and_every_row_a_route(routes):
    assert {(method, route.path) for route in routes for method in route.methods} == set(TABLE)


def address_of(path):
    return path.format(number=1, name="room.css", image=1, part=1, place=1, service=service_id(load_codes()))


def asked(program, method, path):
    address = address_of(path)
    return program.get(address) if method == "GET" else program.post(address, BODIES[path])


@pytest.mark.parametrize("role", Role)
def test_each_token_opens_what_its_persons_role_and_its_scopes_open(visit, room, role):
    visit("reader.two").save("BR-1")
    name = {Role.READER: "reader.one"}.get(role, f"the.{role}")
    possible = scopes_for(role)
    whole = program_at(room, token_of(room, name, *possible))
    one_less = {scope: tuple(other for other in possible if other != scope) for scope in possible}
    for (method, path), row in FOR_PROGRAMS.items():
        expected = row[list(Role).index(role)]
        assert asked(whole, method, path).status_code == expected, path
        (needed,) = row[-1]
        if others := one_less.get(needed):
            less = program_at(room, token_of(room, name, *others))
            assert asked(less, method, path).status_code == 403, path


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("role", range(len(ROLES)), ids=[name or "nobody" for name in ROLES])
def test_each_role_gets_what_the_table_says(visit, room, role):
    other = visit("reader.two")
    other.save("BR-1")
    assert send(other, as_csv(table({}))).status_code == 303
    opened(visit("the.researcher"), reader=["reader.two"])
    token_of(room, "reader.two", Scope.READ)
    found = {}
    for method, path in TABLE:
        someone = visit(ROLES[role])
        address = address_of(path)
        response = someone.get(address) if method == "GET" else someone.post(address, FORMS.get(path, {}))
        place = response.headers.get("location", response.status_code)
        found[method, path] = re.sub("[0-9a-f]{32}", "NUMBER", place) if isinstance(place, str) else place
    assert found == {key: row[role] for key, row in TABLE.items()}


@ON_SQLITE
@pytest.mark.parametrize("token", ["", "x", "é", "of another session"])
def test_no_form_is_taken_without_the_token_of_its_own_session(visit, token):
    if token.startswith("of"):
        token = visit("reader.one").token
    posts = {path for method, path in TABLE if method == "POST" and (method, path) not in FOR_PROGRAMS}
    someone = {name: visit(name) for name in ROLES[2:]}
    for path in posts:
        for each in someone.values():
            response = each.client.post(
                path.format(number=1, image=1), data={"form_token": token, **FORMS.get(path, {})}
            )
            assert response.status_code == 403, path
    assert someone["reader.one"].get("/lesions").text.count("/lesions/1") == 0
