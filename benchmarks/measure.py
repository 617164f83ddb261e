"""Measuring a lesion: seconds and memory on a full-size series, and whether the intervals hold.

Run: python -m benchmarks.measure [--coverage]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.diffusion import adc_of, adc_std_error
from her2mri.imaging.enhancement import measure_enhancement
from her2mri.imaging.measure import measure
from her2mri.imaging.minimum_adc import measure_minimum_adc
from her2mri.imaging.noise import noise_between_phases
from her2mri.imaging.sub_roi import discs
from her2mri.imaging.volume import DiffusionSeries, DynamicSeries, Geometry, Roi

SHAPE = (160, 512, 512)
SECONDS = np.array([-60.0, 60.0, 120.0, 180.0, 240.0])
RELATIVE = np.array([1.0, 1.9, 2.1, 2.0, 1.9])
REPEATS = 300


def geometry(shape: tuple[int, int, int], sides: tuple[float, float, float]) -> Geometry:
    """An axial grid; ``sides`` of the voxels in the order column, row, slice."""
    return Geometry(shape, np.zeros(3), np.array(sides), np.eye(3))


def ball(shape: tuple[int, ...], radii: tuple[float, ...]) -> NDArray[np.bool_]:
    """An ellipsoid in the middle; ``radii`` in voxels."""
    inside = np.zeros(shape)
    for axis, (size, radius) in enumerate(zip(shape, radii, strict=True)):
        along = (np.arange(size) - (size - 1) / 2) / radius
        inside = inside + along.reshape([-1 if i == axis else 1 for i in range(3)]) ** 2
    return inside <= 1


def full_size() -> None:
    """Five phases of 512 x 512 x 160 with a lesion of 3 cm and a large one of 8 cm, and diffusion images."""
    rng = np.random.default_rng(1)
    grid = geometry(SHAPE, (0.7, 0.7, 1.0))
    signal = np.empty((len(SECONDS), *SHAPE), dtype=np.float32)
    for phase in signal:
        rng.standard_normal(dtype=np.float32, out=phase)
        phase *= 20.0
        phase += 400.0
    coarse = geometry((40, 256, 256), (1.4, 1.4, 4.0))
    b = np.array([0.0, 800.0])
    diffusion = (rng.standard_normal((2, *coarse.shape), dtype=np.float32) * 10.0) + 1000.0
    for label, millimetres in (("3 cm", 15.0), ("8 cm", 40.0)):
        mask = ball(SHAPE, (millimetres, millimetres / 0.7, millimetres / 0.7))
        for phase, factor in zip(signal, RELATIVE, strict=True):
            phase[mask] += np.float32(400.0 * (factor - 1.0))
        small = ball(coarse.shape, (millimetres / 4, millimetres / 1.4, millimetres / 1.4))
        diffusion[1][small] += np.float32(1000.0 * (np.exp(-0.8) - 1.0))
        start = time.process_time()
        dynamic = measure(DynamicSeries(signal, SECONDS, grid, "made up"), None, Roi(mask, grid, label))
        middle = time.process_time()
        adc = measure(None, DiffusionSeries(diffusion, b, coarse), Roi(small, coarse, label))
        end = time.process_time()
        print(
            f"lesion of {label}, {np.count_nonzero(mask):,} voxels: EER {dynamic.row()['eer']}, {dynamic.row()['tic']} "
            f"in {middle - start:.2f} s of the processor; ADC {adc.row()['adc']} in {end - middle:.2f} s"
        )
        for phase, factor in zip(signal, RELATIVE, strict=True):
            phase[mask] -= np.float32(400.0 * (factor - 1.0))
        diffusion[1][small] -= np.float32(1000.0 * (np.exp(-0.8) - 1.0))
    held = (signal.nbytes + diffusion.nbytes) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"peak memory {peak:,.0f} MB, of which the images {held:,.0f} MB")


def coverage() -> None:
    """Share of 95 % intervals that hold the true value where the place lies, and the noise-free best place's."""
    print(
        f"{'lesion':<28}{'SNR':>5}{'of the place':>15}{'of the best':>13}{'plain value':>13}{'error/SE':>10}"
    )
    for label, peak in (("alike throughout", 0.0), ("gently uneven", 0.3), ("with a focus", 1.0)):
        for snr in (10, 20):
            _row(f"EER, {label}", snr, [_eer(peak, snr, seed) for seed in range(REPEATS)])
    for label, depth in (("alike throughout", 0.0), ("gently uneven", 0.2), ("with a focus", 0.5)):
        for snr in (20, 40):
            _row(f"ADC, {label}", snr, [_adc(depth, snr, seed) for seed in range(REPEATS)])


