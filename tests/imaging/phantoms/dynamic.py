"""A contrast-enhanced phantom: three lesions, one of each curve type, of known early enhancement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.volume import DynamicSeries, Geometry
from imaging.phantoms.shapes import ellipsoid, oblique_geometry

STARTS = (-90.0, 15.0, 105.0, 195.0, 285.0)
"""Seconds from the injection to the start of each phase."""
DURATION = 30.0
"""Seconds that a phase takes: its middle, which is its time, lies half of it later (-75, 30, 120, 210, 300)."""
EARLY_SECONDS = 120.0
LATE_CHANGE = {"I": 0.25, "II": 0.0, "III": -0.25}
"""Change of the signal from its value at 2 min to the last phase, as a share of that value, for each curve type."""
CENTERS = {"I": (6.0, 18.0, 18.0), "II": (6.0, 18.0, 45.0), "III": (6.0, 46.0, 32.0)}
RADII = (11.0, 9.0, 10.5)
BASELINE = 400.0


def enhancement(
    kind: str, seconds: NDArray[np.float64], *, eer: float, early: float = EARLY_SECONDS
) -> NDArray[np.float64]:
    """(signal - baseline) / baseline: a straight rise from the injection to ``eer`` at ``early``, then straight on.

    For any ``seconds``; its peak within 2 min is its value at 2 min, where ``early`` is 120. An interpolation
    between phases meets the bend exactly where a phase has its middle there: see :func:`dynamic_phantom`.
    """
    last = float(seconds[-1])
    late = (1 + eer) * (1 + LATE_CHANGE[kind]) - 1
    return np.interp(seconds, [0.0, early, max(last, early + 1)], [0.0, eer, late])


@dataclass(frozen=True, eq=False)
class DynamicPhantom:
    """``series`` is what a reader should give; ``lesions`` the mask of each curve type; files tell ``starts``."""

    series: DynamicSeries
    starts: NDArray[np.float64]
    duration: float
    lesions: dict[str, NDArray[np.bool_]]
    eer: dict[str, float]


def dynamic_phantom(
    *,
    eer: float | dict[str, float] = 1.2,
    starts: Sequence[float] = STARTS,
    duration: float = DURATION,
    snr: float | None = None,
    seed: int = 7,
    geometry: Geometry | None = None,
) -> DynamicPhantom:
    """Lesions in a slowly enhancing breast within air; whole numbers, as a scanner writes them.

    The phases' middles are -75, 30, 120, 210 and 300 s unless ``starts`` says otherwise, so that one lies at 2 min
    and interpolation is exact there. With ``snr`` (baseline signal by SD of the noise in each of the two channels)
    the noise is Rician, that of a magnitude image.
    """
    geometry = geometry or oblique_geometry()
    begin = np.array(starts, dtype=float)
    seconds = begin + duration / 2
    eers = eer if isinstance(eer, dict) else dict.fromkeys(CENTERS, eer)
    clean = np.zeros((len(begin), *geometry.shape))
    clean[:] = _breast(geometry) * (1 + np.interp(seconds, [0, 300], [0, 0.15]))[:, None, None, None]
    scale = np.array(geometry.shape) / np.array([12, 64, 64])
    lesions = {}
    for kind, center in CENTERS.items():
        mask = ellipsoid(geometry, tuple(np.array(center) * scale), RADII)
        lesions[kind] = mask
        clean[:, mask] = BASELINE * (1 + enhancement(kind, seconds, eer=eers[kind]))[:, None]
    signal = np.round(rician(clean, BASELINE / snr, seed) if snr else clean).astype(np.float32)
    series = DynamicSeries(signal, seconds, geometry, "phantom")
    return DynamicPhantom(series, begin, duration, lesions, eers)


def _breast(geometry: Geometry) -> NDArray[np.float64]:
    """Parenchyma of half a lesion's baseline, air around it."""
    center = tuple((np.array(geometry.shape) - 1) / 2)
    reach = np.array(geometry.shape[::-1]) * geometry.spacing / 2
    return np.where(ellipsoid(geometry, center, tuple(reach * [0.97, 0.97, 1.8])), BASELINE / 2, 0.0)


def rician(signal: NDArray[np.float64], sigma: float, seed: int) -> NDArray[np.float64]:
    """The magnitude of a signal with Gaussian noise of SD ``sigma`` in both channels."""
    random = np.random.default_rng(np.random.SeedSequence(seed))
    return np.hypot(signal + random.normal(0, sigma, signal.shape), random.normal(0, sigma, signal.shape))
