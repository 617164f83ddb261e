from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2mri.dictionary import load_dictionary

NAMES = ("age", "eer", "adc", "er_status", "ki67_status", "shape", "grade", "quadrant", "lesion_number")
GAPS = ("eer", "adc", "ki67_status", "grade", "quadrant", "age")


@pytest.fixture(scope="session")
def variables():
    dictionary = load_dictionary()
    return tuple(dictionary[name] for name in NAMES)


@pytest.fixture(scope="session")
def whole(variables):
    """Lesions without a gap, the outcome and the patients; related to each other and to the outcome."""
    rng = np.random.default_rng(11)
    n = 260
    hidden = rng.normal(size=n)
    frame = pd.DataFrame({"lesion_id": [f"L{at}" for at in range(n)]})
    for variable in variables:
        value = hidden + rng.normal(size=n)
        if variable.is_categorical:
            cuts = np.quantile(value, np.linspace(0, 1, len(variable.values) + 1)[1:-1])
            frame[variable.name] = np.array(variable.values)[np.searchsorted(cuts, value)]
        else:
            frame[variable.name] = value.round(2)
    y = (rng.random(n) < 1 / (1 + np.exp(-hidden))).astype(np.int64)
    return frame, y, np.arange(n)


@pytest.fixture(scope="session")
def gappy(whole):
    """The same with a fifth of the values of six variables missing."""
    frame, y, patient = whole
    frame, rng = frame.copy(), np.random.default_rng(12)
    for name in GAPS:
        frame.loc[rng.random(len(frame)) < 0.2, name] = np.nan
    return frame, y, patient
