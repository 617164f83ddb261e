"""Whole numbers of lesions in every finest cell that add up to the printed counts of both tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.datasets.published_tables import characteristics
from her2mri.datasets.reconstruction_cells import cells, members

State = tuple[str, ...]
FloatMatrix = NDArray[np.float64]
IntMatrix = NDArray[np.int64]

_ROUNDS: Final = 500
_BROKEN_COUNT: Final = 1000.0
"""What a lesion that a printed count lacks costs, in lesions moved away from the expected counts."""


def fill_cells(names: Sequence[str], states: Sequence[State], weights: FloatMatrix) -> IntMatrix:
    """Lesions of every state (a tuple of levels of ``names``) in every cell, states by cells.

    ``weights`` (states by cells) say how the variables of the block go together within a cell: the counts
    are the whole numbers nearest to the table that has the printed margins and the odds ratios of
    ``weights``. Margins that contradict each other are broken as little as possible.
    """
    margins = printed_margins(names, states)
    return _rounded(_expected(weights, margins), margins)


def printed_margins(names: Sequence[str], states: Sequence[State]) -> list[tuple[FloatMatrix, int]]:
    """Every printed count of these variables as a 0/1 mask over (state, cell) and its total.

    The last ones, one a cell, are the sizes of the cells.
    """
    table = characteristics()
    found = []
    for position, name in enumerate(names):
        rows = table[(table["variable"] == name) & (table["summary"] == "count")]
        for task, sample, group, level, count in zip(
            rows["task"], rows["sample"], rows["group"], rows["level"], rows["count"], strict=True
        ):
            mask = np.zeros((len(states), len(cells())))
            chosen = [index for index, state in enumerate(states) if state[position] == level]
            mask[np.ix_(chosen, members(task, sample, group))] = 1
            found.append((mask, int(count)))
    for index, cell in enumerate(cells()):
        mask = np.zeros((len(states), len(cells())))
        mask[:, index] = 1
        found.append((mask, cell.size))
    return found


def _expected(weights: FloatMatrix, margins: list[tuple[FloatMatrix, int]]) -> FloatMatrix:
    """The table with these margins and the odds ratios of ``weights``, by iterative proportional fitting."""
    table = weights.astype(np.float64)
    for _ in range(_ROUNDS):
        for mask, total in margins:
            inside = mask > 0
            present = table[inside].sum()
            if present > 0:
                table[inside] *= total / present
    return table


def _rounded(expected: FloatMatrix, margins: list[tuple[FloatMatrix, int]]) -> IntMatrix:
    """The whole numbers nearest to ``expected`` that have the margins, by integer programming."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, hstack

    n = expected.size
    masks = csr_array(np.array([mask.ravel() for mask, _ in margins]))
    totals = np.array([float(total) for _, total in margins])
    rows = len(margins)
    identity = eye_array(n)
    # unknowns: lesions, their distance above and below the expected, what a margin has too much and too little
    balance = hstack([masks, csr_array((rows, 2 * n)), -eye_array(rows), eye_array(rows)])
    distance = hstack([identity, -identity, identity, csr_array((n, 2 * rows))])
    broken = np.full(2 * rows, _BROKEN_COUNT)
    cost = np.concatenate([np.zeros(n), 1 / np.tile(np.sqrt(expected.ravel() + 0.1), 2), broken])
    flat = expected.ravel()
    room = np.where(flat > 0, np.ceil(flat) + 3, 0)  # what never goes together stays impossible
    answer = milp(
        cost,
        integrality=np.concatenate([np.ones(n), np.zeros(2 * n + 2 * rows)]),
        bounds=Bounds(0, np.concatenate([room, np.full(2 * n + 2 * rows, np.inf)])),
        constraints=[LinearConstraint(balance, totals, totals), LinearConstraint(distance, flat, flat)],
        options={"mip_rel_gap": 0.02},
    )
    if answer.x is None:
        raise ValueError(f"the printed counts cannot be met: {answer.message}")
    whole: IntMatrix = np.rint(answer.x[:n]).astype(np.int64).reshape(expected.shape)
    return whole
