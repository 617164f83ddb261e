"""The room as a radiologist uses it: signed in, a lesion typed with the keyboard, read, saved, found again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from browsing import SHOTS, check, sign_in
from playwright.sync_api import expect
from visits import CHAIN, LESION, ON_SQLITE, shares

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, ON_SQLITE]


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
    expect(page.locator("#pseudonym")).to_be_focused()
    page.keyboard.type("BR-0417")
    type_lesion(page, LESION)
    expected = [f"{100 * share:.1f} %" for share in shares(LESION)]
    expect(page.locator("svg.nomogram")).to_have_count(2)
    assert [text for text in percents(page.inner_text("#headline .classes")) if text in expected] == expected
    expect(page.locator(".contributions")).to_have_count(2)
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


@pytest.mark.thorough
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
