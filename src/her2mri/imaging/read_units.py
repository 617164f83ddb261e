"""ADC in 10^-3 mm2/s, whatever unit a map was stored in: by what the file says, else by the size of its values."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from her2mri.errors import Fault, InputError
from her2mri.imaging.volume import Floats

PLAUSIBLE: Final = (0.1, 5.0)
"""Where the median ADC of the voxels of a map lies, in 10^-3 mm2/s: fat 0.2 to free water 3."""
_BY_SIZE: Final = {1.0: "10^-3 mm2/s", 1e-3: "10^-6 mm2/s", 1e3: "mm2/s"}
_TOLD: Final = re.compile(r"(?:(?:x|1x)?(?:10|1e)-0?(\d))?(mm2/s|mm2/sec)$")
_MICROMETRES: Final = {
    "um2/s": 1e-3,
    "μm2/s": 1e-3,
    "µm2/s": 1e-3,
    "um2/ms": 1.0,
    "μm2/ms": 1.0,
    "µm2/ms": 1.0,
}


def factor_told(units: str) -> float | None:
    """What values in the units told are multiplied by to be in 10^-3 mm2/s; None where that is no unit of ADC.

    >>> factor_told("10^-6 mm^2/s"), factor_told("mm2/s"), factor_told("um2/s"), factor_told("US")
    (0.001, 1000.0, 0.001, None)
    """
    plain = re.sub(
        r"[\s^*.·{}()\[\]]", "", units.lower().replace("²", "2").replace("⁻", "-").replace("×", "x")
    )
    if plain in _MICROMETRES:
        return _MICROMETRES[plain]
    match = _TOLD.match(plain)
    if match is None:
        return None
    return float(f"1e{3 - int(match[1] or 0)}")


def to_adc(where: str, values: Floats, units: str) -> tuple[Floats, str]:
    """``values`` in 10^-3 mm2/s, NaN where they are not positive, with words for the unit found.

    Raises:
        InputError: no positive value, or values that fit no unit, or not the unit told.

    """
    positive = values[np.isfinite(values) & (values > 0)]
    if not positive.size:
        raise InputError([Fault(where, "the ADC map holds no positive value")])
    median, (low, high) = float(np.median(positive)), PLAUSIBLE
    told = factor_told(units)
    if told is not None:
        if not low <= median * told <= high:
            problem = f"the ADC map is said to be in {_written(told)}, but its median is {median:.4g}"
            raise InputError([Fault(where, problem, remedy="mend the unit or the rescale slope of the map")])
        factor, words = told, f"ADC stored in {_written(told)}, as the file says"
    else:
        fitting = [factor for factor in _BY_SIZE if low <= median * factor <= high]
        if not fitting:
            problem = f"the median of the ADC map is {median:.4g}, which fits no unit of ADC"
            allowed = f"a median of {low:g} to {high:g} in 10^-3 mm2/s, or the like in 10^-6 mm2/s or mm2/s"
            raise InputError([Fault(where, problem, allowed=allowed)])
        factor = fitting[0]
        words = f"ADC taken to be in {_BY_SIZE[factor]} from the size of its values (median {median:.4g})"
    scaled = values * np.float32(factor)
    scaled[~(np.isfinite(scaled) & (scaled > 0))] = np.nan
    return scaled, words


def _written(factor: float) -> str:
    exponent = round(np.log10(factor)) - 3
    return "mm2/s" if exponent == 0 else f"10^{exponent} mm2/s"
