"""What each input did to the probability of a tree or a network: exact Shapley values without a patient."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Final

from her2mri.bundle.arrays import shifted
from her2mri.bundle.design import Values
from her2mri.bundle.joint import TooManyMissingError

if TYPE_CHECKING:
    from her2mri.bundle.bundle import Bundle

MOST_INPUTS: Final = 10
MOST_POINTS: Final = 200_000


def attribution(
    bundle: Bundle, values: Values, *, offset: float
) -> tuple[float, dict[str, float | None]] | None:
    """The average probability, and what knowing each value adds to it; None where there are too many to average.

    A set of known inputs is worth the probability averaged over the others as a missing input is (decision 0082),
    and an input is worth its mean addition over all orders of becoming known. The average and the additions sum to
    the answer's probability, exactly. A missing value adds nothing: None. Decision 0096.

    Source: Shapley 1953, doi:10.1515/9781400881970-018; Aas, Jullum and Løland 2021,
    doi:10.1016/j.artint.2021.103502, on the conditional expectation.
    """
    known = [name for name, value in values.items() if value is not None]
    if len(known) > MOST_INPUTS:
        return None
    worth: dict[frozenset[str], float] = {}
    try:
        for size in range(len(known) + 1):
            for chosen in combinations(known, size):
                worth[frozenset(chosen)] = _worth(bundle, values, frozenset(chosen), offset)
    except TooManyMissingError:
        return None
    found: dict[str, float | None] = dict.fromkeys(values)
    for name in known:
        others = [other for other in known if other != name]
        found[name] = sum(
            (worth[frozenset((*before, name))] - worth[frozenset(before)])
            / (len(known) * comb(len(others), size))
            for size in range(len(known))
            for before in combinations(others, size)
        )
    return worth[frozenset()], found


def _worth(bundle: Bundle, values: Values, known: frozenset[str], offset: float) -> float:
    """The probability when only these inputs are known."""
    partial = {name: value if name in known else None for name, value in values.items()}
    plain, _, gaps = bundle.design.plain_row(partial)
    rows, weight = bundle.completed(plain, gaps, most=MOST_POINTS)
    return float(weight @ shifted(bundle.family.probability(bundle.design.expanded(rows)), offset))
