"""Pathology comes in, the dashboard shows how the models do, an update is proposed and signed off: in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browsing import check, sign_in
from playwright.sync_api import expect
from seeded import seed
from visits import ON_SQLITE, PASSWORD

from her2mri.web.monitoring.cases import cases_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.thorough, ON_SQLITE]


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def waiting(room):
    """The number and the pseudonym of a lesion without a report, for each of them."""
    with room.database.reading() as session:
        cases = cases_of(session, room.models.in_use(session))
        return [(case.lesion, f"BR-{case.lesion - 1:04d}") for case in cases if not case.is_reported]


def test_from_the_report_to_the_model_signed_off(open_page, room, axe):
    seed(room, 90, with_truth=0.9)
    (first, _), *others = waiting(room)
    page, narrow = open_page(), open_page(width=360, scheme="dark")
    for each in (page, narrow):
        sign_in(each, "reader.one")
    page.goto(f"/lesions/{first}")
    page.get_by_role("link", name="Pathology", exact=True).last.click()
    page.wait_for_url(f"**/lesions/{first}/truth")
    page.get_by_label("HER2 immunohistochemistry").select_option(label="3+")
    page.get_by_label("HER2 in situ hybridisation").select_option(label="Not amplified")
    page.get_by_role("button", name="Save the report").click()
    expect(page.locator(".faults")).to_contain_text("IHC 3+ but ISH not amplified")
    page.get_by_label("HER2 in situ hybridisation").select_option(label="Not known")
    page.get_by_role("button", name="Save the report").click()
    expect(page.locator("tbody")).to_contain_text("HER2-positive")
    revision = page.locator("form[action$=examination] [name=revision]")
    before = int(revision.input_value())
    page.get_by_label("Scanner").select_option("MR2-1.5T")
    page.get_by_role("button", name="Save the examination").click()
    expect(revision).to_have_value(str(before + 1))
    expect(page.get_by_label("Scanner")).to_have_value("MR2-1.5T")

    page.get_by_role("link", name="Pathology", exact=True).first.click()
    page.wait_for_url("**/truth")
    rows = "".join(f"{pseudonym},0,\n" for _, pseudonym in others)
    table = {
        "name": "reports.csv",
        "mimeType": "text/csv",
        "buffer": f"pseudonym,her2_ihc,her2_ish\n{rows}".encode(),
    }
    page.get_by_label("Table (CSV or Excel)").set_input_files(table)
    page.get_by_role("button", name="Check and store").click()
    expect(page.get_by_role("status")).to_contain_text(f"Stored: {len(others)} reports")
    for path, name in (
        (f"lesions/{first}/truth", "truth"),
        ("truth", "truth-table"),
        ("monitoring", "monitoring"),
    ):
        for each in (page, narrow):
            each.goto(f"/{path}")
            check(each, axe, name)
    expect(page.locator("#task-1 + .hint")).to_contain_text("Event: HER2-positive")
    expect(page.locator(".counts").first).to_contain_text("90 of 90")
    expect(page.locator("svg.figure")).to_have_count(6)
    for each in (page, narrow):
        sign_out(each)
        sign_in(each, "the.researcher")
        each.goto("/monitoring/updates")
        check(each, axe, "updates")
    page.get_by_label("What is estimated anew").select_option("slope")
    page.get_by_role("button", name="Compute and propose").click()
    page.wait_for_url("**/monitoring/updates/1")
    expect(page.locator(".counts")).to_contain_text("waits for an administrator")
    narrow.goto("/monitoring/updates/1")
    check(narrow, axe, "update")
    sign_out(page)

    sign_in(page, "the.administrator")
    page.goto("/scanners")
    check(page, axe, "scanners")
    page.goto("/monitoring/updates/1")
    check(page, axe, "update")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign off").click()
    expect(page.locator(".counts")).to_contain_text("signed off by the.administrator")
    page.get_by_role("link", name="Monitoring").click()
    page.wait_for_url("**/monitoring")
    expect(page.locator(".verdicts")).to_contain_text("too early to say")
