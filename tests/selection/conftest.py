"""The made-up lesions of tests/golden/selection/make.R, encoded as R encodes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2mri.cohort.design_matrix import Encoding
from her2mri.dictionary import Level, Variable


@dataclass(frozen=True)
class Lesions:
    frame: pd.DataFrame
    encoding: Encoding
    X: np.ndarray

    def columns_of(self, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """The columns of these variables in this order, and the number of each column's variable."""
        where = [
            (at, number)
            for number, name in enumerate(names)
            for at, term in enumerate(self.encoding.terms)
            if term.variable == name
        ]
        return self.X[:, [at for at, _ in where]], np.array([number for _, number in where])


def encoded(frame: pd.DataFrame, names: list[str], *, categories: str) -> Lesions:
    """Variables whose name starts with one of these letters are categories."""
    frame = frame.copy()
    variables = []
    for name in names:
        if name[0] in categories:
            frame[name] = frame[name].astype(str)
            levels = tuple(Level(value, value) for value in sorted(frame[name].unique()))
            variables.append(Variable(name, name, "category", "predictor", "mri", levels=levels))
        else:
            variables.append(Variable(name, name, "continuous", "predictor", "mri"))
    encoding = Encoding.learn(frame, variables)
    return Lesions(frame, encoding, encoding.matrix(frame))


@pytest.fixture(scope="session")
def lesions(golden: Path) -> Lesions:
    frame = pd.read_csv(golden / "selection" / "data.csv")
    return encoded(frame, list(frame.columns[:27]), categories="bf")
