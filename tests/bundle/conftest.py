"""The small study and its bundles."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up import developed_from, lesions

from her2mri.bundle import Bundle
from her2mri.models.fit import Fit
from her2mri.study.freeze import Development, freeze


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return lesions(600, 7)


@pytest.fixture(scope="session")
def study(frame: pd.DataFrame) -> tuple[dict[str, Fit], Development]:
    return developed_from(frame, ("LR", "DT", "ANN", "SVM", "k-NN"))


@pytest.fixture(scope="session")
def frozen(study: tuple[dict[str, Fit], Development]) -> dict[str, Bundle]:
    fits, source = study
    return {model: freeze(fit, source) for model, fit in fits.items()}


@pytest.fixture(scope="session")
def second(frame: pd.DataFrame) -> Bundle:
    fits, source = developed_from(frame, ("LR",), task="her2_low")
    return freeze(fits["LR"], source)
