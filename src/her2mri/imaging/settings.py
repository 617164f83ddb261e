"""How a lesion is measured."""

from __future__ import annotations

from dataclasses import dataclass

from her2mri.imaging.curve_type import TOLERANCE


@dataclass(frozen=True)
class MeasureSettings:
    """How a lesion is measured.

    ``tolerance`` bounds the plateau; the sub-ROIs are circles of ``enhancement_area_mm2`` and, ``adc_circles`` of
    them, of ``adc_area_mm2``. Voxels whose early enhancement stays below ``unenhanced`` count as necrosis, and
    those with a signal below ``noise_floor`` standard deviations of the noise as noise: no circle for the ADC
    is laid there.
    """

    tolerance: float = TOLERANCE
    enhancement_area_mm2: float = 20.0
    adc_area_mm2: float = 20.0
    adc_circles: int = 3
    unenhanced: float = 0.2
    noise_floor: float = 3.0
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance < 1.0:
            raise ValueError(f"tolerance must fulfil 0 < tolerance < 1, got {self.tolerance}")
        for name in ("enhancement_area_mm2", "adc_area_mm2", "noise_floor"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.adc_circles < 1:
            raise ValueError(f"adc_circles must be at least 1, got {self.adc_circles}")
