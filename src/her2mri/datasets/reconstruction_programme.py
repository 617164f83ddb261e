"""A mixed-integer programme: how many lesions have each value, at the least cost of what cannot be met."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass
class Programme:
    """A mixed-integer programme that is built row by row; slack columns are added as they are needed."""

    n: int
    rows: list[dict[int, float]] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)

    def require(self, coefficients: FloatArray, low: float, high: float, penalty: float = 0.0) -> None:
        """``low <= coefficients . lesions <= high``; with a penalty, at that price a unit it may be missed."""
        row = {int(index): float(coefficients[index]) for index in np.flatnonzero(coefficients)}
        if penalty:
            for sign in (1.0, -1.0):
                row[self.n + len(self.cost)] = sign
                self.cost.append(penalty)
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def solve(self) -> FloatArray:
        """The whole numbers of lesions."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        total = self.n + len(self.cost)
        place = [(r, c, v) for r, row in enumerate(self.rows) for c, v in row.items()]
        r, c, v = (np.array(part) for part in zip(*place, strict=True))
        matrix = csr_array((v, (r, c)), shape=(len(self.rows), total))
        answer = milp(
            np.concatenate([np.zeros(self.n), self.cost]),
            integrality=np.concatenate([np.ones(self.n), np.zeros(len(self.cost))]),
            bounds=Bounds(0, np.inf),
            constraints=LinearConstraint(matrix, self.low, self.high),
            options={"mip_rel_gap": 0.02, "node_limit": 200},
        )
        if answer.x is None:
            raise ValueError(f"the printed figures cannot be met: {answer.message}")
        whole: FloatArray = np.rint(answer.x[: self.n])
        return whole
