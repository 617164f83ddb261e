"""Why a row of figures fits no two-by-two table: the fewest figures to doubt, and the shortest proof."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

from her2mri.audit.confusion import FIGURES, ConfusionRows, Solutions, solutions

DOUBTED_FIRST: Final = ("ppv", "npv", "accuracy", "specificity", "sensitivity")
"""Where several single figures could be the wrong one, the one derived from most others is named."""


@dataclass(frozen=True)
class Repair:
    """``doubted``: the fewest figures without which the others fit; ``remaining``: the tables that then fit.

    ``proofs``: for each doubted figure the smallest set of printed figures, itself among them, that no
    two-by-two table gives together.
    """

    doubted: tuple[str, ...]
    proofs: dict[str, tuple[str, ...]]
    remaining: Solutions


def repair(rows: ConfusionRows, row: int) -> Repair:
    """Which figures of a row to doubt; none where the row fits.

    Of all sets of figures whose removal makes the rest fit, a smallest is taken: so every doubted figure
    contradicts the figures kept, and its proof needs nothing but these and itself.
    """
    one = rows.take([row])
    printed = tuple(name for name, there in zip(FIGURES, one.printed[0], strict=True) if there)
    for size in range(len(printed) + 1):
        for doubted in combinations([name for name in DOUBTED_FIRST if name in printed], size):
            kept = tuple(name for name in printed if name not in doubted)
            if remaining := solutions(one.only(kept)):
                return Repair(doubted, {name: _proof(one, kept, name) for name in doubted}, remaining)
    raise ValueError("a row without printed figures fits")


def _proof(one: ConfusionRows, kept: tuple[str, ...], doubted: str) -> tuple[str, ...]:
    for size in range(len(kept) + 1):
        for others in combinations(kept, size):
            if not solutions(one.only((*others, doubted))):
                return (*others, doubted)
    raise ValueError(f"{doubted} does not contradict {', '.join(kept)}")
