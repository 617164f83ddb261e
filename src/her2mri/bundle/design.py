"""From the values of a lesion to the columns of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from her2mri.bundle.arrays import FloatArray
from her2mri.bundle.joint import Gap
from her2mri.cohort.restricted_cubic_spline import restricted_cubic_spline

Values = Mapping[str, str | float | None]
FEWEST_KNOTS: Final = 3


@dataclass(frozen=True)
class Columns:
    """The columns of one input: the levels of a category but the reference, or a measurement and its bends.

    ``positions`` are those among all columns, ``plain`` those among the columns that are no bends.
    """

    positions: tuple[int, ...]
    plain: tuple[int, ...]
    levels: tuple[str, ...]
    knots: tuple[float, ...]

    def of(self, value: str | float) -> FloatArray:
        """The columns at a value."""
        if isinstance(value, str):
            return np.array([float(value == level) for level in self.levels])
        return self.bent(np.array([value]))[0] if self.positions else np.empty(0)

    def bent(self, measured: FloatArray) -> FloatArray:
        """The columns at each of these measurements."""
        return restricted_cubic_spline(measured, self.knots) if self.knots else measured[:, None]


@dataclass(frozen=True)
class Design:
    """What each input becomes. ``plain`` are the positions of the columns that are no bends of a spline."""

    inputs: Mapping[str, Columns]
    plain: tuple[int, ...]
    width: int

    @classmethod
    def of(cls, encoding: Mapping[str, Any]) -> Self:
        """The design that a bundle's encoding describes."""
        terms = encoding["terms"]
        plain = tuple(position for position, term in enumerate(terms) if not term.get("basis", 0))
        rank = {position: index for index, position in enumerate(plain)}
        inputs = {}
        for entry in encoding["variables"]:
            own = [position for position, term in enumerate(terms) if term["variable"] == entry["name"]]
            inputs[entry["name"]] = Columns(
                positions=tuple(own),
                plain=tuple(rank[position] for position in own if position in rank),
                levels=tuple(entry["levels"][1:]),
                knots=tuple(entry.get("knots", ())),
            )
        return cls(inputs, plain, len(terms))

    def plain_row(self, values: Values) -> tuple[FloatArray, tuple[str, ...], list[Gap]]:
        """The plain columns of a lesion, NaN where missing; what is missing; and the columns that this leaves open.

        A variable without columns cannot be missed.
        """
        x = np.zeros(len(self.plain))
        missing, gaps = [], []
        for name, columns in self.inputs.items():
            value = values[name]
            if value is not None:
                x[list(columns.plain)] = columns.of(value)[: len(columns.plain)]
                continue
            missing.append(name)
            if columns.plain:
                x[list(columns.plain)] = np.nan
                gaps.append(Gap(columns.plain, bool(columns.levels)))
        return x, tuple(missing), gaps

    def expanded(self, plain: FloatArray) -> FloatArray:
        """All columns of lesions whose plain columns are these."""
        if len(self.plain) == self.width:
            return plain
        X = np.empty((len(plain), self.width))
        X[:, list(self.plain)] = plain
        for columns in self.inputs.values():
            if columns.knots:
                X[:, list(columns.positions)] = columns.bent(plain[:, columns.plain[0]])
        return X
