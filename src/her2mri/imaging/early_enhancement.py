"""The early enhancement ratio: how much brighter a lesion is two minutes after the contrast agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import Fault, InputError

Floats = NDArray[np.float64]

EARLY_SECONDS: Final = 120.0
NEARLY_EARLY: Final = 15.0
"""A series that ends this many seconds before 2 min or less is read at its last phase."""
WIDEST_GAP: Final = 180.0
"""Two phases farther apart, seconds, say nothing of what the signal was at 2 min between them."""
WHERE: Final = "contrast-enhanced series"


@dataclass(frozen=True, eq=False)
class EarlyPhases:
    """Which phases make SI_pre and SI_post, as weights of the signal.

    ``before`` (phases,) is the mean of the phases up to the injection; each row of ``candidates``
    (candidates, phases) is one possible SI_post: the signal at 2 min, and every phase up to then.
    ``at`` (candidates,) is the time of each in seconds, ``said`` how it came about.
    """

    before: Floats
    candidates: Floats
    at: Floats
    said: tuple[str, ...]

    @property
    def used(self) -> NDArray[np.intp]:
        """The phases that any weight asks for."""
        asked = (self.before != 0) | (self.candidates != 0).any(axis=0)
        return np.flatnonzero(asked).astype(np.intp)


@dataclass(frozen=True)
class EarlyEnhancement:
    """The ratio with what it was made of: signals before and after, and the time of the latter."""

    ratio: float
    before: float
    after: float
    after_seconds: float
    method: str


def early_phases(seconds: ArrayLike) -> EarlyPhases:
    """The weights for phases at ``seconds`` (phases,) from the start of the injection, ascending.

    Phases at 0 or before are SI_pre. The signal at 2 min is interpolated linearly between the phases around
    it; a series that ends up to 15 s earlier is read at its last phase. Raises InputError where no phase
    lies before the injection, none reaches 2 min, or the phases around 2 min are more than 180 s apart.
    """
    times = np.asarray(seconds, dtype=float)
    if times.ndim != 1 or (np.diff(times) <= 0).any():
        raise ValueError("seconds must be one ascending time a phase")
    before, after = times <= 0, times > 0
    if not before.any():
        _refuse("no phase before the injection", "a phase without contrast agent is needed")
    if not after.any() or times[-1] < EARLY_SECONDS - NEARLY_EARLY:
        _refuse("no phase reaches 2 min after the injection", f"the last is at {times[-1]:.0f} s")
    within = np.flatnonzero(after & (times <= EARLY_SECONDS))
    rows = [np.eye(len(times))[i] for i in within]
    said = [f"peak within 2 min, at {times[i]:.0f} s" for i in within]
    at = [float(times[i]) for i in within]
    if times[-1] >= EARLY_SECONDS and EARLY_SECONDS not in times:
        right = int(np.searchsorted(times, EARLY_SECONDS))
        row, how = _at_two_minutes(times, right)
        rows.append(row)
        at.append(EARLY_SECONDS if within.size else float(times[right]))
        said.append(how)
    return EarlyPhases(before / before.sum(), np.array(rows), np.array(at), tuple(said))


def _at_two_minutes(times: Floats, right: int) -> tuple[Floats, str]:
    """The weights of the signal at 2 min, where ``right`` is the first phase after it."""
    row = np.zeros(len(times))
    left, later = times[right - 1], times[right]
    if left <= 0:  # the agent arrives in between, so that a straight line would be wrong
        if later > EARLY_SECONDS + NEARLY_EARLY:
            _refuse("no phase within 2 min of the injection", f"the first is at {later:.0f} s")
        row[right] = 1.0
        return row, f"the first phase, at {later:.0f} s"
    if later - left > WIDEST_GAP:
        _refuse(
            f"the phases around 2 min are {later - left:.0f} s apart",
            f"at most {WIDEST_GAP:.0f} s can be bridged",
        )
    row[right] = (EARLY_SECONDS - left) / (later - left)
    row[right - 1] = 1.0 - row[right]
    return row, f"at 2 min, interpolated between phases at {left:.0f} and {later:.0f} s"


def early_enhancement_ratio(signal: ArrayLike, seconds: ArrayLike) -> EarlyEnhancement:
    """(SI_post - SI_pre) / SI_pre of one curve ``signal`` (phases,) at ``seconds`` (phases,).

    SI_post is the larger of the signal at 2 min and the highest of the phases up to 2 min. Raises InputError
    as ``early_phases`` does, and where the signal before the injection is not positive.

    >>> found = early_enhancement_ratio([100, 180, 200, 190], [0, 60, 120, 180])
    >>> found.ratio, found.method
    (1.0, 'peak within 2 min, at 120 s')
    """
    curve = np.asarray(signal, dtype=float)
    phases = early_phases(seconds)
    if curve.shape != phases.before.shape:
        raise ValueError(f"signal must have shape {phases.before.shape}, got {curve.shape}")
    before = float(phases.before @ curve)
    if not before > 0:
        _refuse("no signal before the injection", "the ratio needs a positive one")
    possible = phases.candidates @ curve
    best = int(possible.argmax())
    after = float(possible[best])
    return EarlyEnhancement(after / before - 1.0, before, after, float(phases.at[best]), phases.said[best])


def _refuse(problem: str, remedy: str) -> NoReturn:
    raise InputError([Fault(WHERE, problem, remedy=remedy)])
