"""Whether the lesions here are like those of development: by the moments and ranges that the bundle remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from her2mri.bundle import Bundle
from her2mri.bundle.lesion import Input
from her2mri.web.monitoring.judged import Said

NEGLIGIBLE: Final = 0.1
"""Standard deviations; a difference whose whole interval lies beyond is marked."""


@dataclass(frozen=True)
class Drift:
    """One variable, or one level of it: mean or share in development and here, and the standardised difference."""

    label: str
    is_share: bool
    development: float
    here: float
    difference: float
    low: float
    high: float
    missing: float
    outside: float | None

    @property
    def is_marked(self) -> bool:
        """Whether it differs for certain by more than is negligible."""
        return self.low > NEGLIGIBLE or self.high < -NEGLIGIBLE


def drift(bundle: Bundle, said: Sequence[Said]) -> tuple[Drift, ...]:
    """Each input of the bundle and its linear predictor; two-level variables by one level.

    ``missing`` and ``outside`` (the range of development) are shares of the lesions here.
    """
    import numpy as np
    import pandas as pd

    from her2mri.transport.validate import input_rows

    if not said:
        return ()
    inputs = {known.variable.name: known for known in bundle.inputs}
    lesions = [{name: one.case.inputs.get(name) for name in inputs} for one in said]
    frame = pd.DataFrame(lesions, columns=list(inputs), dtype=object)
    probability = np.array([one.probability for one in said], dtype=float)
    found = []
    for row in input_rows(bundle, frame, probability):
        known = inputs.get(row["variable"])
        if row["statistic"] == "sd" or (known is not None and _is_reference(known, row["level"])):
            continue
        found.append(_drift(row, known, [lesion[row["variable"]] for lesion in lesions] if known else []))
    return tuple(found)


def _drift(row: dict[str, Any], known: Input | None, values: list[Any]) -> Drift:
    given = [value for value in values if value is not None]
    outside = None
    if known is not None and not known.variable.is_categorical and given:
        outside = sum(not known.low <= float(value) <= known.high for value in given) / len(given)
    return Drift(
        label=row["label"],
        is_share=row["statistic"] == "share",
        development=row["development"],
        here=row["here"],
        difference=row["standardised_difference"],
        low=row["conf_low"],
        high=row["conf_high"],
        missing=1 - len(given) / len(values) if values else 0.0,
        outside=outside,
    )


def _is_reference(known: Input, level: str) -> bool:
    """Of two levels the first says what the second says."""
    return len(known.levels) == 2 and level == known.levels[0]
