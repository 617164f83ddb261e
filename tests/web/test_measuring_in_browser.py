"""A reader draws around a phantom's lesion with the mouse, or marks it by keyboard, and its known measures come out."""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.image
import numpy as np
import pytest
from playwright.sync_api import expect
from server import served
from visits import ON_SQLITE, PASSWORD

from her2mri.web.room import Room
from her2mri.web.settings import Settings
from imaging.lesion_files import lesion_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.thorough, ON_SQLITE]
VIOLATIONS = "async () => (await axe.run()).violations.map((v) => [v.id, v.nodes.map((n) => n.html)])"
SHOTS = os.environ.get("HER2MRI_SCREENSHOTS")
HARMLESS = "GPU stall due to ReadPixels|ERR_CONNECTION_RESET|status of 503|Autofocus processing was blocked"
"""What Chromium says of pictures and faults that the test makes, and of typing before the page has set its focus."""
AWAY = "<main><h1>Not now</h1><p>The database is away.</p></main>"
PATIENCE = 120_000  # milliseconds: reading and measuring start processes of their own


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lesion_folder(tmp_path_factory.mktemp("lesion"), "III", eer=1.2, adc=0.8)


@pytest.fixture
def page(browser: Browser, room: Room, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A reader's browser; its console may say nothing but what is harmless."""
    said: list[str] = []
    settings = Settings(room.settings.database, password_cost=64, images=room.settings.images)
    viewport = {"width": request.param, "height": 700}
    with served(settings) as site:
        context = browser.new_context(base_url=site, viewport=viewport, reduced_motion="reduce")
        with closing(context):
            page = context.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.goto("/")
            page.get_by_label("Name").fill("reader.one")
            page.get_by_label("Password").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/lesions")
            yield page
    assert [text for text in said if not re.search(HARMLESS, text)] == []


def check(page: Page, name: str) -> None:
    page.wait_for_load_state()
    page.evaluate(resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    assert page.evaluate(VIOLATIONS) == [], name
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/measure-{name}-{width}.png", full_page=True)


def rows_of(page: Page) -> dict[str, str]:
    """Each measure's value, however the table is laid out."""
    rows = page.locator("#result tbody tr").all()
    return {row.locator("th").text_content(): row.locator("td").first.text_content() for row in rows}


def lesion_on(page: Page) -> tuple[float, float, float, float]:
    """Middle and half-axes, on the page, of the brightest patch in the lower half of the picture."""
    canvas = page.locator("#canvas")
    canvas.scroll_into_view_if_needed()
    grey = matplotlib.image.imread(io.BytesIO(canvas.screenshot()))[..., :3].min(axis=-1)
    height, width = grey.shape
    inner = np.zeros_like(grey, dtype=bool)
    inner[height * 6 // 10 : height * 9 // 10, width // 5 : width * 4 // 5] = True
    rows, columns = np.nonzero((grey > 0.6) & inner)
    box = canvas.bounding_box()
    assert box is not None
    across, down = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    return box["x"] + across, box["y"] + down, np.ptp(columns) / 2, np.ptp(rows) / 2


def draw_around(page: Page, place: tuple[float, float, float, float], share: float) -> None:
    """One closed line with the mouse, at this share of the way from the lesion's middle to its edge."""
    x, y, wide, high = place
    points = [
        (x + share * wide * math.cos(angle), y + share * high * math.sin(angle))
        for angle in np.linspace(0, 2 * math.pi, 14)
    ]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def voxels(page: Page) -> int:
    return int(re.findall(r"\d+", "0" + page.inner_text("#drawn"))[0])


def choose(page: Page, files: Path) -> None:
    page.goto("/lesions/new")
    page.fill("#pseudonym", "BR-0417")
    page.get_by_role("button", name="Measure from images").click()
    page.wait_for_url("**/measure/*")
    check(page, "send")
    page.locator("input[name=dce][webkitdirectory]").set_input_files(files / "dce")
    page.locator("input[name=dwi][webkitdirectory]").set_input_files(files / "dwi")


def send(page: Page, files: Path) -> None:
    choose(page, files)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#drawn")).to_have_text("Nothing drawn yet", timeout=PATIENCE)


@pytest.mark.parametrize("page", [1440], indirect=True)
def test_what_is_drawn_with_the_mouse_gives_the_known_measures_and_fills_the_form(page, files):
    send(page, files)
    place = lesion_on(page)
    draw_around(page, place, 0.9)
    expect(page.locator("#drawn")).to_contain_text("voxels")
    first = voxels(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#drawn")).to_have_text("Nothing drawn yet")
    draw_around(page, place, 0.9)
    page.mouse.wheel(0, 100)
    expect(page.locator("#where")).to_contain_text("Slice 8 of 12")
    draw_around(page, place, 0.85)
    expect(page.locator("#drawn")).not_to_contain_text(f"{first} ")
    both = voxels(page)
    assert first < both < 2 * first
    page.get_by_label("Erase").check()
    draw_around(page, place, 0.3)
    expect(page.locator("#drawn")).not_to_contain_text(f"{both} ")
    assert voxels(page) < both
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#drawn")).to_contain_text(f"{both} voxels")
    page.get_by_label("Phase").select_option("Rise to 2 min")
    page.get_by_label("White at").fill("180")
    check(page, "draw")
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.locator("#result table")).to_be_visible(timeout=PATIENCE)
    check(page, "result")
    rows = rows_of(page)
    assert float(rows["Early enhancement ratio"].split()[0]) == pytest.approx(1.2, rel=0.01)
    assert rows["Time-intensity curve"].startswith("Type III")
    page.reload()
    expect(page.locator("#drawn")).to_contain_text(f"{both} voxels", timeout=PATIENCE)
    page.get_by_role("button", name="Put these values into the form").click()
    page.wait_for_url("**/lesions/new?draft=*")
    expect(page.locator("#pseudonym")).to_have_value("BR-0417")
    assert float(page.input_value("#input-eer")) == pytest.approx(1.2, rel=0.01)
    assert float(page.input_value("#input-adc")) == pytest.approx(0.8, rel=0.01)
    page.get_by_label("Upper right").check(force=True)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/lesions/1")
    expect(page.get_by_role("heading", name="Measured from images")).to_be_visible()
    check(page, "stored")


@pytest.mark.parametrize("page", [360], indirect=True)
def test_the_keyboard_alone_marks_and_measures(page, files):
    send(page, files)
    page.focus("#canvas")
    page.keyboard.press("PageDown")
    expect(page.locator("#where")).to_contain_text("Slice 6 of 12")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#drawn")).to_contain_text("voxels")
    check(page, "draw")
    page.route("**/measure/region/*", lambda route: route.abort("connectionreset"))
    page.get_by_role("button", name="Measure", exact=True).press("Enter")
    expect(page.locator("#problem")).to_contain_text("The server did not answer")
    page.unroute("**/measure/region/*")
    page.get_by_role("button", name="Measure", exact=True).press("Enter")
    expect(page.locator("#result table")).to_be_visible(timeout=PATIENCE)
    check(page, "result")
    assert float(rows_of(page)["Early enhancement ratio"].split()[0]) == pytest.approx(1.2, rel=0.01)
    page.get_by_role("button", name="Remove all").press("Enter")
    expect(page.locator("#result")).to_be_hidden()  # what is drawn now was not measured
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator("#result")).to_be_visible()


@pytest.mark.parametrize("page", [360], indirect=True)
def test_whatever_goes_wrong_is_said_and_can_be_tried_again(page, files):
    problem, again = page.locator("#problem"), page.get_by_role("button", name="Try again")
    measure = page.get_by_role("button", name="Measure", exact=True)
    choose(page, files)
    page.route("**/state", lambda route: route.abort("connectionreset"))
    page.get_by_role("button", name="Send").click()
    expect(problem).to_contain_text("The server did not answer")
    expect(page.locator("#waiting")).to_be_hidden()
    page.unroute("**/state")
    page.route("**/files/preview.nii", lambda route: route.fulfill(status=503))
    again.click()
    expect(problem).to_contain_text("The images could not be shown", timeout=PATIENCE)
    expect(page.locator("#tools")).to_be_hidden()
    check(page, "not-shown")
    page.unroute("**/files/preview.nii")
    again.click()
    expect(page.locator("#drawn")).to_have_text("Nothing drawn yet", timeout=PATIENCE)
    page.get_by_role("button", name="Mark the ball").click()
    page.route("**/state", lambda route: route.fulfill(status=503, body=AWAY))
    measure.click()
    expect(problem).to_contain_text("The database is away.What is drawn is still here: measure again.")
    expect(problem).to_be_in_viewport()
    expect(again).to_be_hidden()
    expect(page.locator("#drawn")).to_contain_text("voxels")
    check(page, "not-measured")
    page.context.clear_cookies()
    measure.click()
    expect(problem).to_contain_text("Your session is over")
    again.click()
    page.wait_for_url("**/sign-in")
