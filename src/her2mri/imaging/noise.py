"""How noisy images are, told from the images: differences that a lesion's own structure leaves out."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_TO_SD: Final = 1.482602218505602
_FEWEST: Final = 30
_MASK: Final = ((1.0, -2.0, 1.0), (-2.0, 4.0, -2.0), (1.0, -2.0, 1.0))


def noise_between_phases(signal: Floats, valid: NDArray[np.bool_]) -> float | None:
    """Standard deviation of the noise of ``signal`` (phases, slices, rows, columns), alike in all phases.

    Contrasts between phases that leave out what is constant (and, of three phases or more, linear in their
    order) are taken from voxel to neighbour, so that only noise remains; the scale is the median absolute
    one, which edges and motion hardly move. ``valid`` marks voxels of tissue, where Rician noise is nearly
    normal. None with fewer than two phases or 30 differences.
    """
    phases = len(signal)
    if phases < 2:
        return None
    trend = np.vander(np.linspace(-1.0, 1.0, phases), 2 if phases > 2 else 1)
    contrasts = np.linalg.qr(trend, mode="complete")[0][:, trend.shape[1] :].T
    images = np.tensordot(contrasts.astype(signal.dtype), signal, axes=(1, 0))
    differences = (images[..., 1:] - images[..., :-1])[:, valid[..., 1:] & valid[..., :-1]] / np.sqrt(2.0)
    return _scale(differences)


def noise_in_space(image: Floats, *regions: NDArray[np.bool_]) -> float | None:
    """Standard deviation of the noise of one ``image`` (slices, rows, columns), from its second differences.

    Immerkaer's mask (doi:10.1006/cviu.1996.0060), which leaves out planes, with the median absolute
    deviation; the structure of the tissue makes it too large rather than too small. ``regions`` are masks of
    tissue, such as a lesion and what is around it: edges between them are left out. None with fewer than 30
    voxels whose neighbours lie in the same region.
    """
    if min(image.shape[1:]) < 3:
        return None
    filtered = np.zeros((image.shape[0], image.shape[1] - 2, image.shape[2] - 2), dtype=float)
    within = np.ones((len(regions), *filtered.shape), dtype=bool)
    for row in range(3):
        for column in range(3):
            window = (
                slice(None),
                slice(row, row + filtered.shape[1]),
                slice(column, column + filtered.shape[2]),
            )
            filtered += _MASK[row][column] * image[window]
            for one, region in zip(within, regions, strict=True):
                one &= region[window]
    return _scale(filtered[within.any(axis=0)] / 6.0)


def _scale(differences: Floats) -> float | None:
    finite = differences[np.isfinite(differences)]
    if finite.size < _FEWEST:
        return None
    return float(_TO_SD * np.median(np.abs(finite)))
