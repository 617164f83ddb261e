"""The type of a time-intensity curve: what follows two minutes or the turning point."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.early_enhancement import EARLY_SECONDS, WHERE, early_phases

Floats = NDArray[np.floating]

CURVE_TYPES: Final = ("progressive", "plateau", "washout")
"""Types I, II and III, by the names of the dictionary."""
TOLERANCE: Final = 0.10
"""What still counts as constant, as a share of the signal; 10 % is what most readers use."""


def delayed_change(signal: ArrayLike, seconds: ArrayLike) -> tuple[Floats, Floats]:
    """What follows of curves ``signal`` (phases, ...): change of the last phase from SI_post, and from the peak.

    SI_post is that of the early enhancement ratio; the peak is the highest of SI_post and all later phases:
    the turning point. Both are shares of the signal that they start from. Raises InputError where no phase
    is later than 2 min, and as ``early_phases`` does.
    """
    curves = np.asarray(signal)
    times = np.asarray(seconds, dtype=float)
    phases = early_phases(times)
    late = times > EARLY_SECONDS
    if not late.any():
        raise InputError(
            [Fault(WHERE, "no phase later than 2 min", remedy="the type of the curve needs one")]
        )
    weights = phases.candidates.astype(curves.dtype if curves.dtype.kind == "f" else float)
    early = np.tensordot(weights, curves, axes=(1, 0)).max(axis=0)
    peak = np.maximum(early, curves[late].max(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return curves[-1] / early - 1.0, curves[-1] / peak - 1.0


def curve_types(signal: ArrayLike, seconds: ArrayLike, *, tolerance: float = TOLERANCE) -> NDArray[np.intp]:
    """The type of each of many curves ``signal`` (phases, ...), as a place in ``CURVE_TYPES``.

    Wash-out: the last phase lies more than ``tolerance`` below the highest signal from 2 min on (or the peak
    before it). Else progressive: it lies more than ``tolerance`` above SI_post. Else plateau.
    """
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance must fulfil 0 < tolerance < 1, got {tolerance}")
    from_early, from_peak = delayed_change(signal, seconds)
    return np.where(from_peak < -tolerance, 2, np.where(from_early > tolerance, 0, 1)).astype(np.intp)


def curve_type(signal: ArrayLike, seconds: ArrayLike, *, tolerance: float = TOLERANCE) -> str:
    """The type of one curve ``signal`` (phases,), in the dictionary's words.

    >>> curve_type([100, 180, 200, 160], [0, 60, 120, 300])
    'washout'
    """
    return CURVE_TYPES[int(curve_types(np.asarray(signal, dtype=float), seconds, tolerance=tolerance))]
