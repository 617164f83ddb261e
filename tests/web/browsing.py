"""A real browser at a room that is really served, and what every page of it is held to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from server import served
from visits import PASSWORD

from her2mri.web.room import Room
from her2mri.web.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VIOLATIONS = "async () => (await axe.run()).violations.map((v) => [v.id, v.nodes.map((n) => n.html)])"
NO_COMPLAINT = "status of (404|409|422)|^Autofocus processing was blocked"
"""What was refused on purpose, and a test that focuses something before the browser does."""
SHOTS = os.environ.get("HER2MRI_SCREENSHOTS")
"""A folder: every page is then kept as a picture, to be looked at."""


@pytest.fixture
def site(room: Room) -> Iterator[str]:
    """The room, served, with the clock of the test."""
    with served(Settings(room.settings.database, password_cost=64), now=room.now) as address:
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
    complaints = [text for text in said if not re.search(NO_COMPLAINT, text)]
    assert complaints == [], complaints


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


def check(page: Page, axe: str, name: str) -> None:
    """Nothing that a screen reader or a narrow screen stumbles over, once the page is there as a whole."""
    page.wait_for_load_state()
    page.evaluate(axe)
    assert page.evaluate(VIOLATIONS) == [], name
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    if SHOTS:
        scheme = page.evaluate("document.documentElement.dataset.theme")
        page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=True)
