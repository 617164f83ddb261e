"""Times of phases that the user gives, checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError


def given_seconds(where: str, seconds: Sequence[float], n_phases: int) -> NDArray[np.float64]:
    """Seconds of each phase after the injection, as given.

    Raises:
        InputError: not one per phase, not ascending, or none before or none after the injection.

    """
    when = np.asarray(seconds, dtype=float)
    rule = "seconds from the injection to the middle of each phase, ascending, one below 0 or at it and one above"
    if when.shape != (n_phases,):
        problem = f"{n_phases} phases, but {when.size} times were given"
    elif not np.isfinite(when).all() or (np.diff(when) <= 0).any():
        problem = "the times given are not ascending"
    elif when[0] > 0 or when[-1] <= 0:
        problem = f"times from {when[0]:g} to {when[-1]:g} s: no phase before, or none after the injection"
    else:
        return when
    raise InputError([Fault(where, problem, allowed=rule)])


def check_precontrast(where: str, precontrast: int, n_phases: int) -> None:
    """Raises InputError unless there is a phase before and one after the contrast."""
    if not 1 <= precontrast < n_phases:
        problem = f"{n_phases} phases, {precontrast} of them said to be before the contrast"
        raise InputError([Fault(where, problem, allowed=f"1 to {n_phases - 1}")])
