"""Answers of R about one synthetic sample, and predictions to evaluate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.evaluation import Prediction


@pytest.fixture(scope="session")
def synthetic(golden: Path) -> pd.DataFrame:
    return pd.read_csv(golden / "evaluation" / "synthetic.csv")


@pytest.fixture(scope="session")
def answers(golden: Path) -> dict[tuple[str, str], float]:
    table = pd.read_csv(golden / "evaluation" / "answers.csv")
    return {(score, name): value for score, name, value in table.itertuples(index=False)}


MakePrediction = Callable[..., Prediction]


@pytest.fixture
def make_prediction() -> MakePrediction:
    """A prediction of a given AUC-like strength; two lesions a patient for the first ``pairs`` patients."""

    def make(
        n: int = 120,
        *,
        model: str = "LR",
        sample: str = "training",
        strength: float = 1.2,
        pairs: int = 0,
        seed: int = 0,
        is_label: bool = False,
    ) -> Prediction:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=n)
        y = rng.binomial(1, 1 / (1 + np.exp(0.8 - strength * x)))
        noise = np.random.default_rng(len(model)).normal(size=n, scale=0.3)
        p = 1 / (1 + np.exp(0.8 - strength * x + noise))
        patient = [f"p{i // 2 if i < 2 * pairs else i}" for i in range(n)]
        lesion = [f"l{i}" for i in range(n)]
        if is_label:
            p = (p >= 0.4).astype(float)
        return Prediction("task", model, sample, lesion, patient, y, p, "positive", is_label=is_label)

    return make
