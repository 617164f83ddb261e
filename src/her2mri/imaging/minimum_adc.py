"""The minimum ADC of a lesion: the mean of several small circles where it is darkest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.measured import Z_95, Measured, spread
from her2mri.imaging.sub_roi import DRAWS, REACH, SPREAD, Discs, contenders, extreme_places

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]

SEVERAL: Final = 3
UNIT: Final = "10-3.mm2/s"
_AT_ONCE: Final = 3_000_000


@dataclass(frozen=True, eq=False)
class MinimumAdc:
    """The measures, and ``spots``: the circles that were placed, darkest first.

    ``drawn`` (draws, circles) are the places that noise alone could have made the darkest.
    """

    spots: Ints
    measured: tuple[Measured, ...]
    drawn: Ints


def measure_minimum_adc(
    adc: Floats, places: Discs, *, std_error: Floats | None = None, count: int = SEVERAL, seed: int = 1
) -> MinimumAdc:
    """The mean over up to ``count`` circles, of which no two overlap, where ``adc`` (n,) is lowest.

    ``places`` are where a circle fits, ``std_error`` (n,) is that of each voxel's ADC, None where it is not
    known. Raises ValueError unless count is at least 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    means = places.means(adc.astype(np.float64))
    spots = extreme_places(-means, places, count=count)
    plain = float(means[spots].mean())
    estimate, error, whole_error = plain, float("nan"), float("nan")
    drawn = spots[None, :]
    if std_error is not None and float(std_error.max()) > 0:
        variance = std_error.astype(np.float64) ** 2
        of_spots = places.means(variance)[spots] / places.members.shape[1]
        error = float(np.sqrt(of_spots.sum()) / len(spots))
        whole_error = float(np.sqrt(variance.sum()) / len(adc))
        estimate, drawn = _unselected_mean(means, places, std_error, spots, seed)
    method = (
        f"mean of {len(spots)} circle{'s' if len(spots) > 1 else ''} of {places.area_mm2:.0f} mm² "
        "where it is darkest"
        if places.fits
        else "whole lesion, which is small"
    )
    minimum = Measured(
        "adc", estimate, method, error, UNIT, as_placed=plain, placement_sd=spread(means[spots])
    )
    whole = Measured("adc_whole", float(adc.mean(dtype=np.float64)), "mean of the lesion", whole_error, UNIT)
    return MinimumAdc(spots, (minimum, whole), drawn)


def darkest_spot(estimate: float, as_placed: float, std_error: float) -> tuple[float, float]:
    """Between which values the darkest spot lies that would be chosen without noise.

    The value at the place that looks darkest lies below it, the mean over places that noise could choose above it:
    from the one to the other, each with 1.96 ``std_error``. Holds it in 97 to 100 % of simulated lesions, where
    the interval of the estimate alone, which speaks of the tissue measured, holds it in 76 to 99 %.
    """
    half = Z_95 * std_error
    return min(as_placed, estimate) - half, max(as_placed, estimate) + half


def _unselected_mean(
    means: Floats, places: Discs, std_error: Floats, spots: Ints, seed: int
) -> tuple[float, Ints]:
    """The mean at the darkest places without what choosing them by a noisy map takes off, and the places drawn.

    As in ``enhancement`` (decision 0175).
    """
    size = places.members.shape[1]
    worst = float(np.sqrt((places.means(std_error.astype(np.float64) ** 2) / size).max()))
    reach = float(np.ptp(means[spots])) + REACH * worst
    kept, near, voxels = contenders(-means, places, reach=reach)
    X, sd = means[kept], std_error[voxels].astype(np.float32)
    rng = np.random.default_rng(np.random.SeedSequence((seed, 3)))
    found: list[float] = []
    drawn: list[Ints] = []
    while len(found) < DRAWS:
        chunk = min(max(_AT_ONCE // len(voxels), 1), DRAWS - len(found))
        Z = near.means(sd * rng.standard_normal((chunk, len(voxels)), dtype=np.float32))
        for z in Z:
            chosen = extreme_places(-(X + SPREAD * z), near, count=len(spots))
            found.append(float((X[chosen] - z[chosen] / SPREAD).mean()))
            drawn.append(chosen)
    return float(np.mean(found)), _places(drawn, kept)


def _places(drawn: list[Ints], kept: Ints) -> Ints:
    """The places of each draw (draws, circles); one that found fewer repeats its last."""
    count = max(map(len, drawn))
    return np.stack([kept[np.pad(chosen, (0, count - len(chosen)), mode="edge")] for chosen in drawn])
