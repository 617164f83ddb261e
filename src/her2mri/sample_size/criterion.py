"""What one criterion asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd


@dataclass(frozen=True)
class Criterion:
    """A criterion in words, the smallest number of lesions that meets it, and the events among them."""

    name: str
    label: str
    n: int
    n_events: int

    @classmethod
    def of(cls, name: str, label: str, size: float, prevalence: float) -> Criterion:
        """The criterion met by ``size`` lesions or more."""
        # A size that is whole but for rounding must not ask for one lesion more.
        n = math.ceil(round(size, 9))
        return cls(name, label, n, math.ceil(round(n * prevalence, 9)))


def criteria_frame(criteria: Sequence[Criterion]) -> pd.DataFrame:
    """One row a criterion: name, label, n, n_events, decides (the one that asks for most)."""
    frame = pd.DataFrame([asdict(criterion) for criterion in criteria])
    return frame.assign(decides=frame["n"] == frame["n"].max())


@dataclass(frozen=True)
class RequiredSize:
    """What a purpose asks for at a prevalence of the event."""

    prevalence: float
    criteria: tuple[Criterion, ...]

    @property
    def n(self) -> int:
        """Lesions that meet every criterion."""
        return max(criterion.n for criterion in self.criteria)

    @property
    def n_events(self) -> int:
        """Events among them."""
        return max(criterion.n_events for criterion in self.criteria)

    def frame(self) -> pd.DataFrame:
        """One row a criterion."""
        return criteria_frame(self.criteria)
