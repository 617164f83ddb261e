"""Which categorical variables are laid down together, and how their levels go together in the clinic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from her2mri.datasets.reconstruction_cells import Cell, cells
from her2mri.datasets.reconstruction_counts import IntMatrix, State, fill_cells
from her2mri.dictionary import load_dictionary

AGAINST_THE_RULES: Final = 1e-3
"""Weight of a combination that should not occur, and does only where the printed counts force it."""


def _alike(state: State, cell: Cell) -> float:
    return 1.0


def _receptors(state: State, cell: Cell) -> float:
    """ER and PR mostly agree, low Ki-67 goes with ER; the subtype follows from them and HER2."""
    er, pr, hr, ki67, subtype = state
    if (hr == "positive") != ("positive" in (er, pr)):
        return 0.0
    if (subtype == "her2_enriched") != (cell.status == "positive"):
        return 0.0
    weight = 0.3 if (er, pr) == ("negative", "positive") else 1.0 if er != pr else 3.0
    if (er == "negative") == (ki67 == "high"):
        weight *= 2
    return weight if subtype in ("her2_enriched", subtype_of(hr, ki67)) else weight * AGAINST_THE_RULES


def subtype_of(hr: str, ki67: str) -> str:
    """The molecular subtype of a HER2-negative lesion."""
    if hr == "negative":
        return "triple_negative"
    return "luminal_a" if ki67 == "low" else "luminal_b"


def _nodes(state: State, cell: Cell) -> float:
    """Nodes involved by pathology are mostly the enlarged ones of imaging."""
    category, enlarged = state
    return 4.0 if (category != "N0") == (enlarged == "yes") else 1.0


def _side(state: State, cell: Cell) -> float:
    """A left lesion lies in a left quadrant.

    Nearly all lesions printed as bilateral have to lie in left quadrants for the sides to close: they are
    read as the left lesion of a patient with two.
    """
    location, quadrant = state
    left = quadrant in ("upper_left", "lower_left", "left_central")
    return 1.0 if left == (location != "right") else AGAINST_THE_RULES


def _mass(state: State, cell: Cell) -> float:
    """A circumscribed mass is round or oval."""
    shape, margin, _ = state
    return 0.02 if (shape, margin) == ("irregular", "circumscribed") else 1.0


@dataclass(frozen=True)
class Block:
    """Variables whose joint counts are laid down together."""

    names: tuple[str, ...]
    weight: Callable[[State, Cell], float] = _alike

    def states(self) -> list[State]:
        """Every combination of their levels."""
        dictionary = load_dictionary()
        return list(product(*(dictionary[name].values for name in self.names)))

    def counts(self) -> IntMatrix:
        """Lesions of every state in every cell, states by cells."""
        states = self.states()
        weights = np.array([[self.weight(state, cell) for cell in cells()] for state in states])
        return fill_cells(self.names, states, weights)


_ALONE: Final = (
    ("lesion_number",), ("accompanying_signs",), ("grade",), ("t_category",), ("histological_subtype",),
    ("menopausal_status",), ("fgt",), ("bpe",), ("t2_signal",), ("intratumoral_edema",),
    ("peritumoral_edema",), ("enhancement_type",), ("tic",), ("avs",), ("birads",),
)  # fmt: skip

BLOCKS: Final = (
    Block(("er_status", "pr_status", "hr_status", "ki67_status", "molecular_subtype"), _receptors),
    Block(("n_category", "lymphadenectasis"), _nodes),
    Block(("location", "quadrant"), _side),
    Block(("shape", "margin", "internal_enhancement"), _mass),
    *map(Block, _ALONE),
)
