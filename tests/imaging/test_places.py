"""Sub-regions, diffusion coefficients, noise and diameters on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2mri.errors import InputError
from her2mri.imaging.diameter import largest_diameter
from her2mri.imaging.diffusion import adc_of, adc_std_error, adc_weights
from her2mri.imaging.minimum_adc import darkest_spot, measure_minimum_adc
from her2mri.imaging.noise import noise_between_phases, noise_in_space
from her2mri.imaging.sub_roi import discs, extreme_places
from imaging.phantoms.shapes import ellipsoid, oblique_geometry


def test_a_disc_lies_whole_within_one_slice_of_the_mask() -> None:
    mask = np.zeros((3, 20, 20), dtype=bool)
    mask[1, 4:15, 5:16] = True
    places = discs(mask, (1.0, 1.0), area_mm2=20.0)
    assert places.area_mm2 == places.members.shape[1] == 21
    assert len(places.centers) == (11 - 4) ** 2
    assert set(places.centers[:, 0]) == {1}
    values = np.arange(mask.sum(), dtype=float)
    at = int(np.flatnonzero((places.centers == [1, 9, 10]).all(axis=1))[0])
    assert places.means(values)[at] == pytest.approx(values.mean())


def test_a_disc_smaller_than_the_voxels_is_a_voxel_with_its_neighbours() -> None:
    places = discs(np.ones((1, 5, 5), dtype=bool), (3.0, 3.0), area_mm2=20.0)
    assert places.members.shape == (9, 5)
    assert places.area_mm2 == 45.0


def test_a_region_too_small_for_a_disc_is_measured_whole() -> None:
    mask = np.zeros((1, 5, 5), dtype=bool)
    mask[0, 2, 1:3] = True
    places = discs(mask, (1.0, 1.0), area_mm2=20.0)
    assert not places.fits
    assert places.members.tolist() == [[0, 1]]


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_chosen_places_share_no_voxel(seed: int, count: int) -> None:
    places = discs(np.ones((2, 14, 14), dtype=bool), (1.0, 1.0), area_mm2=12.0)
    score = np.random.default_rng(seed).normal(size=len(places.centers))
    chosen = extreme_places(score, places, count=count)
    assert chosen[0] == score.argmax()
    voxels = places.members[chosen].ravel()
    assert len(np.unique(voxels)) == len(voxels)


def test_adc_of_two_b_values_is_the_closed_form() -> None:
    signal = np.array([[1000.0, 800.0], [400.0, 100.0]])
    np.testing.assert_allclose(adc_of(signal, [0, 800]), np.log(signal[0] / signal[1]) / 0.8)


@given(st.floats(0.3, 2.5), st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True))
def test_any_b_values_give_back_the_coefficient_of_an_exponential(adc: float, steps: list[int]) -> None:
    b = 50.0 * np.array(steps)
    if np.ptp(b) < 300:
        with pytest.raises(InputError, match="too few or too close"):
            adc_weights(b)
        return
    signal = 900.0 * np.exp(-b * adc / 1000.0)
    assert float(adc_of(signal[:, None], b)[0]) == pytest.approx(adc, rel=1e-9)


def test_standard_error_of_the_adc_is_that_of_repeated_noise() -> None:
    rng = np.random.default_rng(2)
    b, noise = np.array([0.0, 400.0, 800.0]), 20.0
    clean = 1000.0 * np.exp(-b * 1.1e-3)
    drawn = np.hypot(
        clean[:, None] + noise * rng.standard_normal((3, 20000)), noise * rng.standard_normal((3, 20000))
    )
    found = adc_of(drawn, b)
    expected = float(adc_std_error(clean[:, None], [noise] * 3, b)[0])
    assert found.std() == pytest.approx(expected, rel=0.03)
    assert found.mean() == pytest.approx(1.1, rel=0.005)


def test_the_darkest_circles_are_found_and_measured() -> None:
    adc = np.full((1, 30, 30), 1.4)
    for row, column in ((6, 6), (6, 20), (22, 12)):
        adc[0, row - 3 : row + 4, column - 3 : column + 4] = 0.8
    places = discs(np.ones(adc.shape, dtype=bool), (1.0, 1.0), area_mm2=20.0)
    found = measure_minimum_adc(adc.ravel(), places)
    minimum, whole = found.measured
    assert minimum.estimate == pytest.approx(0.8)
    assert minimum.placement_sd == pytest.approx(0.0, abs=1e-12)
    assert whole.estimate == pytest.approx(adc.mean())
    near = np.round((places.centers[found.spots][:, 1:] - 6) / 15)
    assert len(np.unique(near, axis=0)) >= 2


def test_the_wider_interval_holds_the_darkest_spot_of_gently_uneven_lesions() -> None:
    rows, columns = np.mgrid[:24, :24]
    mask = ((rows - 11.5) ** 2 + (columns - 11.5) ** 2 < 100)[None]
    adc = (1.0 - 0.2 * np.exp(-((rows - 9) ** 2 + (columns - 14) ** 2) / 40))[None][mask]
    places = discs(mask, (1.4, 1.4), area_mm2=20.0)
    best = measure_minimum_adc(adc, places).measured[0].estimate
    error = np.full(adc.shape, 0.1, dtype=np.float32)
    own = wider = 0
    for seed in range(40):
        noise = 0.1 * np.random.default_rng(seed).standard_normal(adc.shape)
        found = measure_minimum_adc(adc + noise, places, std_error=error, seed=seed).measured[0]
        low, high = darkest_spot(found.estimate, found.as_placed, found.std_error)
        wider += low <= best <= high
        own += abs(found.estimate - best) <= 1.96 * found.std_error
    assert wider >= 38 > own


def test_noise_is_found_although_the_tissue_has_structure_and_enhances() -> None:
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:40, :40]
    tissue = 300.0 + 2.0 * rows + 80.0 * ((rows - 20) ** 2 + (columns - 20) ** 2 < 100)
    phases = np.stack([tissue * (1.0 + 0.2 * k) for k in range(5)])[:, None] * np.ones((1, 4, 1, 1))
    noisy = (phases + 12.0 * rng.standard_normal(phases.shape)).astype(np.float32)
    valid = np.ones(noisy.shape[1:], dtype=bool)
    assert noise_between_phases(noisy, valid) == pytest.approx(12.0, rel=0.03)
    assert noise_between_phases(noisy[:2], valid) == pytest.approx(12.0, rel=0.05)
    assert noise_in_space(noisy[0], valid) == pytest.approx(12.0, rel=0.08)
    assert noise_between_phases(noisy[:1], valid) is None
    assert noise_in_space(noisy[0, :, :3, :3], valid[:, :3, :3]) is None


@pytest.mark.parametrize("sides", [(1.0, 1.0, 1.0), (3.0, 1.5, 1.25)])
def test_diameter_of_an_ellipsoid_is_within_its_stated_error(sides: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(3)
    slices, rows, columns = sides
    shape = (int(40 / slices), int(50 / rows), int(50 / columns))
    geometry = oblique_geometry(shape, (columns, rows, slices))
    for _ in range(5):
        center = np.array(shape) / 2 + rng.uniform(-0.5, 0.5, 3)
        found = largest_diameter(ellipsoid(geometry, tuple(center), (16.0, 9.0, 8.0)), sides, in_plane=True)
        assert abs(found.cm - 3.2) < 2.5 * found.std_error
        whole = largest_diameter(ellipsoid(geometry, tuple(center), (16.0, 9.0, 8.0)), sides)
        assert found.cm <= whole.cm <= found.cm + 0.15 + max(sides) / 20


def test_a_turned_line_is_as_long_as_it_is() -> None:
    mask = np.zeros((1, 40, 40), dtype=bool)
    mask[0, np.arange(4, 34), np.arange(4, 34)] = True
    assert largest_diameter(mask, (1, 1, 1)).cm == pytest.approx(0.1 * np.hypot(30, 29), rel=1e-6)
    with pytest.raises(ValueError, match="empty"):
        largest_diameter(np.zeros((1, 2, 2), dtype=bool), (1, 1, 1))
