"""What somebody hostile sends: nothing is run, nothing is leaked, nothing else is read."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from visits import ON_SQLITE

from her2mri.web.database.connection import BusyError
from her2mri.web.lesions.recompute import Recomputed
from her2mri.web.middleware import LARGEST_BODY, POLICY
from her2mri.web.pages import audit_pages, lesion_pages

pytestmark = ON_SQLITE

PAGES = ("/sign-in", "/lesions", "/lesions/new", "/password", "/health", "/static/room.css", "/nowhere")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_no_page_needs(visit, path):
    headers = visit("reader.one").get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "server" not in headers


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("x"), 500), (BusyError("x"), 503)])
def test_what_fails_forbids_it_too_and_says_what_to_do(visit, monkeypatch, error, status):
    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(lesion_pages, "keep_new", fail)
    response = visit("reader.one").save()
    assert response.status_code == status
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["cache-control"] == "no-store"
    assert response.headers.get("retry-after") == ("10" if status == 503 else None)
    assert "try again in a minute" in response.text or "Tell whoever runs this server" in response.text


def refusals(visit):
    """One answer of each kind that refuses."""
    reader = visit("reader.one")
    yield 400, visit().get("/sign-in", headers={"Host": "elsewhere.example"})
    yield 403, reader.get("/people")
    yield 403, reader.post("/sign-out", headers={"Origin": "https://elsewhere.example"})
    yield 404, reader.get("/lesions/99")
    yield 405, reader.client.delete("/lesions")
    yield 413, reader.save(other="x" * LARGEST_BODY)
    yield 422, reader.save("Wang Fang")
    someone = visit(failures_per_address=0)
    yield 429, someone.sign_in("reader.one")


def test_every_refusal_forbids_what_no_page_needs(visit):
    for status, response in refusals(visit):
        assert response.status_code == status
        assert response.headers["content-security-policy"] == POLICY
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["cache-control"] == "no-store"


def test_all_of_the_room_is_gone_through_for_one_person_at_a_time(visit, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_):
        begun.set()
        assert go_on.wait(20)
        return Recomputed(0, 0, ())

    monkeypatch.setattr(audit_pages, "recompute", slow)
    first, second = visit("the.administrator"), visit("the.administrator")
    with ThreadPoolExecutor(1) as others:
        answer = others.submit(first.post, "/audit/recompute")
        assert begun.wait(20)
        for response in (second.post("/audit/check"), visit("reader.one").get("/lesions.csv")):
            assert response.status_code == 429
            assert "Try again in a minute" in response.text
        go_on.set()
        assert answer.result().status_code == 200
    assert second.post("/audit/check").status_code == 200


def test_no_page_has_a_script_or_a_style_in_itself(visit):
    reader = visit("reader.one")
    place = reader.save().headers["location"]
    for path in (*PAGES[:4], place, f"{place}/correct"):
        text = reader.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text
        for opening in text.split("<script")[1:]:
            assert opening.startswith((' src="/static/', ' type="application/json"'))


INJECTED = [
    "' OR 1=1 --",
    "'; DROP TABLE lesions; --",
    '"><script>alert(1)</script>',
    "{{ 7*7 }}",
    "\x00",
    "\u202e",
    "%27%20OR%201=1",
]


@pytest.mark.parametrize("text", INJECTED)
def test_what_is_injected_into_a_search_finds_nothing_and_runs_nothing(visit, text):
    reader = visit("reader.one")
    reader.save()
    response = reader.get("/lesions", params={"q": text})
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert ">49<" not in response.text
    assert ("BR-0417" in response.text) == (not text.strip("\x00\u202e"))
    assert reader.get("/lesions.csv", params={"q": text}).status_code == 200
    assert "BR-0417" in reader.get("/lesions").text


@pytest.mark.parametrize("text", INJECTED)
def test_what_is_injected_into_a_form_is_shown_as_text_or_not_at_all(visit, text):
    reader = visit("reader.one")
    for response in (
        reader.save(text),
        reader.save(lesion=json.dumps({"shape": text})),
        reader.save(revision=text, model=text),
        visit("the.administrator").post("/people", {"name": text, "role": text}),
    ):
        assert response.status_code in {409, 422}
        assert "<script>alert" not in response.text


@pytest.mark.parametrize(
    "name",
    ["../settings.py", "..%2f..%2fsettings.py", "%2e%2e/room.py", "....//room.css", "/etc/passwd", "room.css%00",
     "lesion.js/.."],
)  # fmt: skip
def test_no_path_leads_to_a_file_that_is_not_a_script_or_a_style(visit, name):
    response = visit("reader.one").client.get(f"/static/{name}")
    assert response.status_code == 404
    assert "import" not in response.text


@pytest.mark.parametrize("number", ["0", "-1", "99", "2147483648", "9" * 30, "1.5", "x", "1%27", "%00"])
def test_a_lesion_that_cannot_be_is_not_there(visit, number):
    assert visit("reader.one").get(f"/lesions/{number}").status_code in {404, 422}


@pytest.mark.parametrize("page", ["99999999999999999999", "x", "-1", ""])
def test_a_page_that_cannot_be_is_no_error_of_the_server(visit, page):
    assert visit("reader.one").get("/lesions", params={"page": page}).status_code in {200, 422}
    assert visit("the.administrator").get("/audit", params={"page": page}).status_code in {200, 422}


def test_more_than_a_form_can_hold_is_not_read(visit):
    reader = visit("reader.one")
    assert reader.save(other="x" * LARGEST_BODY).status_code == 413

    def endless():
        for _ in range(1000):
            yield b"x" * 1024

    assert reader.client.post("/lesions", content=endless()).status_code == 413
    for length in ("-1", "9" * 5000):
        lying = reader.client.post("/lesions", content=b"x", headers={"Content-Length": length})
        assert lying.status_code == 413


@pytest.mark.parametrize("charset", ["charset=unicode_escape", "Charset*0=unicode_; charset*1=escape"])
def test_a_form_in_letters_that_no_database_can_keep_is_refused(visit, charset):
    reader = visit("reader.one")
    parts = {"form_token": reader.token, "pseudonym": "\\ud800"}
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in parts.items()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary=x; {charset}"}
    assert reader.client.post("/lesions", content=f"{body}--x--\r\n", headers=headers).status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_sent_by_another_site_is_refused_even_with_the_right_token(visit, headers):
    reader = visit("reader.one")
    assert reader.post("/sign-out", headers=headers).status_code == 403
    assert reader.post("/sign-out", headers={"Origin": "http://127.0.0.1"}).status_code == 303


def test_another_name_pointed_at_this_server_is_not_answered(visit):
    response = visit().get("/sign-in", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400


@pytest.mark.parametrize("change", ["close", "reader", "password"])
def test_an_administrator_cannot_lock_everybody_out(visit, change):
    administrator = visit("the.administrator")
    response = administrator.post("/people/4", {"change": change})
    assert response.status_code == 422
    assert "is your own account" in response.text
    assert administrator.get("/people").status_code == 200


def test_who_is_closed_demoted_or_given_a_password_is_signed_out(visit):
    administrator = visit("the.administrator")
    for change in ("close", "researcher", "password"):
        administrator.post("/people/1", {"change": "reopen"})
        administrator.post("/people/1", {"change": "reader"})
        reader = visit("reader.one")
        assert administrator.post("/people/1", {"change": change}).status_code == 200
        assert reader.get("/password").headers["location"] == "/sign-in"
        if change == "close":
            assert visit().sign_in("reader.one").status_code == 403


def test_an_account_is_opened_with_a_password_shown_once(visit):
    administrator = visit("the.administrator")
    text = administrator.post("/people", {"name": "New.One", "role": "reader"}).text
    password = text.split("<code>")[1].split("</code>")[0]
    assert password not in administrator.get("/people").text
    someone = visit()
    assert someone.sign_in("new.one", password).status_code == 303
    assert someone.get("/lesions").headers["location"] == "/password"


@pytest.mark.parametrize(
    ("name", "role"), [("reader.one", "reader"), ("", "reader"), ("x y", "reader"), ("new.one", "king")]
)
def test_an_account_that_cannot_be_is_refused(visit, name, role):
    response = visit("the.administrator").post("/people", {"name": name, "role": role})
    assert response.status_code == 422
    assert "<code>" not in response.text
