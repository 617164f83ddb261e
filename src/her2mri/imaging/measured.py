"""One measured value with what is known of its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

Z_95: Final = 1.959963984540054

MEASUREMENT_COLUMNS: Final = (
    "measure", "estimate", "std_error", "conf_low", "conf_high", "unit", "level", "as_placed", "placement_sd",
    "method",
)  # fmt: skip
"""``estimate`` and ``std_error`` leave out what choosing the place adds, ``as_placed`` is the plain value there,
``placement_sd`` the spread among several such places; ``level`` is that of the dictionary for a category."""


@dataclass(frozen=True)
class Measured:
    """A value, its standard error from noise, and the spread among places where it could have been taken."""

    measure: str
    estimate: float
    method: str
    std_error: float = float("nan")
    unit: str = ""
    level: str = ""
    as_placed: float = float("nan")
    placement_sd: float = float("nan")

    def record(self) -> dict[str, str | float]:
        """The value as a row of ``MEASUREMENT_COLUMNS``, with its 95 % interval."""
        half = Z_95 * self.std_error
        return {
            "measure": self.measure,
            "estimate": self.estimate,
            "std_error": self.std_error,
            "conf_low": self.estimate - half,
            "conf_high": self.estimate + half,
            "unit": self.unit,
            "level": self.level,
            "as_placed": self.as_placed,
            "placement_sd": self.placement_sd,
            "method": self.method,
        }


def spread(values: np.ndarray[tuple[int], np.dtype[np.floating]]) -> float:
    """Standard deviation of some values; NaN of one."""
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
