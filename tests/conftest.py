"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from synthetic_study import PREDICTORS, synthetic_lesions

REPOSITORY = Path(__file__).parents[1]


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
        "data": {"external_centers": ["South"]},
        "selection": {"predictors": PREDICTORS},
        "evaluation": {"n_bootstrap": 100},
        "explanation": {"background": 20},
    }
