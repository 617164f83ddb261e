"""Nothing that names a patient, a person or a place leaves the header it stands in."""

from __future__ import annotations

import dataclasses
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from her2mri.errors import InputError
from her2mri.imaging.read import read_adc, read_diffusion, read_dynamic, read_roi
from imaging.phantoms.dicom_diffusion import write_adc, write_diffusion
from imaging.phantoms.dicom_dynamic import write_dynamic
from imaging.phantoms.dicom_enhanced import write_enhanced
from imaging.phantoms.dicom_slices import BIRTH_DATE, STUDY_UID
from imaging.phantoms.diffusion import diffusion_phantom
from imaging.phantoms.dynamic import dynamic_phantom
from imaging.phantoms.nifti_files import write_nifti
from imaging.phantoms.roi_files import ellipsoid_contours, write_rtstruct, write_seg
from imaging.phantoms.shapes import ellipsoid, oblique_geometry

MARKER = "ZEBRA"
SECRETS = (MARKER, MARKER.lower(), BIRTH_DATE, STUDY_UID)
GRID = oblique_geometry((4, 8, 8), (3.0, 3.0, 3.0))


def malformed(data: Dataset, phase: int, index: int) -> Dataset:
    """Identifiers in elements of another kind too, which readers warn of with the value."""
    data.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "LO", MARKER)
    data.SequenceName = MARKER
    data.ContrastBolusAgent = MARKER
    return data


def other_patient(data: Dataset, phase: int, index: int) -> Dataset | None:
    if phase == 1:
        data.PatientID = data.PatientName = MARKER + "2"
        data.StudyInstanceUID = STUDY_UID + ".5"
    return None if (phase, index) == (0, 1) else malformed(data, phase, index)


def spoil(folder: Path) -> Path:
    """A number that is a name, and a file cut off."""
    first, second, *_ = sorted(folder.iterdir())
    content = bytearray(first.read_bytes())
    at = content.index(b"\x20\x00\x32\x00DS") + 8
    content[at : at + len(MARKER)] = MARKER.encode()
    first.write_bytes(content)
    second.write_bytes(second.read_bytes()[:-30])
    return folder


def everything(at: Path) -> list[Callable[[], object]]:
    dynamic, diffusion = dynamic_phantom(geometry=GRID), diffusion_phantom(geometry=GRID)
    lesion = {"lesion": ellipsoid(GRID, (2, 4, 4), (6, 6, 5))}
    write_dynamic(at / "dce", dynamic, marker=MARKER, change=malformed)
    spoil(write_dynamic(at / "spoiled", dynamic, marker=MARKER, change=other_patient))
    write_enhanced(at / "enhanced.dcm", dynamic, marker=MARKER)
    write_diffusion(at / "dwi", diffusion, marker=MARKER)
    write_adc(at / "adc", diffusion.adc, GRID)
    write_seg(at / "seg.dcm", lesion, GRID, marker=MARKER)
    write_rtstruct(at / "rt.dcm", {"lesion": ellipsoid_contours(GRID, (2, 4, 4), (6, 6, 5))}, marker=MARKER)
    write_nifti(at / "roi.nii", lesion["lesion"], GRID, marker=MARKER)
    return [
        lambda: read_dynamic(at / "dce"),
        lambda: read_dynamic(at / "spoiled"),
        lambda: read_dynamic(at / "enhanced.dcm"),
        lambda: read_dynamic(at / "dwi"),
        lambda: read_diffusion(at / "dwi"),
        lambda: read_diffusion(at / "dce"),
        lambda: read_adc(at / "adc"),
        lambda: read_adc(at / "dwi"),
        *(lambda name=name: read_roi(at / name) for name in ("seg.dcm", "rt.dcm", "roi.nii")),
        *(lambda name=name: read_roi(at / name, "x") for name in ("seg.dcm", "rt.dcm", "roi.nii")),
        lambda: read_roi(at / "enhanced.dcm"),
    ]


def test_no_identifier_reaches_an_object_a_message_a_log_or_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    readings = everything(tmp_path)
    caplog.clear()
    said, refused = [], 0
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for reading in readings:
            try:
                found = reading()
            except InputError as error:
                refused += 1
                said.append(repr(error.faults) + str(error) + repr(error.__cause__))
            else:
                assert dataclasses.is_dataclass(found)
                said.append(repr(dataclasses.asdict(found)))
    printed = capsys.readouterr()
    said += [caplog.text, printed.out, printed.err, *(str(one.message) for one in warned)]
    assert refused == 8
    assert "images of 2 patients" in "".join(said)
    for secret in SECRETS:
        assert secret not in "".join(said)
    assert all(MARKER.encode() in file.read_bytes() for file in (tmp_path / "dce").iterdir())


def test_damaged_bytes_are_refused_in_words_without_those_bytes(tmp_path: Path) -> None:
    """The readers' own messages cite the bytes that they could not take."""
    dynamic = dynamic_phantom(geometry=oblique_geometry((2, 4, 4)), starts=(-60, 30))
    lesion = ellipsoid(GRID, (2, 4, 4), (6, 6, 5))
    write_dynamic(tmp_path / "dce", dynamic, marker=MARKER)
    targets: list[tuple[Path, Callable[[Path], object]]] = [
        (min((tmp_path / "dce").iterdir()), lambda _: read_dynamic(tmp_path / "dce")),
        (write_enhanced(tmp_path / "enhanced.dcm", dynamic, marker=MARKER), read_dynamic),
        (write_seg(tmp_path / "seg.dcm", {"lesion": lesion}, GRID, marker=MARKER), read_roi),
        (write_nifti(tmp_path / "roi.nii", lesion, GRID, marker=MARKER), read_roi),
    ]
    random = np.random.default_rng(np.random.SeedSequence(20))
    said: list[str] = []
    for file, reading in targets:
        whole = file.read_bytes()
        for _ in range(25):
            at = int(random.integers(128, len(whole) - 40))
            less, more = random.integers(0, 30), random.integers(0, 4)
            file.write_bytes(whole[:at] + random.bytes(int(more)) + whole[at + int(less) :])
            try:
                reading(file)
            except InputError as error:
                said.append(str(error))
        file.write_bytes(whole)
    assert len(said) > 60
    assert not any(secret in "".join(said) for secret in SECRETS)
