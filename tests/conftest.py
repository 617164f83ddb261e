"""What every test may ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import settings as settings_of_hypothesis

from her2mri.cli import main
from synthetic_study import PREDICTORS, synthetic_lesions

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# CI repeats the same examples, so that its answer is about the change; runs by hand look for new ones.
# No deadline: speed is measured in the benchmarks, and a busy machine proves nothing.
settings_of_hypothesis.register_profile("ci", derandomize=True, deadline=None)
settings_of_hypothesis.register_profile("by_hand", deadline=None)
settings_of_hypothesis.load_profile("ci" if os.environ.get("CI") else "by_hand")

REPOSITORY = Path(__file__).parents[1]
CHROMIUM = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"), Path("/usr/bin/google-chrome"))
SWITCHES = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
"""WebGL is computed without a graphics card, as in CI."""
PATIENCE = 30_000
"""Milliseconds until what is expected of a page must be there: as for clicks, for a busy machine is no fault."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public patient tables beside the repository, which is not part of it."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the public tables in {folder}")
        pytest.skip(f"the public patient tables are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of answers computed elsewhere (R), with the scripts that made them."""
    return REPOSITORY / "tests" / "golden"


@pytest.fixture(scope="session")
def lesions() -> pd.DataFrame:
    """Lesions with known associations, in memory."""
    return synthetic_lesions()


@pytest.fixture(scope="session")
def settings() -> dict[str, dict[str, object]]:
    """A study small enough for tests: few resamples, the synthetic predictors."""
    return {
        "protocol": "paper",
        "data": {"external_centers": ["South"]},
        "selection": {"predictors": PREDICTORS},
        "evaluation": {"n_bootstrap": 100},
        "explanation": {"background": 20},
    }


@pytest.fixture
def her2mri(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in this process; gives its exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["her2mri", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        return int(stopped.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process: its driver allows no second."""
    from playwright.sync_api import expect, sync_playwright

    program = next((path for path in CHROMIUM if path.exists()), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium")
        pytest.skip(f"no Chromium at {', '.join(map(str, CHROMIUM))}")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()
