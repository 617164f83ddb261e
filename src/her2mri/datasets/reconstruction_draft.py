"""A first table of lesions: every printed count and figure is there, the variables do not depend on each other."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from her2mri.datasets.reconstruction_blocks import BLOCKS
from her2mri.datasets.reconstruction_cells import cells
from her2mri.datasets.reconstruction_exchange import exchange
from her2mri.datasets.reconstruction_values import GRIDS, fill_values

T_CUTS: Final = {2.0: ("T1",), 5.0: ("T1", "T2")}
"""T1 is at most 2 cm, T2 at most 5 cm."""


def draft(rng: np.random.Generator) -> pd.DataFrame:
    """1,030 lesions cell by cell, with ``cell``, the position of the cell, as a column."""
    columns: dict[str, list[object]] = {}
    columns["cell"] = [index for index, cell in enumerate(cells()) for _ in range(cell.size)]
    for block in BLOCKS:
        states, counts = block.states(), block.counts()
        for name in block.names:
            columns[name] = []
        for index in range(len(cells())):
            rows = rng.permutation(np.repeat(np.arange(len(states)), counts[:, index]))
            for position, name in enumerate(block.names):
                columns[name] += [states[row][position] for row in rows]
    frame = pd.DataFrame(columns)
    for name in GRIDS:
        sized = _sized(frame) if name == "diameter_cm" else {}
        frame[name] = np.concatenate(
            [rng.permutation(values) for values in exchange(name, fill_values(name, sized))]
        )
    return frame


def _sized(frame: pd.DataFrame) -> dict[int, dict[float, int]]:
    """For each cell how many lesions have at most a size, by their T category."""
    return {
        int(str(index)): {cut: int(rows.isin(within).sum()) for cut, within in T_CUTS.items()}
        for index, rows in frame.groupby("cell")["t_category"]
    }
