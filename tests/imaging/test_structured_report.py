"""The structured report of a lesion, read back by another reader of the standard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from her2mri.imaging.measure import Measurement, measure
from her2mri.imaging.structured_report import structured_report, write_structured_report
from imaging.lesion_files import phantoms


@pytest.fixture(scope="module")
def measurement() -> Measurement:
    dynamic, diffusion, roi = phantoms("III", snr=20.0)
    return measure(dynamic.series, diffusion.series, roi)


@pytest.fixture(scope="module")
def group(measurement: Measurement, tmp_path_factory: pytest.TempPathFactory) -> Any:
    import highdicom as hd

    path = tmp_path_factory.mktemp("sr") / "lesion.dcm"
    records = measurement.frame().to_dict("records")
    write_structured_report(path, records, measurement.outline, patient="P-7", lesion="L-1")
    report = hd.sr.srread(path)
    assert report.SOPClassUID.name == "Comprehensive 3D SR Storage"
    (found,) = report.content.get_planar_roi_measurement_groups(tracking_uid=None)
    return found


def test_every_measure_reads_back_with_its_code_and_unit(measurement: Measurement, group: Any) -> None:
    table = measurement.frame().set_index("measure")
    read = {
        (item.name.value, item.derivation.value if item.derivation else ""): item
        for item in group.get_measurements()
    }
    minimum = read["113041", "255605001"]
    assert minimum.value == pytest.approx(table.loc["adc", "estimate"], abs=1e-6)
    assert (minimum.unit.value, minimum.unit.scheme_designator) == ("10-3.mm2/s", "UCUM")
    assert read["113041", "373098007"].value == pytest.approx(table.loc["adc_whole", "estimate"], abs=1e-6)
    ratio = read["early_enhancement_ratio", ""]
    assert ratio.value == pytest.approx(table.loc["eer", "estimate"], abs=1e-6)
    assert ratio.unit.value == "{ratio}"
    diameter = read["103339001", ""]
    assert (diameter.value, diameter.unit.value) == (
        pytest.approx(table.loc["diameter_cm", "estimate"], abs=1e-6),
        "cm",
    )
    assert len(read) == len(table) - 1


def test_the_type_of_the_curve_is_a_coded_evaluation(group: Any) -> None:
    (curve,) = group.get_qualitative_evaluations()
    assert (curve.value.value, curve.value.scheme_designator) == ("130599", "DCM")


def test_the_region_is_the_outline_in_the_patients_millimetres(measurement: Measurement, group: Any) -> None:
    assert group.tracking_identifier == "L-1"
    assert group.roi.value == pytest.approx(measurement.outline)


def test_only_the_pseudonym_stands_in_the_patient_module(measurement: Measurement) -> None:
    records = measurement.frame().to_dict("records")
    report = structured_report(records, measurement.outline, patient="P-7", lesion="L-1")
    assert (str(report.PatientName), report.PatientID) == ("P-7", "P-7")
    for blank in ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate", "StudyTime"):
        assert not report.get(blank)
    assert not report.get("PertinentOtherEvidenceSequence")
    assert "InstitutionName" not in report
    again = structured_report(records, measurement.outline, patient="P-7", lesion="L-1")
    other = structured_report(records, measurement.outline, patient="P-7", lesion="L-2")
    assert report.StudyInstanceUID == again.StudyInstanceUID == other.StudyInstanceUID
    assert report.SOPInstanceUID == again.SOPInstanceUID != other.SOPInstanceUID


def test_a_pseudonym_too_long_for_the_standard_is_shortened(measurement: Measurement, tmp_path: Path) -> None:
    records = measurement.frame().to_dict("records")
    report = structured_report(records, measurement.outline, patient="p" * 80, lesion="L-1")
    assert len(report.PatientID) == 64
