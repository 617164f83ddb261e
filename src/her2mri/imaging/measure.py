"""One lesion measured from its images: early enhancement, curve type, minimum ADC, diameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.diameter import largest_diameter
from her2mri.imaging.lesion_diffusion import lesion_adc
from her2mri.imaging.lesion_enhancement import lesion_enhancement
from her2mri.imaging.measured import MEASUREMENT_COLUMNS, Measured
from her2mri.imaging.outline import outline_of
from her2mri.imaging.settings import MeasureSettings
from her2mri.imaging.view import SignalCurve, SliceView
from her2mri.imaging.volume import AdcMap, DiffusionSeries, DynamicSeries, Roi

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_COLUMNS: Final = ("eer", "tic", "adc", "diameter_cm")
"""The measures that a lesion table has a column for, by their names there."""
_DIGITS: Final = {"eer": 4, "adc": 4, "diameter_cm": 2}


@dataclass(frozen=True, eq=False)
class Measurement:
    """What was measured of one lesion; it names no patient.

    ``outline`` (n, 3) is that of the largest slice, in the patient's millimetres; ``notes`` say what could not be
    measured, and why.
    """

    measured: tuple[Measured, ...]
    curve: SignalCurve | None
    enhancement: SliceView | None
    diffusion: SliceView | None
    outline: NDArray[np.float64]
    notes: tuple[str, ...]
    settings: MeasureSettings

    def frame(self) -> pd.DataFrame:
        """Every measure with its uncertainty and how it was taken: ``MEASUREMENT_COLUMNS``."""
        return pd.DataFrame([one.record() for one in self.measured], columns=list(MEASUREMENT_COLUMNS))

    def row(self) -> dict[str, float | str | None]:
        """The columns eer, tic, adc and diameter_cm of a lesion table, in the dictionary's units and levels.

        None where a measure could not be taken.
        """
        found = {one.measure: one for one in self.measured}
        row: dict[str, float | str | None] = {}
        for name in ROW_COLUMNS:
            one = found.get(name)
            if one is None:
                row[name] = None
            else:
                row[name] = one.level or round(one.estimate, _DIGITS[name])
        return row

    def plot(self) -> Figure:
        """The slice with the lesion, the curve, and the ADC map, as far as there are images for each."""
        from her2mri.imaging.drawing import draw_measurement

        return draw_measurement(self)


def measure(
    dynamic: DynamicSeries | None,
    diffusion: DiffusionSeries | AdcMap | None,
    roi: Roi,
    *,
    settings: MeasureSettings | None = None,
) -> Measurement:
    """Measure the lesion in ``roi`` on a contrast-enhanced series, a diffusion series or ADC map, or both.

    Raises InputError with every fault: no images at all, a region that lies outside of them, phases or b-values
    that do not allow the measure, or no voxel left to measure the ADC in.
    """
    chosen = settings or MeasureSettings()
    if dynamic is None and diffusion is None:
        raise InputError(
            [Fault("lesion", "no images", remedy="give a contrast-enhanced or diffusion series")]
        )
    faults: list[Fault] = []
    notes: list[str] = []
    measured: list[Measured] = []
    enhancement = adc = None
    if dynamic is not None:
        try:
            enhancement = lesion_enhancement(dynamic, roi, chosen)
        except InputError as error:
            faults += error.faults
    if diffusion is not None:
        enhancing = enhancement.enhancing if enhancement is not None else None
        try:
            adc = lesion_adc(diffusion, roi, enhancing, chosen)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    for images in (dynamic, diffusion, roi):
        notes += images.notes if images is not None else ()
    if enhancement is not None:
        measured += enhancement.measured
        notes += enhancement.notes
    if adc is not None:
        measured += adc.measured
        notes += adc.notes
    measured += _diameters(roi)
    return Measurement(
        tuple(measured),
        enhancement.curve if enhancement is not None else None,
        enhancement.view if enhancement is not None else None,
        adc.view if adc is not None else None,
        outline_of(roi),
        tuple(notes),
        chosen,
    )


def _diameters(roi: Roi) -> list[Measured]:
    column, row, slices = roi.geometry.spacing.tolist()
    found = []
    for name, in_plane, method in (
        ("diameter_cm", False, "largest distance between two points of the region"),
        ("diameter_in_plane_cm", True, "the same within one slice"),
    ):
        diameter = largest_diameter(roi.mask, (slices, row, column), in_plane=in_plane)
        found.append(Measured(name, diameter.cm, method, diameter.std_error, "cm"))
    return found