def _row(label: str, snr: int, found: list[tuple[float, float, float, float, float]]) -> None:
    """``found``: estimate, standard error, truth of the places, truth of the best place, plain value."""
    estimate, error, place, best, plain = np.array(found).T
    within = [
        np.mean(np.abs(a - b) <= 1.96 * error)
        for a, b in ((estimate, place), (estimate, best), (plain, best))
    ]
    print(f"{label:<28}{snr:>5}{within[0]:>15.3f}{within[1]:>13.3f}{within[2]:>13.3f}"
          f"{np.mean((estimate - place) / error):>10.2f}")  # fmt: skip


def _rician(signal: NDArray[np.float64], sd: float, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(np.random.SeedSequence((seed, 9)))
    one, other = (sd * rng.standard_normal(signal.shape) for _ in range(2))
    return np.hypot(signal + one, other).astype(np.float32)


def _focus(shape: tuple[int, ...], width: float) -> NDArray[np.float64]:
    middle = [(size - 1) / 2 for size in shape]
    z, y, x = np.indices(shape)
    away = (2 * (z - middle[0])) ** 2 + (y - middle[1] + 3) ** 2 + (x - middle[2] - 3) ** 2
    return np.asarray(np.exp(-away / (2 * width**2)))


def _eer(peak: float, snr: float, seed: int) -> tuple[float, float, float, float, float]:
    shape = (8, 40, 40)
    mask = ball(shape, (3.2, 9.5, 9.5))
    ratio = 1.0 + peak * _focus(shape, 5.0)
    clean = 100.0 * (1.0 + (RELATIVE - 1.0)[:, None, None, None] / 1.1 * ratio * mask)
    noisy = _rician(clean, 100.0 / snr, seed)
    places = discs(mask, (1.0, 1.0), area_mm2=20.0)
    noise = noise_between_phases(noisy[1:], np.ones(shape, dtype=bool))
    found = measure_enhancement(noisy[:, mask], SECONDS, places, noise=noise, seed=seed)
    eer = found.measured[0]
    truth = places.means(ratio[mask])
    return eer.estimate, eer.std_error, float(truth[found.drawn].mean()), float(truth.max()), eer.as_placed


def _adc(depth: float, snr: float, seed: int) -> tuple[float, float, float, float, float]:
    shape = (6, 30, 30)
    mask = ball(shape, (2.6, 9.0, 9.0))
    adc = 1.0 - depth * _focus(shape, 4.0)
    b = np.array([0.0, 800.0])
    clean = 400.0 * np.exp(-b[:, None, None, None] * adc * 1e-3)
    noise = 400.0 / snr
    noisy = _rician(clean, noise, seed)
    error = adc_std_error(clean, [noise, noise], b)[mask].astype(np.float32)
    places = discs(mask, (1.4, 1.4), area_mm2=20.0)
    found = measure_minimum_adc(adc_of(noisy, b)[mask], places, std_error=error, seed=seed)
    minimum = found.measured[0]
    truth = places.means(adc[mask])
    best = measure_minimum_adc(adc[mask], places).measured[0].estimate
    return minimum.estimate, minimum.std_error, float(truth[found.drawn].mean()), best, minimum.as_placed


def main() -> None:
    """Speed and memory; with ``--coverage`` the simulation."""
    if "--coverage" in sys.argv[1:]:
        coverage()
    else:
        full_size()


if __name__ == "__main__":
    main()
