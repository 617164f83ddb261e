"""A table that is not right, as a radiologist meets it: sent, mended with the keyboard, scored, read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from browsing import SHOTS, check, sign_in
from playwright.sync_api import Page, Route, expect
from uploaded import as_csv, as_workbook, form_of, send, table
from visits import LESION, ON_SQLITE, shares

pytestmark = [pytest.mark.browser, ON_SQLITE]
LOOKS = [(360, "dark"), (1440, "light")] + ([(360, "light"), (1440, "dark")] if SHOTS else [])

BAD = table(
    {"shape": "Irregularr", "eer": "0.7x"},
    {"lesion_id": "Wang Fang"},
    {"shape": "Irregularr"},
    {"adc": "820"},
    *[{}] * 60,
)


def test_a_bad_sheet_is_mended_with_the_keyboard_and_scored_with_progress(open_page, tmp_path):
    page = open_page()
    sign_in(page, "reader.one")
    page.get_by_role("link", name="Tables").press("Enter")
    page.wait_for_url("**/uploads")
    file = tmp_path / "Wang Fang.xlsx"
    file.write_bytes(as_workbook(BAD))
    page.get_by_label("Table of lesions").set_input_files(file)
    page.get_by_role("button", name="Upload and check").press("Enter")
    page.wait_for_url("**/uploads/1")
    expect(page.locator(".lead")).to_contain_text("4 faults to mend")
    expect(page.locator("main")).not_to_contain_text("Wang")
    expect(page.locator(":focus")).to_have_attribute("name", "value shape:2")
    page.keyboard.press("i")  # the only level with this letter: a list forgets slow typing
    for typed in ("0.74", "L-222"):
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.locator(".lead")).to_contain_text("1 fault still to mend")
    expect(page.locator(":focus")).to_have_value("820")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".lead")).to_contain_text("63 lesions, 1 row left out. No fault.")
    expect(page.locator(":focus")).to_have_text("Score 63 lesions")
    with held(page, "**/uploads/1/score"):  # the script's next step waits until the progress was seen
        page.keyboard.press("Enter")
        expect(page.locator("#so-far")).to_contain_text(re.compile(r"\d+ of 63 lesions scored"))
    expect(page.locator(".lead")).to_contain_text("63 lesions answered, 1 row left out.")
    expected = [f"{100 * share:.1f} %" for share in shares(LESION)]
    assert re.findall(r"[\d.]+ %", page.locator(".class-list").first.inner_text()) == expected
    expect(page.locator(".lesions tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Rows after").press("Enter")
    page.wait_for_url("**page=2")
    page.get_by_role("link", name="L-30").press("Enter")
    page.wait_for_url("**/lesions/*")
    expect(page.locator("#differs")).to_be_hidden()
    page.goto("/uploads/1")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Export as CSV").press("Enter")
    lines = downloaded.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 64


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_nobody_stumbles_over_the_pages_of_tables(open_page, visit, axe, width, scheme):
    reader = visit("reader.one")
    units = table(*({"ki67_percent": 0.4, "mri_date": "14.03.2026", "adc": f"{i}.x"} for i in range(12)))
    places = [
        send(reader, as_csv(rows)).headers["location"]
        for rows in (BAD, units, table({}, {}), table({"lesion_id": "L-99"}))
    ]
    typed = form_of(reader.get(places[0]).text)
    reader.post(places[0], {**typed, "out": "adc:5"})
    scored = form_of(reader.get(places[2]).text)
    reader.post(f"{places[2]}/score", {**scored, "version": 1})
    page = open_page(width=width, scheme=scheme)
    sign_in(page, "reader.one")
    for path, name in zip(
        ("/uploads", *places), ("uploads", "mend", "units", "scored", "clean"), strict=True
    ):
        page.goto(path)
        check(page, axe, name)
    page.goto("/uploads")
    page.get_by_label("Table of lesions").set_input_files(
        {"name": "t.csv", "mimeType": "text/csv", "buffer": as_csv(table({"Name": "x"}))}
    )
    page.get_by_role("button", name="Upload and check").click()
    expect(page.locator(".faults")).to_contain_text("reads like who somebody is")
    check(page, axe, "upload-refused")


@contextmanager
def held(page: Page, address: str) -> Iterator[None]:
    """What a script of the page asks of this address goes on its way when this ends."""
    waiting: list[Route] = []
    is_over = False

    def hold(route: Route) -> None:
        if is_over or route.request.resource_type != "fetch":
            route.continue_()
        else:
            waiting.append(route)

    page.route(address, hold)
    yield
    is_over = True
    for route in waiting:
        route.continue_()
