"""Signing in: sessions that cannot be planted, guessed, outlived or read from the database."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from visits import ON_SQLITE, PASSWORD

from her2mri.errors import InputError
from her2mri.web.database.tables import Account, AuditEntry, SignIn
from her2mri.web.people.passwords import Passwords, check_password, generated_password

SESSION = "her2mri_session"
FRESH = "seven quiet herons by a weir"


def is_in(visit):
    return visit.get("/lesions").status_code == 200


@ON_SQLITE
def test_name_and_password_open_a_session_whose_cookie_no_script_and_no_other_site_gets(visit):
    reader = visit()
    response = reader.sign_in("Reader.One ")  # as people type names
    cookie = next(line for line in response.headers.get_list("set-cookie") if line.startswith(SESSION))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "expires" not in cookie.lower()
    assert is_in(reader)


@ON_SQLITE
def test_behind_tls_cookies_are_secure_and_bound_to_the_host_and_browsers_stay_with_tls(visit):
    reader = visit(behind_tls=True)
    response = reader.get("/sign-in")
    assert response.headers["strict-transport-security"] == "max-age=31536000"
    (cookie,) = response.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "strict-transport-security" not in visit().get("/sign-in").headers


@pytest.mark.parametrize("name", ["reader.one", "nobody.here", "", "x" * 5000, "reader'--", "a\x00b", "名"])
def test_a_wrong_password_and_an_unknown_name_are_answered_alike(visit, name):
    response = visit().sign_in(name, "wrong")
    assert response.status_code == 403
    assert "Name and password do not fit" in response.text
    assert SESSION not in str(response.headers)


def test_an_account_is_locked_after_five_failures_and_opens_again_later(visit, clock):
    reader = visit()
    for _ in range(5):
        reader.sign_in("reader.one", "wrong")
    assert reader.sign_in("reader.one").status_code == 403
    assert visit().sign_in("reader.two").status_code == 303
    clock.turn(minutes=15)
    assert reader.sign_in("reader.one").status_code == 303


@ON_SQLITE
def test_a_success_forgets_the_failures_before_it(visit):
    for _ in range(2):
        for _ in range(4):
            visit().sign_in("reader.one", "wrong")
        assert visit().sign_in("reader.one").status_code == 303


def test_an_address_with_many_failures_must_wait_and_others_need_not(visit, clock):
    guesser = visit(failures_per_address=6)
    codes = [guesser.sign_in(f"guess{i}", "wrong").status_code for i in range(7)]
    assert codes == [403] * 6 + [429]
    assert guesser.sign_in("reader.one").status_code == 429
    elsewhere = visit(address="198.51.100.4")
    assert elsewhere.sign_in("reader.one").status_code == 303
    clock.turn(minutes=6)
    assert guesser.sign_in("reader.one").status_code == 303


@ON_SQLITE
def test_a_session_planted_before_signing_in_is_not_taken_over(visit):
    planted = "a" * 43
    victim, attacker = visit(), visit()
    victim.client.cookies.set(SESSION, planted, domain="127.0.0.1", path="/")
    attacker.client.cookies.set(SESSION, planted, domain="127.0.0.1", path="/")
    fresh = re.search(f"{SESSION}=([^;]+)", str(victim.sign_in("reader.one").headers))[1]
    assert fresh != planted
    assert not is_in(attacker)


@ON_SQLITE
def test_each_sign_in_has_a_token_of_its_own(visit):
    readers = [visit() for _ in range(3)]
    for reader in readers:
        reader.sign_in("reader.one")
    tokens = {reader.client.cookies[SESSION] for reader in readers}
    assert len(tokens) == 3


@ON_SQLITE
def test_the_database_holds_neither_token_nor_password(visit, room):
    reader = visit()
    reader.sign_in("reader.one")
    token = reader.client.cookies[SESSION]
    with room.database.reading() as session:
        kept = [row.token_sha256 for row in session.scalars(select(SignIn))]
        passwords = set(session.scalars(select(Account.password)))
    assert token not in kept
    assert all(password.startswith("$argon2id$") for password in passwords)


@ON_SQLITE
def test_a_session_ends_when_nothing_is_done_for_half_an_hour(visit, clock):
    reader = visit("reader.one")
    clock.turn(minutes=29)
    assert is_in(reader)
    clock.turn(minutes=29)
    assert is_in(reader)
    clock.turn(minutes=31)
    assert reader.get("/lesions").headers["location"] == "/sign-in"


@ON_SQLITE
def test_who_sends_something_after_the_session_has_ended_is_told_that_it_was_not_stored(visit, clock):
    reader = visit("reader.one")
    clock.turn(minutes=31)
    for path, said in (("/lesions", True), ("/sign-out", False)):
        page = reader.get(reader.post(path).headers["location"])
        assert page.status_code == 200
        assert ("what you sent was not stored" in page.text) is said
    assert "not stored" not in reader.get("/sign-in").text


@ON_SQLITE
def test_a_page_that_is_refused_leaves_the_way_to_the_others(visit):
    page = visit("reader.one").get("/people")
    assert page.status_code == 403
    assert 'href="/lesions"' in page.text
    assert "Sign out" in page.text


@ON_SQLITE
def test_a_session_ends_after_twelve_hours_whatever_is_done(visit, clock):
    reader = visit("reader.one")
    for _ in range(25):
        assert is_in(reader)
        clock.turn(minutes=28.8)
    clock.turn(minutes=1)
    assert not is_in(reader)


@ON_SQLITE
def test_signing_out_ends_the_session_on_the_server_too(visit):
    reader = visit("reader.one")
    token = reader.client.cookies[SESSION]
    reader.post("/sign-out")
    assert SESSION not in reader.client.cookies
    reader.client.cookies.set(SESSION, token, domain="127.0.0.1", path="/")
    assert not is_in(reader)


def test_another_password_ends_all_other_sessions_and_renews_this_one(visit):
    here, elsewhere = visit("reader.one"), visit("reader.one")
    before = here.client.cookies[SESSION]
    sent = {"present": PASSWORD, "fresh": FRESH, "again": FRESH}
    assert here.post("/password", sent).status_code == 303
    assert here.client.cookies[SESSION] != before
    assert is_in(here)
    assert not is_in(elsewhere)
    assert visit().sign_in("reader.one").status_code == 403
    assert visit().sign_in("reader.one", FRESH).status_code == 303


@ON_SQLITE
@pytest.mark.parametrize(
    ("present", "fresh", "again", "said"),
    [
        ("wrong", FRESH, FRESH, "does not fit"),
        (PASSWORD, FRESH, FRESH + "s", "was not repeated"),
        (PASSWORD, PASSWORD, PASSWORD, "is the present one"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "reader.one 2026", "reader.one 2026", "holds the name"),
    ],
)
def test_a_password_that_cannot_be_is_refused_with_the_reason(visit, present, fresh, again, said):
    response = visit("reader.one").post("/password", {"present": present, "fresh": fresh, "again": again})
    assert response.status_code == 422
    assert said in response.text
    assert f'value="{fresh}"' not in response.text


@ON_SQLITE
def test_a_password_that_was_set_for_someone_opens_only_the_page_to_change_it(visit):
    reader = visit("new.reader")
    assert reader.get("/lesions").headers["location"] == "/password"
    assert reader.save().headers["location"] == "/password"
    reader.get("/password")
    reader.post("/password", {"present": PASSWORD, "fresh": FRESH, "again": FRESH})
    assert is_in(reader)


def test_every_attempt_is_in_the_audit_log_without_what_was_typed(visit, room):
    visit().sign_in("secret typed as name", "wrong")
    visit().sign_in("reader.one", "wrong")
    visit().sign_in("reader.one")
    with room.database.reading() as session:
        rows = [(row.who, row.action) for row in session.scalars(select(AuditEntry))][-3:]
        text = " ".join(row.detail + row.subject for row in session.scalars(select(AuditEntry)))
    assert rows == [
        ("(nobody)", "sign-in refused"),
        ("reader.one", "sign-in refused"),
        ("reader.one", "signed in"),
    ]
    assert "secret" not in text


@ON_SQLITE
def test_a_hash_of_another_cost_is_renewed_at_the_next_sign_in(visit, room):
    reader = visit()
    with room.database.writing() as session:
        account = session.scalar(select(Account).where(Account.name == "reader.one"))
        account.password = old = Passwords(128).hashed(PASSWORD)
    assert reader.sign_in("reader.one").status_code == 303
    with room.database.reading() as session:
        account = session.scalar(select(Account).where(Account.name == "reader.one"))
        assert account.password != old


def test_the_cost_of_a_password_by_default_is_that_of_the_rfc():
    hashed = Passwords(65536).hashed("x" * 12)
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_generated_password_is_one_that_may_be_chosen():
    made = {generated_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, "reader.one")


@pytest.mark.parametrize("password", ["a" * 20, "x" * 300])
def test_a_password_of_one_letter_or_without_end_is_refused(password):
    with pytest.raises(InputError):
        check_password(password, "reader.one")
