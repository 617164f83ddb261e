"""A measured lesion as a DICOM structured report: Measurement Report, template TID 1500."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from her2mri.imaging.measured import Z_95
from her2mri.imaging.read_extra import extra, quiet

PRIVATE: Final = "99HER2MRI"
"""Designator of the concepts that no standard scheme has a code for."""
_ROOT: Final = "1.2.826.0.1.3680043.8.498."

CONCEPTS: Final[dict[str, tuple[str, str, str]]] = {
    "eer": ("early_enhancement_ratio", PRIVATE, "Early enhancement ratio, most enhancing part"),
    "eer_whole": ("early_enhancement_ratio_whole", PRIVATE, "Early enhancement ratio, whole lesion"),
    "delayed_change": ("delayed_change", PRIVATE, "Change of signal from 2 min to the last phase"),
    "share_progressive": ("share_progressive", PRIVATE, "Share of voxels with a type 1 curve"),
    "share_plateau": ("share_plateau", PRIVATE, "Share of voxels with a type 2 curve"),
    "share_washout": ("share_washout", PRIVATE, "Share of voxels with a type 3 curve"),
    "adc": ("113041", "DCM", "Apparent Diffusion Coefficient"),
    "adc_whole": ("113041", "DCM", "Apparent Diffusion Coefficient"),
    "diameter_cm": ("103339001", "SCT", "Long axis"),
    "diameter_in_plane_cm": ("81827009", "SCT", "Diameter"),
}
DERIVATIONS: Final = {"adc": ("255605001", "SCT", "Minimum"), "adc_whole": ("373098007", "SCT", "Mean")}
"""Told apart by it: the mean of the darkest circles, and that of the whole lesion."""
CURVES: Final[dict[str, tuple[str, str, str]]] = {
    "progressive": ("130597", "DCM", "Persistent delayed phase: Type 1 curve"),
    "plateau": ("130598", "DCM", "Plateau delayed phase: Type 2 curve"),
    "washout": ("130599", "DCM", "Washout delayed phase: Type 3 curve"),
}
_CURVE: Final = ("time_intensity_curve", PRIVATE, "Time-intensity curve")
_UNITS: Final[dict[str, tuple[str, str, str]]] = {
    "10-3.mm2/s": ("10-3.mm2/s", "UCUM", "10-3.mm2/s"),
    "cm": ("cm", "UCUM", "cm"),
    "": ("{ratio}", "UCUM", "ratio"),
}


def structured_report(
    records: Sequence[Mapping[str, Any]], outline: NDArray[np.float64], *, patient: str, lesion: str
) -> Any:
    """The report as a highdicom dataset; ``records`` are rows of ``Measurement.frame()``, ``outline`` its own.

    ``patient`` is the pseudonym that stands for name and ID, ``lesion`` the tracking identifier. Nothing of a
    header is copied: study, series and frame of reference get identifiers of their own, made from these two and
    the numbers, so that the report names no examination (decision 0177). Raises InputError without highdicom.
    """
    sr = extra("highdicom.sr")
    version = extra("importlib.metadata").version("her2mri")
    made_of = [patient, lesion, repr([dict(record) for record in records])]
    with quiet():
        group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=sr.TrackingIdentifier(_uid("lesion", made_of), lesion),
            referenced_region=sr.ImageRegion3D(
                sr.GraphicTypeValues3D.POLYGON, np.asarray(outline, dtype=float), _uid("frame", made_of)
            ),
            finding_type=_code("52988006", "SCT", "Lesion"),
            finding_sites=[sr.FindingSite(_code("76752008", "SCT", "Breast"))],
            algorithm_id=sr.AlgorithmIdentification("her2mri measure", version),
            measurements=[_number(record) for record in records if _is_told(record)],
            qualitative_evaluations=[
                sr.QualitativeEvaluation(_code(*_CURVE), _code(*CURVES[record["level"]]))
                for record in records
                if record["level"]
            ],
        )
        device = sr.DeviceObserverIdentifyingAttributes(uid=_uid("her2mri", [version]), name="her2mri")
        report = sr.MeasurementReport(
            observation_context=sr.ObservationContext(
                observer_device_context=sr.ObserverContext(_code("121007", "DCM", "Device"), device)
            ),
            procedure_reported=_code("241615005", "SCT", "MRI of breast"),
            imaging_measurements=[group],
            title=_code("126000", "DCM", "Imaging Measurement Report"),
        )
        return sr.Comprehensive3DSR(
            evidence=[_pseudonymous(patient, made_of)],
            content=report[0],
            series_instance_uid=_uid("series", made_of),
            series_number=1,
            sop_instance_uid=_uid("report", made_of),
            instance_number=1,
            manufacturer="her2mri",
            is_complete=True,
            record_evidence=False,
        )


def write_structured_report(
    path: Path,
    records: Sequence[Mapping[str, Any]],
    outline: NDArray[np.float64],
    *,
    patient: str,
    lesion: str,
) -> None:
    """Write the report of one lesion as a DICOM file."""
    structured_report(records, outline, patient=patient, lesion=lesion).save_as(path)


def _code(value: str, scheme: str, meaning: str) -> Any:
    return extra("pydicom.sr.coding").Code(value, scheme, meaning)


def _uid(what: str, made_of: Sequence[str]) -> str:
    """The same identifier for the same report: a hash, from which nothing can be read."""
    return str(extra("pydicom.uid").generate_uid(prefix=_ROOT, entropy_srcs=[what, *made_of]))


def _is_told(record: Mapping[str, Any]) -> bool:
    return record["measure"] in CONCEPTS and bool(np.isfinite(record["estimate"]))


def _number(record: Mapping[str, Any]) -> Any:
    """One measurement with its interval as what lies above and below it."""
    sr = extra("highdicom.sr")
    name = str(record["measure"])
    half = Z_95 * float(record["std_error"])
    reach = round(half, 6) if np.isfinite(half) else None
    return sr.Measurement(
        name=_code(*CONCEPTS[name]),
        value=round(float(record["estimate"]), 6),
        unit=_code(*_UNITS[str(record["unit"])]),
        derivation=_code(*DERIVATIONS[name]) if name in DERIVATIONS else None,
        properties=None
        if reach is None
        else sr.MeasurementProperties(
            upper_measurement_uncertainty=reach, lower_measurement_uncertainty=reach
        ),
    )


def _pseudonymous(patient: str, made_of: Sequence[str]) -> Any:
    """What the report's patient and study modules are taken from: the pseudonym, and blanks."""
    source = extra("pydicom").Dataset()
    source.SpecificCharacterSet = "ISO_IR 192"
    source.PatientID = patient[:64]
    source.PatientName = patient[:64]
    source.PatientBirthDate = source.PatientSex = ""
    source.StudyInstanceUID = _uid("study", made_of[:1])
    source.StudyID = source.AccessionNumber = ""
    source.StudyDate = source.StudyTime = ""
    source.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    source.SOPInstanceUID = _uid("evidence", made_of)
    source.SeriesInstanceUID = _uid("evidence series", made_of)
    return source
