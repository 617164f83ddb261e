from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from her2mri.dictionary import load_dictionary

GIVEN_AS_OTHERS = {"er_status", "pr_status", "ki67_status", "grade", "t_category"}
ROLES_NOT_ASKED = {"identifier", "design", "outcome", "leaking", "descriptor"}


def lesions(n: int, *, centers: tuple[str, ...] = ("North", "South"), seed: int = 1) -> pd.DataFrame:
    """A table without fault: one lesion a patient, everything known, nobody to leave out."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"patient_id": [f"p{i:04d}" for i in range(n)]})
    frame["lesion_id"] = [f"l{i:04d}" for i in range(n)]
    frame["center"] = [centers[i % len(centers)] for i in range(n)]
    for variable in load_dictionary().variables:
        if variable.role in ROLES_NOT_ASKED or variable.name in GIVEN_AS_OTHERS:
            continue
        if variable.role == "eligibility":
            frame[variable.name] = variable.reference
        elif variable.levels:
            frame[variable.name] = random.choice(variable.values, n)
        elif variable.unit == "points":
            frame[variable.name] = random.integers(1, 4, n)
        else:
            frame[variable.name] = np.round(random.uniform(*(variable.typical or variable.bounds), n), 2)
    frame["her2_ihc"] = [("0", "1+", "3+")[i % 3] for i in range(n)]
    frame["her2_ish"] = ""
    return frame


@pytest.fixture
def make_lesions() -> Callable[..., pd.DataFrame]:
    return lesions


@pytest.fixture
def dictionary():
    return load_dictionary()
