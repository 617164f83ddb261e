"""From a DICOM header to its planes: one of a single image, one per frame of an enhanced object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from her2mri.imaging.dicom_b_values import b_value, b_value_of_frame, is_trace
from her2mri.imaging.dicom_plane import Plane
from her2mri.imaging.dicom_values import clock, day, items, number, numbers, private, text, value
from her2mri.imaging.read_units import factor_told

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MAPPING: Final = "RealWorldValueMappingSequence"
_PHILIPS: Final = "Philips MR Imaging DD 001"
_NORMALISED: Final = str.maketrans("^,", "  ")


class Ordinals:
    """Running numbers in place of identifiers, which stay in here while a folder is read, and no longer."""

    def __init__(self) -> None:
        self._met: dict[str, dict[object, int]] = {}

    def of(self, kind: str, identifier: object) -> int:
        """The running number of an identifier among those of its kind."""
        met = self._met.setdefault(kind, {})
        return met.setdefault(identifier, len(met))


def planes_of(data: Dataset, file: Path, ordinals: Ordinals) -> Iterator[Plane]:
    """Every plane of one file; none where it holds no image."""
    rows, columns = number(data, "Rows"), number(data, "Columns")
    if not rows or not columns:
        return
    common: dict[str, Any] = {
        "file": file,
        "patient": ordinals.of("patient", _person(data)),
        "study": ordinals.of("study", text(data, "StudyInstanceUID")),
        "series": ordinals.of("series", text(data, "SeriesInstanceUID")),
        "place": ordinals.of("place", text(data, "FrameOfReferenceUID")),
        "modality": text(data, "Modality").upper(),
        "matrix": (int(rows), int(columns)),
        "injection": _injection(data),
        "resolution": number(data, "TemporalResolution"),
        "acquisition_number": _whole(number(data, "AcquisitionNumber")),
        "series_number": _whole(number(data, "SeriesNumber")),
        "temporal_positions": _whole(number(data, "NumberOfTemporalPositions")),
        "physical": _positive(numbers(private(data, 0x2005, 0x0E, _PHILIPS))),
    }
    instance = text(data, "SOPInstanceUID") or str(file)
    groups = items(data, "PerFrameFunctionalGroupsSequence")
    if not groups:
        yield Plane(**common, **_single(data), frame=0, instance=ordinals.of("instance", instance))
    for frame, group in enumerate(groups):
        found = _frame(data, group)
        yield Plane(**common, **found, frame=frame, instance=ordinals.of("instance", (instance, frame)))


def _person(data: Dataset) -> tuple[str, str]:
    name = text(data, "PatientName").translate(_NORMALISED)
    return text(data, "PatientID"), " ".join(name.upper().split())


def _single(data: Dataset) -> dict[str, Any]:
    kind = _kind(text(data, "ImageType"))
    written = text(data, "AcquisitionDateTime")
    time = clock(text(data, "AcquisitionTime"))
    date = day(text(data, "AcquisitionDate"))
    if time is None and len(written) > 8:
        time, date = clock(written[8:]), day(written)
    begin = numbers(private(data, 0x2005, 0xA0, _PHILIPS))
    return {
        **_grid(data, data, data),
        **_rescale(data, items(data, _MAPPING)),
        "kind": kind,
        "temporal_position": _whole(number(data, "TemporalPositionIdentifier")),
        "trigger_time": number(data, "TriggerTime"),
        "clock": time,
        "day": date,
        "begin": begin[0] if begin else None,
        "duration": number(data, "AcquisitionDuration"),
        "b_value": b_value(data),
        "trace": is_trace(data, kind),
    }


def _frame(data: Dataset, group: Dataset) -> dict[str, Any]:
    """Values of a frame: its own functional groups, then those shared by all frames."""
    shared = items(data, "SharedFunctionalGroupsSequence")[:1]

    def one(keyword: str) -> Dataset:
        from pydicom.dataset import Dataset as Empty

        return next((item for holder in (group, *shared) for item in items(holder, keyword)), Empty())

    content, kind = one("FrameContentSequence"), one("MRImageFrameTypeSequence")
    written = text(content, "FrameAcquisitionDateTime") or text(data, "AcquisitionDateTime")
    milliseconds = number(content, "FrameAcquisitionDuration")
    own, trace = b_value_of_frame(group)
    if own is None and shared:
        own, trace = b_value_of_frame(shared[0])
    return {
        **_grid(one("PlanePositionSequence"), one("PlaneOrientationSequence"), one("PixelMeasuresSequence")),
        **_rescale(one("PixelValueTransformationSequence"), [one(_MAPPING)]),
        "kind": _kind(text(kind, "FrameType") or text(data, "ImageType")),
        "temporal_position": _whole(number(content, "TemporalPositionIndex")),
        "trigger_time": None,
        "clock": clock(written[8:]),
        "day": day(written),
        "begin": number(one("TemporalPositionSequence"), "TemporalPositionTimeOffset"),
        "duration": milliseconds / 1000 if milliseconds else number(data, "AcquisitionDuration"),
        "b_value": own,
        "trace": trace,
    }


def _grid(position: Dataset, orientation: Dataset, measures: Dataset) -> dict[str, Any]:
    apart = number(measures, "SpacingBetweenSlices") or number(measures, "SliceThickness")
    return {
        "position": numbers(value(position, "ImagePositionPatient")),
        "orientation": numbers(value(orientation, "ImageOrientationPatient")),
        "spacing": numbers(value(measures, "PixelSpacing")),
        "thickness": abs(apart or 0.0),
    }


def _rescale(data: Dataset, mappings: Sequence[Dataset]) -> dict[str, Any]:
    """A mapping to real-world values in a unit of ADC goes before the rescale, which may serve the display alone."""
    for mapping in mappings:
        units = [text(code, "CodeValue") for code in items(mapping, "MeasurementUnitsCodeSequence")]
        real = number(mapping, "RealWorldValueSlope")
        if real and units and factor_told(units[0]) is not None:
            intercept = number(mapping, "RealWorldValueIntercept") or 0.0
            return {"slope": real, "intercept": intercept, "units": units[0]}
    slope = number(data, "RescaleSlope")
    return {
        "slope": slope if slope else 1.0,
        "intercept": number(data, "RescaleIntercept") or 0.0,
        "units": text(data, "RescaleType"),
    }


def _injection(data: Dataset) -> float | None:
    """ContrastBolusStartTime of the image, or of the administration profile of its contrast agent."""
    profiles = [
        profile
        for agent in items(data, "ContrastBolusAgentSequence")
        for profile in items(agent, "ContrastAdministrationProfileSequence")
    ]
    times = (clock(text(holder, "ContrastBolusStartTime")) for holder in (data, *profiles))
    return next((time for time in times if time is not None), None)


def _kind(image_type: str) -> tuple[str, ...]:
    return tuple(part.upper() for part in image_type.split("\\"))


def _whole(found: float | None) -> int | None:
    return None if found is None else round(found)


def _positive(found: tuple[float, ...]) -> float | None:
    return found[0] if found and found[0] > 0 else None
