"""The stepwise search leaves models unfitted that cannot win; the one it takes must be the best of all."""

from __future__ import annotations

import numpy as np
import pytest

from her2mri.selection import kernels
from her2mri.selection.logistic import standardised
from her2mri.selection.stepwise import stepwise_aic


def made_up(seed: int, *, rare: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Twelve groups of one to three columns; a rare level has no event, so that the classes separate."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(12), rng.integers(1, 4, 12))
    X = (rng.normal(size=(150, len(groups))) + 0.5 * rng.normal(size=(150, 1)) > 0.6).astype(float)
    X[:, groups == 0] = rng.normal(size=(150, int((groups == 0).sum())))
    y = (rng.random(150) < 1 / (1 + np.exp(1 - 1.5 * X[:, 0] - X[:, 5]))).astype(int)
    if rare:
        X[:, 8] = np.isin(np.arange(150), np.flatnonzero(y == 0)[:4])
    return X, y, groups


def exhaustive(X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> list[tuple[str, int]]:
    """Every model fitted at every step."""

    def aic(members: list[int]) -> float:
        columns = standardised(X[:, np.isin(groups, members)])[0]
        return 2 * len(columns) - 2 * kernels.newton(columns, y.astype(float))[2]

    every = sorted(set(groups.tolist()))
    current, moves = list(every), []
    while True:
        options = [("-", g, [h for h in current if h != g]) for g in current]
        options += [("+", g, [*current, g]) for g in every if g not in current]
        sign, group, members = min(options, key=lambda option: aic(option[2]))
        if aic(members) >= aic(current):
            return moves
        moves.append((sign, group))
        current = members


@pytest.mark.parametrize("rare", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_each_move_is_the_best_of_all_moves(seed: int, rare: bool) -> None:
    X, y, groups = made_up(seed, rare=rare)
    assert list(stepwise_aic(X, y, groups).moves) == exhaustive(X, y, groups)
