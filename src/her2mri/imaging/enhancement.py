"""Early enhancement and curve type of a lesion, where it enhances most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.imaging.curve_type import CURVE_TYPES, TOLERANCE, curve_type, curve_types, delayed_change
from her2mri.imaging.early_enhancement import (
    EARLY_SECONDS,
    EarlyPhases,
    early_enhancement_ratio,
    early_phases,
)
from her2mri.imaging.measured import Measured, spread
from her2mri.imaging.sub_roi import DRAWS, REACH, SPREAD, Discs, contenders, extreme_places

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]

SEVERAL: Final = 3
_CURVES: Final = 2000
_AT_ONCE: Final = 3_000_000


@dataclass(frozen=True, eq=False)
class Enhancement:
    """What a lesion's contrast enhancement comes to.

    ``spots`` are the most enhancing places, best first; ``drawn`` (draws,) are those that noise alone could have
    made the first. ``curve`` (phases,) is the mean signal there, freed of what choosing the place by noisy signals
    adds, ``whole_curve`` that of the lesion.
    """

    spots: Ints
    drawn: Ints
    curve: Floats
    whole_curve: Floats
    curve_type: str | None
    after_seconds: float
    measured: tuple[Measured, ...]


def measure_enhancement(
    signal: Floats,
    seconds: ArrayLike,
    places: Discs,
    *,
    noise: float | None = None,
    tolerance: float = TOLERANCE,
    seed: int = 1,
) -> Enhancement:
    """EER and curve type of a lesion's voxels ``signal`` (phases, n) at ``seconds`` (phases,).

    ``places`` are where the sub-ROI fits; it lies where the signal rises most. ``noise`` is the standard
    deviation of the signal's noise, None where it is not known. Raises InputError as ``early_phases`` does.
    """
    phases = early_phases(seconds)
    used = phases.used
    before, candidates = phases.before[used], phases.candidates[:, used]
    means = places.means(signal[used].astype(np.float64))
    score = (candidates @ means - before @ means).max(axis=0)
    spots = extreme_places(score, places, count=SEVERAL)
    plain_curve = signal[:, places.members[spots[0]]].mean(axis=1, dtype=np.float64)
    plain = early_enhancement_ratio(_without_floor(plain_curve, noise), seconds)
    estimate, error, drawn, curve = plain.ratio, float("nan"), spots[:1], plain_curve
    if noise is not None and noise > 0:
        estimate, drawn, early = _unselected(means, score, places, (before, candidates), noise, seed)
        error = ratio_std_error(plain_curve, phases, noise, places.members.shape[1])
        curve = signal[:, places.members[drawn]].mean(axis=(1, 2), dtype=np.float64)
        curve[used] = early
    whole = signal.mean(axis=1, dtype=np.float64)
    where = (
        f"{places.area_mm2:.0f} mm² where it enhances most" if places.fits else "whole lesion, which is small"
    )
    eer = Measured(
        "eer",
        estimate,
        f"{plain.method}; {where}",
        error,
        as_placed=plain.ratio,
        placement_sd=_spread(signal, seconds, places, spots),
    )
    lesion = early_enhancement_ratio(_without_floor(whole, noise), seconds)
    whole_error = float("nan") if noise is None else ratio_std_error(whole, phases, noise, signal.shape[1])
    measured = [
        eer,
        Measured("eer_whole", lesion.ratio, f"{lesion.method}; mean of the whole lesion", whole_error),
    ]
    found = None
    if float(np.asarray(seconds, dtype=float)[-1]) > EARLY_SECONDS:
        found = curve_type(curve, seconds, tolerance=tolerance)
        measured += _curve(curve, seconds, found, noise, places.members.shape[1], tolerance, seed)
    return Enhancement(spots, drawn, curve, whole, found, plain.after_seconds, tuple(measured))


def _spread(signal: Floats, seconds: ArrayLike, places: Discs, spots: Ints) -> float:
    """Standard deviation of the plain ratio among the most enhancing places."""
    curves = (signal[:, places.members[spot]].mean(axis=1, dtype=np.float64) for spot in spots)
    return spread(np.array([early_enhancement_ratio(curve, seconds).ratio for curve in curves]))


def ratio_std_error(curve: Floats, phases: EarlyPhases, noise: float, voxels: int) -> float:
    """Standard error of the early enhancement ratio of a mean ``curve`` (phases,) over independent voxels.

    First order: that of SI_post, and (1 + EER) times that of SI_pre, over SI_pre.
    """
    possible = phases.candidates @ curve
    best = int(possible.argmax())
    before = float(phases.before @ curve)
    after = phases.candidates[best]
    variance = (after @ after) + (possible[best] / before) ** 2 * (phases.before @ phases.before)
    return float(noise / before * np.sqrt(variance / voxels))


def type_shares(
    signal: Floats, mask: NDArray[np.bool_], seconds: ArrayLike, *, tolerance: float = TOLERANCE
) -> NDArray[np.float64]:
    """Share of the lesion's voxels with each of ``CURVE_TYPES``; ``signal`` (phases, n) lies in ``mask``.

    The curve of a voxel is the mean over it and its eight neighbours in the slice as far as they lie in the
    lesion, because one voxel is too noisy for a type.
    """
    slices, rows, columns = mask.shape
    order = np.full((slices, rows + 2, columns + 2), signal.shape[1], dtype=np.intp)
    order[:, 1:-1, 1:-1][mask] = np.arange(signal.shape[1])
    padded = np.concatenate([signal, np.zeros((len(signal), 1), dtype=signal.dtype)], axis=1)
    total, count = np.zeros_like(signal), np.zeros(signal.shape[1], dtype=signal.dtype)
    for row in range(3):
        for column in range(3):
            neighbour = order[:, row : row + rows, column : column + columns][mask]
            total += padded[:, neighbour]
            count += neighbour < signal.shape[1]
    types = curve_types(total / count, seconds, tolerance=tolerance)
    return np.bincount(types, minlength=len(CURVE_TYPES)) / len(types)


def _curve(
    curve: Floats,
    seconds: ArrayLike,
    found: str,
    noise: float | None,
    voxels: int,
    tolerance: float,
    seed: int,
) -> list[Measured]:
    """The change after 2 min and how sure the type is: the share of curves that noise leaves at this type."""
    change, from_peak = (float(value) for value in delayed_change(curve, seconds))
    error = sure = float("nan")
    if noise is not None:
        rng = np.random.default_rng(np.random.SeedSequence((seed, 2)))
        drawn = curve[:, None] + noise / np.sqrt(voxels) * rng.standard_normal((len(curve), _CURVES))
        error = float(delayed_change(drawn, seconds)[0].std(ddof=1))
        types = curve_types(drawn, seconds, tolerance=tolerance)
        sure = float((types == CURVE_TYPES.index(found)).mean())
    said = (
        f"last phase {_change(change)} from SI_post, {_change(from_peak)} from the turning point, limits "
        f"±{100 * tolerance:.0f} %; estimate: share of curves with such noise of this type"
    )
    return [
        Measured("tic", sure, said, level=found),
        Measured("delayed_change", change, "last phase against SI_post, as a ratio", error),
    ]


def _change(share: float) -> str:
    return f"{100 * share:+.0f} %".replace("-", "−")


def _without_floor(curve: Floats, noise: float | None) -> Floats:
    """The signal without what the magnitude of Rician noise adds to it, to first order in its mean."""
    return curve if not noise else curve - noise**2 / (2.0 * np.maximum(curve, noise))


def _unselected(
    means: Floats,
    score: Floats,
    places: Discs,
    weights: tuple[Floats, Floats],
    noise: float,
    seed: int,
) -> tuple[float, Ints, Floats]:
    """The ratio at the most enhancing place, the places drawn, and the mean signals there.

    Ratio and signals are without what choosing the place by noisy signals adds.

    Noise Z is drawn; with X + c Z a place and a phase are chosen, with X - Z / c, whose noise is independent
    of it, they are measured; the mean is over many draws (decision 0175).
    """
    before, candidates = weights
    reach = REACH * noise * float(np.sqrt(2.0 / places.members.shape[1]))
    kept, near, voxels = contenders(score, places, reach=reach)
    rng = np.random.default_rng(np.random.SeedSequence((seed, 1)))
    X = means[:, kept]
    ratios: list[Floats] = []
    signals: list[Floats] = []
    chosen: list[Ints] = []
    drawn = 0
    while drawn < DRAWS:
        count = min(max(_AT_ONCE // (len(X) * len(voxels)), 1), DRAWS - drawn)
        Z = near.means(noise * rng.standard_normal((count, len(X), len(voxels)), dtype=np.float32))
        first = X + SPREAD * Z
        gain = np.einsum("cp,dpk->dck", candidates, first) - np.einsum("p,dpk->dk", before, first)[:, None]
        phase, place = np.divmod(gain.reshape(count, -1).argmax(axis=1), len(kept))
        second = X[:, place].T - Z[np.arange(count), :, place] / SPREAD
        second = _without_floor(second, noise)
        ratios.append((candidates[phase] * second).sum(axis=1) / (second @ before) - 1.0)
        signals.append(second)
        chosen.append(kept[place])
        drawn += count
    early = np.concatenate(signals).mean(axis=0)
    return float(np.concatenate(ratios).mean()), np.concatenate(chosen), early
