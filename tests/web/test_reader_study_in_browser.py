"""A study of two readers run in a browser from the set-up to the analysis, read with the keyboard alone."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from browsing import SHOTS, check, sign_in
from PIL import Image, ImageDraw
from playwright.sync_api import expect
from studies import TRUTHS, answer, close, drafted, freeze, read_session, rows, table
from visits import ON_SQLITE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, ON_SQLITE, pytest.mark.usefixtures("read_here")]


def picture(i: int) -> bytes:
    """A grey disc on black, in the place of an MRI."""
    image = Image.new("L", (320, 240), 12)
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 30, 260, 220), fill=70)
    draw.ellipse((140 + 5 * i, 90, 175 + 8 * i, 120 + 6 * i), fill=210)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def read_by_keyboard(page: Page, arm: str) -> None:
    """A whole session: a digit for the call, the rating, Enter; after the last the room says how far one is."""
    for place in range(1, len(TRUTHS) + 1):
        expect(page.locator("#heading")).to_have_text(re.compile(rf"Case {place} of {len(TRUTHS)}\s+{arm}"))
        if arm == "aided":
            expect(page.locator("#headline")).to_contain_text("%")
            expect(page.locator("svg.nomogram")).to_have_count(2)
            expect(page.locator(".contributions")).to_have_count(2)
            expect(page.locator("#differs")).to_be_hidden()
        else:
            expect(page.locator("#headline")).to_have_count(0)
        if place == 2 and arm == "unaided":
            page.go_back()  # there is no way back: the case whose turn it is comes again
            expect(page.locator("#heading")).to_have_text(re.compile(r"Case 2 of 6"))
        page.wait_for_load_state()  # the keys are the script's
        page.keyboard.press("1" if place % 2 else "2")
        expect(page.locator("#confidence")).to_be_focused()
        page.keyboard.type(str(40 + 5 * place))
        page.keyboard.press("Enter")
    expect(page.get_by_text("6 of 6 read").first).to_be_visible()


@pytest.mark.thorough
def test_two_readers_read_a_study_from_the_set_up_to_the_analysis(open_page, visit, clock):
    page = open_page()
    sign_in(page, "the.researcher")
    page.get_by_role("link", name="Reader studies").click()
    page.wait_for_url("**/studies")
    page.get_by_role("link", name="New study").click()
    page.wait_for_url("**/studies/new")
    page.get_by_label("Title").fill("Pilot of the nomogram")
    page.get_by_label("Task").select_option("three_classes")
    page.get_by_label("Case list").set_input_files(
        {
            "name": "cases.csv",
            "mimeType": "text/csv",
            "buffer": table([{**row, "shape": "cube"} for row in rows()]),
        }
    )
    page.get_by_label("reader.one", exact=True).check()
    page.get_by_label("Experience of reader.one").fill("18")
    page.get_by_label("reader.two", exact=True).check()
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator(".faults")).to_contain_text("is not one of the levels")
    expect(page.get_by_label("reader.two", exact=True)).to_be_checked()
    page.get_by_label("Case list").set_input_files(
        {"name": "cases.csv", "mimeType": "text/csv", "buffer": table(rows())}
    )
    page.get_by_role("button", name="Keep as a draft").click()
    page.wait_for_url("**/studies/1")
    files = [
        {"name": f"C-0{i}_{part}.png", "mimeType": "image/png", "buffer": picture(i)}
        for i in range(1, 7)
        for part in ("dce", "dwi")
    ]
    page.get_by_label("PNG or JPEG").set_input_files(files)
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".facts").first).to_contain_text("12 images")
    page.get_by_role("button", name="Freeze and open").click()
    expect(page.locator(".state")).to_have_text("open")
    sign_out(page)
    for arm in ("unaided", "aided"):
        for name in ("reader.one", "reader.two"):
            sign_in(page, name)
            page.get_by_role("link", name="Reading", exact=True).click()
            page.wait_for_url("**/reading")
            page.get_by_role("link", name="Go on").click()
            page.wait_for_url("**/reading/1")
            page.get_by_role("link", name=f"Begin case 1 of 6, {arm}").press("Enter")
            read_by_keyboard(page, arm)
            if arm == "unaided":
                expect(page.get_by_text("The session with it opens")).to_be_visible()
            sign_out(page)
        clock.turn(days=28)
    sign_in(page, "the.researcher")
    page.goto("/studies/1")
    page.get_by_role("button", name="Close the study").click()
    expect(page.locator(".state")).to_have_text("closed")
    page.get_by_role("link", name="Analysis").click()
    expect(
        page.get_by_role("heading", name="HER2-positive vs HER2-negative: 6 cases, 2 HER2-positive")
    ).to_be_visible()
    expect(page.get_by_role("region", name="All readers together")).to_have_count(2)
    assert visit("the.researcher").get("/studies/1/reads.csv").text.count("\n") == 25


LOOKS = [(360, "dark"), (1440, "light")] + ([(360, "light"), (1440, "dark")] if SHOTS else [])


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_nobody_stumbles_over_any_page_of_a_study(open_page, visit, clock, axe, width, scheme):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    files = [("images", (f"C-0{i}_{k}.png", picture(i))) for i in range(1, 7) for k in (1, 2)]
    assert researcher.post("/study-images/1", files=files).status_code == 303
    page = open_page(width=width, scheme=scheme)
    sign_in(page, "the.researcher")
    page.goto("/studies/new")
    check(page, axe, "study-new")
    page.get_by_label("Washout").fill("0")
    page.get_by_label("Title").fill("Second")
    page.get_by_label("Case list").set_input_files(
        {"name": "cases.csv", "mimeType": "text/csv", "buffer": table(rows())}
    )
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator(".faults")).to_contain_text("washout")
    check(page, axe, "study-faults")
    page.goto(place)
    page.locator("summary").first.click()
    expect(page.locator(".one-case img").first).to_be_visible()
    check(page, axe, "study-draft")
    assert freeze(researcher, place).status_code == 303
    reader = visit("reader.one")
    reader.get("/reading/1/case")
    sign_out(page)
    sign_in(page, "reader.one")
    page.goto("/reading/1")
    check(page, axe, "reading-start")
    page.goto("/reading/1/case")
    page.keyboard.press("2")
    check(page, axe, "case-unaided")
    page.keyboard.type("101")
    page.evaluate("document.getElementById('read').noValidate = true")
    page.keyboard.press("Enter")
    expect(page.locator(".faults")).to_contain_text("from 0 to 100")
    expect(page.get_by_label("HER2-negative")).to_be_checked()
    check(page, axe, "case-faults")
    answer(reader, "1")
    page.get_by_label("How sure are you").fill("70")
    page.keyboard.press("Enter")
    expect(page.locator(".faults")).to_contain_text("was answered already")
    check(page, axe, "case-refused")
    for _ in range(5):
        answer(reader, "1")
    page.goto("/reading")
    check(page, axe, "reading")
    clock.turn(days=28)
    sign_in_again(page, "reader.one", "/reading/1/case")
    expect(page.locator("svg.nomogram")).to_have_count(2)
    check(page, axe, "case-aided")
    read_session(visit("reader.one"), "1", call=lambda k: ("negative" if k % 3 else "positive", 60 + k))
    researcher = visit("the.researcher")
    sign_out(page)
    sign_in(page, "the.researcher")
    page.goto("/studies/1")
    check(page, axe, "study-open")
    assert close(researcher, "1").status_code == 303
    for path, name in (
        ("/studies", "studies"),
        ("/studies/1", "study-closed"),
        ("/studies/1/analysis", "analysis"),
    ):
        page.goto(path)
        check(page, axe, name)
    sign_out(page)
    sign_in(page, "reader.one")
    page.goto("/reading/1")
    check(page, axe, "reading-closed")


def sign_in_again(page: Page, name: str, path: str) -> None:
    """After the session ran out."""
    page.goto(path)
    page.wait_for_url("**/sign-in")
    sign_in(page, name)
    page.goto(path)
