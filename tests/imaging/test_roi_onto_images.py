"""A region drawn on one grid marks the same tissue on another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.errors import InputError
from her2mri.imaging.resample import onto
from her2mri.imaging.volume import Geometry, Roi
from imaging.phantoms.shapes import ellipsoid, oblique_geometry, points, position

IMAGES = oblique_geometry((12, 40, 40), (1.5, 1.5, 3.0))


def drawn(geometry: Geometry, middle: np.ndarray, radius: float) -> Roi:
    """A sphere about a point of the patient."""
    return Roi(((points(geometry) - middle) ** 2).sum(axis=-1) <= radius**2, geometry, "lesion")


@settings(max_examples=15)
@given(
    degrees=st.tuples(*[st.floats(-80, 80)] * 3),
    spacing=st.tuples(st.floats(0.5, 1.2), st.floats(0.5, 1.2), st.floats(0.8, 1.2)),
)
def test_a_region_on_any_grid_is_met_within_half_a_voxel_of_it(
    degrees: tuple[float, ...], spacing: tuple[float, ...]
) -> None:
    middle = position(IMAGES, (5.5, 19.5, 19.5))
    shape = (44, 56, 60)
    turned = oblique_geometry(shape, spacing, degrees)
    centered = middle - turned.direction @ ((np.array(shape[::-1]) - 1) / 2 * turned.spacing)
    roi = drawn(Geometry(shape, centered, turned.spacing, turned.direction), middle, 11.0)
    mask = onto(roi, IMAGES)
    half = np.linalg.norm(spacing) / 2
    distance = np.linalg.norm(points(IMAGES) - middle, axis=-1)
    assert mask[distance < 11 - half].all()
    assert not mask[distance > 11 + half].any()


def test_a_region_on_the_grid_of_the_images_is_given_back_unchanged() -> None:
    roi = Roi(ellipsoid(IMAGES, (5, 20, 20), (9, 7, 8)), IMAGES, "lesion")
    mask = onto(roi, IMAGES)
    np.testing.assert_array_equal(mask, roi.mask)
    assert mask is not roi.mask


def test_thick_slices_drawn_on_mark_every_thin_slice_within() -> None:
    lower = IMAGES.origin - IMAGES.direction[:, 2] * IMAGES.spacing[2] / 4
    thin = Geometry((24, 40, 40), lower, IMAGES.spacing * [1, 1, 0.5], IMAGES.direction)
    roi = Roi(ellipsoid(IMAGES, (5, 20, 20), (9, 7, 8)), IMAGES, "lesion")
    np.testing.assert_array_equal(onto(roi, thin), roi.mask.repeat(2, axis=0))


@pytest.mark.parametrize(
    ("move", "reason"),
    [
        (np.array([500.0, 0, 0]), "region of interest 'lesion': lies outside the images"),
        (IMAGES.direction[:, 0] * -30, "lies by [0-9]+% outside the images; was it drawn on these images"),
    ],
)
def test_a_region_outside_the_images_is_refused(move: np.ndarray, reason: str) -> None:
    away = Geometry(IMAGES.shape, IMAGES.origin + move, IMAGES.spacing, IMAGES.direction)
    with pytest.raises(InputError, match=reason):
        onto(Roi(ellipsoid(away, (5, 20, 20), (9, 7, 8)), away, "lesion"), IMAGES)


def test_a_region_that_is_empty_or_becomes_so_is_refused() -> None:
    nothing = Roi(np.zeros(IMAGES.shape, dtype=bool), IMAGES, "lesion")
    with pytest.raises(InputError, match="'lesion': is empty"):
        onto(nothing, IMAGES)
    fine = Geometry((5, 5, 5), position(IMAGES, (5.4, 20.4, 20.4)), np.full(3, 0.1), IMAGES.direction)
    with pytest.raises(InputError, match="smaller than a voxel"):
        onto(Roi(np.ones(fine.shape, dtype=bool), fine, "lesion"), IMAGES)
