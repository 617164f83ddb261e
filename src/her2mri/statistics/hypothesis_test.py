"""What a hypothesis test answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOT_APPLICABLE: Final = "not applicable"


@dataclass(frozen=True)
class HypothesisTest:
    """The name of the test, its statistic and its two-sided p-value.

    ``statistic`` is NaN for Fisher's exact test, which has none. Where the data allow no test (one group is
    empty, nothing varies) ``test`` is ``NOT_APPLICABLE`` and both numbers are NaN.
    """

    test: str
    statistic: float
    p_value: float

    @property
    def applicable(self) -> bool:
        """Whether the data allowed a test."""
        return self.test != NOT_APPLICABLE


NO_TEST: Final = HypothesisTest(NOT_APPLICABLE, float("nan"), float("nan"))
