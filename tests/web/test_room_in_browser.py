"""The room as a radiologist uses it: signed in, a lesion typed with the keyboard, read, saved, found again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from server import served
from visits import CHAIN, LESION, ON_SQLITE, PASSWORD, shares

from her2mri.web.room import Room
from her2mri.web.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, ON_SQLITE]
VIOLATIONS = "async () => (await axe.run()).violations.map((v) => [v.id, v.nodes.map((n) => n.html)])"
SHOTS = os.environ.get("HER2MRI_SCREENSHOTS")
"""A folder: every page is then kept as a picture, to be looked at."""


@pytest.fixture
def site(room: Room) -> Iterator[str]:
    with served(Settings(room.settings.database, password_cost=64)) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Opens a browser at the room; at the end no page may have complained, but of what was refused on purpose."""
    said: list[str] = []
    with ExitStack() as contexts:

        def opened(*, width: int = 1440, scheme: str = "light") -> Page:
            context = browser.new_context(
                base_url=site,
                locale="en-GB",
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            contexts.callback(context.close)
            page = context.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.goto("/")
            return page

        yield opened
    assert [text for text in said if not re.search("status of (404|422)", text)] == []


@pytest.fixture(scope="module")
def axe() -> str:
    return resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "sign-in" not in address)


def type_lesion(page: Page, lesion: dict[str, str | float]) -> None:
    """From the pseudonym on, with the keyboard alone: a digit picks a level, Enter leaves a number."""
    variables = {**CHAIN.first.variables, **CHAIN.second.variables}
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#form') !== null"):
            break
    for name, value in lesion.items():
        if variables[name].is_categorical:
            page.keyboard.press(str(variables[name].values.index(str(value)) + 1))
        else:
            page.keyboard.type(str(value))
            page.keyboard.press("Enter")


def check(page: Page, axe: str, name: str) -> None:
    """Nothing that a screen reader or a narrow screen stumbles over."""
    page.evaluate(axe)
    assert page.evaluate(VIOLATIONS) == [], name
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    if SHOTS:
        scheme = page.evaluate("document.documentElement.dataset.theme")
        page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=True)


def headline(page: Page) -> str:
    """The answer, which the page computes after it has come: it is waited for, never read too early."""
    found = page.locator("#headline")
    expect(found).to_contain_text("%")
    return found.inner_text()


def percents(text: str) -> list[str]:
    return re.findall(r"[\d.]+ %", text)


def test_a_lesion_typed_with_the_keyboard_is_read_saved_and_found_again(open_page):
    page = open_page()
    sign_in(page, "reader.one")
    page.get_by_role("link", name="New lesion", exact=True).first.press("Enter")
    page.wait_for_url("**/lesions/new")
    page.keyboard.type("BR-0417")
    type_lesion(page, LESION)
    expected = [f"{100 * share:.1f} %" for share in shares(LESION)]
    expect(page.locator("svg.nomogram")).to_have_count(2)
    assert [text for text in percents(page.inner_text("#headline .classes")) if text in expected] == expected
    assert page.locator(".contributions").count() == 2
    page.focus("#pseudonym")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lesions/1")
    expect(page.locator("#differs")).to_be_hidden()
    assert percents(page.inner_text(".history .class-list")) == expected
    assert set(expected) <= set(percents(headline(page)))
    expect(page.locator("svg.nomogram")).to_have_count(2)
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url("**/sign-in")
    page.goto("/lesions/1")
    page.wait_for_url("**/sign-in")

    sign_in(page, "reader.one")
    page.get_by_label("Pseudonym").fill("0417")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lesions?q=0417")
    page.get_by_role("link", name="BR-0417").press("Enter")
    page.wait_for_url("**/lesions/1")
    assert percents(page.inner_text(".history .class-list")) == expected
    page.get_by_role("link", name="Correct").press("Enter")
    page.wait_for_url("**/lesions/1/correct")
    expect(page.locator("#input-adc")).to_have_value("0.82")
    page.fill("#input-adc", "1.1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save the correction").press("Enter")
    page.wait_for_url("**/lesions/1")
    after = [f"{100 * share:.1f} %" for share in shares({**LESION, "adc": 1.1})]
    assert percents(page.locator(".history .class-list").first.inner_text()) == after
    assert percents(page.locator(".history .class-list").last.inner_text()) == expected


def test_what_cannot_be_saved_is_said_and_nothing_typed_is_lost(open_page):
    page = open_page()
    sign_in(page, "reader.one")
    page.goto("/lesions/new")
    page.fill("#pseudonym", "Wang Fang")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#save-problem")).to_have_text("Enter at least one finding first.")
    page.fill("#input-adc", "82")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#save-problem")).to_have_text("Correct the marked value first.")
    page.fill("#input-adc", "0.9")
    page.fill("#input-eer", "1.2")
    page.get_by_label("Upper right").check(force=True)
    page.locator(".mix > summary").click()
    page.fill("#input-prevalence-0", "40")
    before = headline(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".faults")).to_contain_text("cannot be a pseudonym")
    expect(page.locator("#input-adc")).to_have_value("0.9")
    expect(page.locator("#input-prevalence-0")).to_have_value("40")
    assert headline(page) == before
    page.fill("#pseudonym", "BR-7")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/lesions/1")
    expect(page.locator("#differs")).to_be_hidden()
    assert headline(page) == before


LOOKS = [(360, "dark"), (1440, "light")] + ([(360, "light"), (1440, "dark")] if SHOTS else [])


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_nobody_stumbles_over_any_page(open_page, visit, axe, width, scheme):
    reader = visit("reader.one")
    reader.save("BR-0417")
    reader.save("BR-0418", {**LESION, "pure_nme": "yes"})
    reader.save("BR-0419", {"adc": 1.3, "n_category": "N1", "quadrant": "lower_left"})
    reader.correct("/lesions/1", 1, {**LESION, "eer": 2.5})
    visit().sign_in("reader.two", "wrong")
    page = open_page(width=width, scheme=scheme)
    check(page, axe, "sign-in")
    sign_in(page, "reader.one")
    check(page, axe, "lesions")
    for path, name in (("new", "new"), ("1", "lesion"), ("2", "refused"), ("1/correct", "correct")):
        page.goto(f"/lesions/{path}")
        check(page, axe, name)
    page.goto("/nowhere")
    check(page, axe, "message")
    page.goto("/password")
    check(page, axe, "password")
    page.goto("/tokens")
    page.get_by_label("Name of the program").fill("PACS bridge")
    page.get_by_label("ask the models").check()
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("cell", name="never used")).to_be_visible()
    check(page, axe, "tokens")
    page.goto("/api")
    check(page, axe, "api")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    sign_in(page, "the.administrator")
    check(page, axe, "people")
    page.get_by_label("Name").fill("r.chen")
    page.get_by_role("button", name="Open an account").click()
    expect(page.locator("code")).to_have_count(1)
    check(page, axe, "people-opened")
    page.goto("/audit")
    page.get_by_role("button", name="Check the log").click()
    expect(page.locator(".good")).to_contain_text("Whole")
    page.get_by_role("button", name="Compute all again").click()
    expect(page.locator(".good")).to_contain_text("4 answers: 4 to the same digits")
    check(page, axe, "audit")
