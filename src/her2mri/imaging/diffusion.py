"""The apparent diffusion coefficient from images of any b-values."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from her2mri.errors import Fault, InputError

Floats = NDArray[np.floating]

NARROWEST: Final = 300.0
"""Least difference of the b-values, s/mm2."""
PER_UNIT: Final = 1000.0
"""From mm2/s to the dictionary's 10^-3 mm2/s."""


def adc_weights(b_values: ArrayLike) -> NDArray[np.float64]:
    """Weights (b-values,) of the logarithms of the signals, whose sum is the ADC in 10^-3 mm2/s.

    They are those of least squares through ln S = ln S0 - b ADC; of two b-values, ln(S0 / Sb) / b. Raises
    InputError with fewer than two b-values or a range below 300 s/mm2.

    >>> adc_weights([0, 800]).tolist()
    [1.25, -1.25]
    """
    b = np.asarray(b_values, dtype=float)
    if b.ndim != 1 or len(np.unique(b)) < 2 or np.ptp(b) < NARROWEST:
        raise InputError(
            [
                Fault(
                    "diffusion series",
                    "the b-values are too few or too close",
                    allowed=f"two or more over at least {NARROWEST:.0f} s/mm2",
                    value=", ".join(f"{value:.0f}" for value in b.ravel()),
                )
            ]
        )
    away = b - b.mean()
    return np.asarray(-PER_UNIT * away / (away @ away))


def adc_of(signal: Floats, b_values: ArrayLike) -> Floats:
    """ADC in 10^-3 mm2/s of ``signal`` (b-values, ...); NaN where a signal is not positive.

    The mean logarithm of a Rician signal is, from a signal-to-noise ratio of 3 on, that of the true signal
    within 0.1 %, so the noise floor biases it only where voxels of noise are left in.

    >>> float(adc_of(np.array([1000.0, 449.329]), [0, 800]).round(3))
    1.0
    """
    weights = adc_weights(b_values)
    total = np.zeros(signal.shape[1:], dtype=signal.dtype)
    for weight, image in zip(weights, signal, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            total += signal.dtype.type(weight) * np.log(np.where(image > 0, image, np.nan))
    return np.asarray(total)


def adc_std_error(signal: Floats, noise: ArrayLike, b_values: ArrayLike) -> Floats:
    """Standard error of the ADC of each voxel for ``noise`` (b-values,), the standard deviation of each image.

    Propagated through the logarithm: noise / signal, times the weight of the b-value.
    """
    weights = adc_weights(b_values)
    variance = np.zeros(signal.shape[1:], dtype=float)
    for weight, sd, image in zip(weights, np.asarray(noise, dtype=float), signal, strict=True):
        variance += (weight * sd / np.where(image > 0, image, np.nan)) ** 2
    return np.asarray(np.sqrt(variance))
