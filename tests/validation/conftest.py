"""Developments small enough to be repeated in a test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from her2mri.errors import EstimationError, Fault, TableError
from her2mri.models.development import NotDeveloped
from her2mri.models.logistic_regression import LogisticRegression


@dataclass(frozen=True)
class Fixed:
    """A logistic regression of some columns."""

    columns: tuple[str, ...]
    fitted: LogisticRegression

    @property
    def selected(self) -> tuple[str, ...]:
        return self.columns

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        return self.fitted.predict_proba(frame[list(self.columns)].to_numpy(dtype=float))[:, 1]


@dataclass(frozen=True)
class FixedDevelopment:
    """The same columns whatever the lesions."""

    columns: tuple[str, ...]

    def __call__(self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray) -> dict[str, Fixed]:
        X = frame[list(self.columns)].to_numpy(dtype=float)
        if len(np.unique(y)) < 2:
            raise EstimationError("all lesions are of one class")
        return {"LR": Fixed(self.columns, LogisticRegression().fit(X, y))}


@dataclass(frozen=True)
class Constant:
    """The same probability for everybody."""

    value: float
    selected: tuple[str, ...] = ()

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        return np.full(len(frame), self.value)


@dataclass(frozen=True)
class ConstantDevelopment:
    value: float = 0.3

    def __call__(self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray) -> dict[str, Constant]:
        return {"constant": Constant(self.value)}


@dataclass(frozen=True)
class Nameless:
    """A model that tells lesions apart, though it can name no variable: an average of several may be such."""

    fitted: Fixed
    selected: tuple[str, ...] = ()

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        return self.fitted.probability(frame)


@dataclass(frozen=True)
class NamelessWhereTwice:
    """The same columns, but nameless where the first patient is twice there."""

    columns: tuple[str, ...]

    def __call__(
        self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray
    ) -> dict[str, Fixed | Nameless]:
        found = FixedDevelopment(self.columns)(frame, y, patient)["LR"]
        return {"LR": Nameless(found) if (patient == 0).sum() > 1 else found}


@dataclass(frozen=True)
class BestColumn:
    """A development that selects: the column whose logistic regression has the highest AUC."""

    columns: tuple[str, ...]

    def __call__(self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray) -> dict[str, Fixed]:
        X = frame[list(self.columns)].to_numpy(dtype=float)
        gap = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0))
        return FixedDevelopment((self.columns[int(np.argmax(gap))],))(frame, y, patient)


@dataclass(frozen=True)
class Failing:
    """A development that ends without a model where too few lesions are positive, or the first is twice there."""

    least_events: int

    def __call__(self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray) -> dict[str, Fixed]:
        if y.sum() < self.least_events:
            raise EstimationError("too few events")
        if (patient == 0).sum() > 1:
            raise TableError([Fault("lesion L-17 of patient P-4", "is missing", column="age")])
        return FixedDevelopment(("x0", "x1"))(frame, y, patient)


@dataclass(frozen=True)
class SometimesNothing:
    """The best column; ``instead`` says what comes of lesions where the first patient has ``most`` or more."""

    columns: tuple[str, ...]
    instead: Constant | NotDeveloped
    most: int = 2

    def __call__(
        self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray
    ) -> dict[str, Fixed | Constant | NotDeveloped]:
        if (patient == 0).sum() >= self.most:
            return {"LR": self.instead}
        return dict(BestColumn(self.columns)(frame, y, patient))


@dataclass(frozen=True)
class ConstantOnResamples:
    """A model only where all ``patients`` are there: never in a resample."""

    columns: tuple[str, ...]
    patients: int

    def __call__(
        self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray
    ) -> dict[str, Fixed | Constant]:
        if len(np.unique(patient)) < self.patients:
            return {"LR": Constant(float(y.mean()))}
        return dict(FixedDevelopment(self.columns)(frame, y, patient))


@dataclass(frozen=True)
class OneFamilyFails:
    """Two families, of which the second has no model where the first patient is twice there."""

    def __call__(
        self, frame: pd.DataFrame, y: np.ndarray, patient: np.ndarray
    ) -> dict[str, Fixed | NotDeveloped]:
        steady = FixedDevelopment(("x0", "x1"))(frame, y, patient)["LR"]
        moody = NotDeveloped("no convergence") if (patient == 0).sum() > 1 else steady
        return {"LR": steady, "GB": moody}


@pytest.fixture(scope="session")
def simulated() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """120 lesions of 100 patients; x0 and x1 tell of the outcome, eight other columns do not."""
    rng = np.random.default_rng(3)
    n = 120
    patient = np.concatenate([np.arange(100), np.arange(80, 100)])
    frame = pd.DataFrame({f"x{j}": rng.normal(size=n).round(3) for j in range(10)})
    odds = np.exp(-0.5 + 0.9 * frame["x0"] + 0.6 * frame["x1"])
    return frame, (rng.random(n) < odds / (1 + odds)).to_numpy(dtype=np.int64), patient
