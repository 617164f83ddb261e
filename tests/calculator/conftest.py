"""The page of the published cohort's two models, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_up import published_fit, recommended_bundles

from her2mri.bundle import Bundle
from her2mri.calculator import calculator_page
from her2mri.study.freeze import freeze

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Opener = Callable[..., "Page"]


@pytest.fixture(scope="session")
def published() -> list[Bundle]:
    """LR of both tasks on the published cohort."""
    return [freeze(*published_fit(task)) for task in ("her2_positive", "her2_low")]


@pytest.fixture(scope="session")
def recommended() -> list[Bundle]:
    """An elastic net with splines, which has no covariance, and penalised splines."""
    return recommended_bundles()


@pytest.fixture(scope="session")
def recommended_file(recommended: list[Bundle], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calculator") / "recommended.html"
    path.write_text(calculator_page(recommended), encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="session")
def calculator_file(published: list[Bundle], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calculator") / "calculator.html"
    path.write_text(calculator_page(published), encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def open_page(browser: Browser, calculator_file: Path) -> Iterator[Opener]:
    """Opens a page; at the end there may be no message in its console and no request but for the file itself."""
    contexts, said, asked = [], [], set()

    def opened(
        *, locale: str = "en-GB", width: int = 1440, scheme: str = "light", file: Path | None = None
    ) -> Page:
        address = (file or calculator_file).as_uri()
        context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.add(request.url) if request.url != address else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not said
    assert not asked


@pytest.fixture(scope="session")
def axe() -> str:
    return resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
