"""Lesions made up for tests, with associations that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2mri.dictionary import load_dictionary

PREDICTORS = ["age", "er_status", "pr_status", "ki67_status", "quadrant", "shape", "eer", "adc"]


def synthetic_lesions(n: int = 320, *, seed: int = 5) -> pd.DataFrame:
    """Lesions in which PR, Ki-67 and ADC tell of HER2-positive, shape and EER of HER2-low."""
    rng = np.random.default_rng(seed)
    dictionary = load_dictionary()
    frame = pd.DataFrame(
        {
            "patient_id": [f"P{i // 2 if i < 20 else i}" for i in range(n)],
            "lesion_id": [f"L{i}" for i in range(n)],
            "center": np.where(np.arange(n) < 0.8 * n, "North", "South"),
            "her2_status": rng.choice(["positive", "low", "zero"], n, p=[0.3, 0.45, 0.25]),
        }
    )
    for name in PREDICTORS:
        variable = dictionary[name]
        if variable.is_categorical:
            frame[name] = rng.choice(variable.values, n)
        else:
            low, high = variable.typical
            frame[name] = rng.normal((low + high) / 2, (high - low) / 10, n).round(3)
    positive, low = frame["her2_status"] == "positive", frame["her2_status"] == "low"
    frame.loc[positive & (rng.random(n) < 0.6), "pr_status"] = "negative"
    frame.loc[positive & (rng.random(n) < 0.6), "ki67_status"] = "high"
    frame.loc[positive, "adc"] += 0.15
    frame.loc[low & (rng.random(n) < 0.6), "shape"] = "irregular"
    frame.loc[low, "eer"] += 0.3
    frame["location"] = np.where(np.arange(n) % 2, "left", "right")
    return frame
