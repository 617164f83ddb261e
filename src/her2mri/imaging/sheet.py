"""One lesion on one self-contained page: pictures, measures, how they were taken."""

from __future__ import annotations

import base64
from typing import Any, Final

from her2mri.imaging.batch import MeasuredLesion
from her2mri.imaging.drawing import TYPE_NAMES
from her2mri.imaging.minimum_adc import darkest_spot
from her2mri.imaging.settings import MeasureSettings
from her2mri.output.display_table import DisplayTable
from her2mri.output.page import render_page
from her2mri.output.wording import estimate, listing, number

LABELS: Final = {
    "eer": "Early enhancement ratio",
    "eer_whole": "The same, whole lesion",
    "tic": "Time-intensity curve",
    "delayed_change": "Change after SI_post",
    "share_progressive": "Voxels of type I, progressive",
    "share_plateau": "Voxels of type II, plateau",
    "share_washout": "Voxels of type III, wash-out",
    "adc": "Minimum ADC",
    "adc_whole": "ADC, whole lesion",
    "diameter_cm": "Largest diameter",
    "diameter_in_plane_cm": "The same within a slice",
}
_UNITS: Final = {"10-3.mm2/s": "×10⁻³ mm²/s"}
_DIGITS: Final = {"diameter_cm": 1, "diameter_in_plane_cm": 1}


def lesion_sheet(lesion: MeasuredLesion, settings: MeasureSettings) -> str:
    """The page of one lesion; it names the lesion as the user did, and nothing from a header."""
    names = {str(record["measure"]) for record in lesion.records}
    return render_page(
        "her2mri.imaging",
        "sheet.html.j2",
        lesion=lesion.files.lesion_id,
        about=" · ".join(filter(None, [_patient(lesion), lesion.files.center])),
        headline=_headline(lesion),
        picture={
            "source": f"data:image/png;base64,{base64.b64encode(lesion.figure).decode('ascii')}",
            "narrow": not {"eer", "adc"} <= names,
            "title": "The lesion",
            "alt": "The lesion's slice with its outline, its time-intensity curve and its ADC map.",
            "caption": _caption(names),
        },
        table_of=measures_table(lesion),
        methods=methods(settings, names, lesion.timing),
        notes=lesion.notes,
    )


def _patient(lesion: MeasuredLesion) -> str:
    files = lesion.files
    return f"Patient {files.patient_id}" if files.patient_id != files.lesion_id else ""


def measures_table(lesion: MeasuredLesion) -> DisplayTable:
    """Every measure with its interval, the value at the drawn place, the spread among places, and how."""
    rows = []
    for record in lesion.records:
        name = str(record["measure"])
        digits = _DIGITS.get(name, 2)
        label, unit = LABELS[name], _UNITS.get(str(record["unit"]), str(record["unit"]))
        shown = _value(record, name, digits)
        placed, spread = (number(record[column], digits) for column in ("as_placed", "placement_sd"))
        if name != "eer" and name != "adc":
            placed = spread = "–"
        rows.append((f"{label}{f', {unit}' if unit else ''}", shown, placed, spread, str(record["method"])))
        if name == "adc" and record["std_error"] == record["std_error"]:
            low, high = darkest_spot(record["estimate"], record["as_placed"], record["std_error"])
            between = f"{number(low, digits)} to {number(high, digits)}"
            rows.append((f"Darkest spot without noise, {unit}", between, "–", "–", _DARKEST))
    header = ("Measure", "Value (95 % interval)", "In the circles drawn", "SD among circles", "How")
    return DisplayTable("Measures", header, tuple(rows), note=_NOTE)


_DARKEST: Final = (
    "from the value in the circles, which noise makes too low, to the one above, which may be too high"
)
_NOTE: Final = (
    "The interval is what noise does to the value of the tissue measured. A place that is chosen because it looks "
    "extreme looks more so than it is: the value is freed of that, the one in the circles drawn is not."
)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _value(record: dict[str, Any], name: str, digits: int) -> str:
    if name == "tic":
        sure = record["estimate"]
        held = f" ({_percent(sure)} of such curves)" if sure == sure else ""
        return f"{TYPE_NAMES[record['level']]}{held}"
    if name.startswith("share_"):
        return _percent(record["estimate"])
    signed = name == "delayed_change"
    return estimate(record["estimate"], record["conf_low"], record["conf_high"], digits, signed=signed)


def _headline(lesion: MeasuredLesion) -> list[tuple[str, str]]:
    found = {str(record["measure"]): record for record in lesion.records}
    shown = []
    for name in ("eer", "tic", "adc", "diameter_cm"):
        if name in found:
            unit = _UNITS.get(str(found[name]["unit"]), str(found[name]["unit"]))
            value = TYPE_NAMES.get(str(found[name]["level"]), "") or number(
                found[name]["estimate"], _DIGITS.get(name, 2)
            )
            shown.append((LABELS[name], f"{value} {unit}".strip()))
    return shown


def _caption(names: set[str]) -> str:
    parts = []
    if "eer" in names:
        parts.append(
            "Left, the slice at the time of SI_post with the lesion (blue) and its most enhancing part (orange); "
            "beside it the curve, with the early enhancement there (orange) and the limits of the plateau (grey); "
            "bars are 95 % intervals"
        )
    if "adc" in names:
        parts.append("the ADC map with those of the darkest circles (orange) that lie in this slice")
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}. The bar is 1 cm."


def methods(settings: MeasureSettings, names: set[str], timing: str) -> list[str]:
    """How the measures were taken, in sentences."""
    said = []
    if "eer" in names:
        said.append(
            "Early enhancement: (SI_post − SI_pre) / SI_pre, SI_post being the signal 2 min after the start of the "
            "injection, interpolated between phases, or the highest before it; mean of a circle of about "
            f"{settings.enhancement_area_mm2:.0f} mm² where the signal rises most."
        )
        said.append(
            "Curve: wash-out where the last phase lies more than "
            f"{_percent(settings.tolerance)} below the turning point, progressive where it lies that much "
            "above SI_post, else plateau."
        )
        if timing:
            said.append(f"{timing[:1].upper()}{timing[1:].rstrip('.')}.")
    if "adc" in names:
        left_out = ["within the noise"]
        if "eer" in names:
            left_out.append(f"below {_percent(settings.unenhanced)} of early enhancement")
        said.append(
            f"ADC: least squares on the logarithm of the signal; mean of {settings.adc_circles} equal circles of about "
            f"{settings.adc_area_mm2:.0f} mm² where it is lowest, none on voxels {listing(left_out)}."
        )
    said.append("Diameter: largest distance between two points of the region drawn.")
    said.append("Noise is told from the images and taken to be Rician and independent from voxel to voxel.")
    return said
