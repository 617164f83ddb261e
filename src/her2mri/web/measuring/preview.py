"""What the page shows of a series: grey values of every phase on its own grid, and of no header anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.early_enhancement import EARLY_SECONDS
from her2mri.imaging.nifti_write import write_nifti
from her2mri.imaging.volume import DynamicSeries, Geometry

_PLANES: Final = ("sagittal", "coronal", "axial")
_SAMPLE: Final = 1_000_000
_LIMITS: Final = (0.5, 99.8)


def write_preview(path: Path, series: DynamicSeries) -> dict[str, Any]:
    """Write the phases, and the rise to 2 min, as 256 grey values; what the page says of them.

    Phases share one scale, so that they can be compared; the rise has its own, from none to its brightest.
    """
    after = int(np.argmin(np.abs(series.seconds - EARLY_SECONDS)))
    before = series.signal[series.seconds <= 0]
    grey = np.empty((len(series.signal) + 1, *series.geometry.shape), dtype=np.uint8)
    low, high = _limits(series.signal)
    for volume, phase in zip(grey, series.signal, strict=False):
        volume[:] = _grey(phase, low, high)
    rise = series.signal[after] - before.mean(axis=0)
    grey[-1] = _grey(rise, 0.0, _limits(rise)[1])
    write_nifti(path, grey, series.geometry)
    return {
        "frames": [*(_name(seconds) for seconds in series.seconds.tolist()), "Rise to 2 min"],
        "first": after,
        "plane": plane_of(series.geometry),
        "shape": list(series.geometry.shape),
        "spacing": series.geometry.spacing.tolist(),
        "timing": series.timing,
        "notes": list(series.notes),
    }


def plane_of(geometry: Geometry) -> str:
    """The plane of the patient that the slices lie nearest to."""
    return _PLANES[int(np.argmax(np.abs(geometry.direction[:, 2])))]


def _limits(values: NDArray[np.float32]) -> tuple[float, float]:
    """What is shown black and white: nearly the darkest and the brightest of some of the voxels."""
    some = values.reshape(-1)[:: max(1, values.size // _SAMPLE)]
    low, high = np.percentile(some, _LIMITS)
    return float(low), float(max(high, low + 1e-6))


def _grey(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    scaled = (values - np.float32(low)) * np.float32(255 / max(high - low, 1e-6))
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def _name(seconds: float) -> str:
    if seconds <= 0:
        return "Before contrast"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min"
