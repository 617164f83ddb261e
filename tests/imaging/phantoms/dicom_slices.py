"""One slice as a DICOM data set: what the writers of series share, and the tags that name a patient."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from her2mri.imaging.volume import Geometry

IDENTIFYING = (
    "PatientName", "PatientID", "OtherPatientNames", "PatientAddress", "PatientMotherBirthName", "AccessionNumber",
    "InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "ReferringPhysicianName",
    "PerformingPhysicianName", "OperatorsName", "PhysiciansOfRecord", "StationName", "StudyID", "StudyDescription",
    "SeriesDescription", "ProtocolName", "PatientComments", "ImageComments", "DeviceSerialNumber",
    "RequestingPhysician", "RequestedProcedureDescription", "MedicalRecordLocator", "PatientTelephoneNumbers",
)  # fmt: skip
"""Text tags in which a patient, a person or an institution may be named."""
BIRTH_DATE = "19471129"
STUDY_UID = "1.2.826.0.1.3680043.8.498.11112222333344445555"


def number(value: float) -> str:
    """A decimal string of at most 16 characters."""
    return f"{value:.10g}"[:16]


def slice_dataset(
    pixels: NDArray[np.number], geometry: Geometry, index: int, *, marker: str = "PHANTOM"
) -> Dataset:
    """Slice ``index`` of a volume, uncompressed, with ``marker`` in every tag that may name somebody."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY_UID, STUDY_UID + ".1"
    data.FrameOfReferenceUID = STUDY_UID + ".2"
    data.Modality, data.ImageType = "MR", ["ORIGINAL", "PRIMARY", "M"]
    for tag in IDENTIFYING:
        setattr(data, tag, marker)
    data.PatientName = f"{marker}^"
    data.PatientBirthDate = BIRTH_DATE
    place(data, geometry, index)
    fill(data, pixels)
    return data


def place(data: Dataset, geometry: Geometry, index: int) -> None:
    """Position, orientation and spacing of slice ``index``."""
    origin = geometry.origin + geometry.direction[:, 2] * geometry.spacing[2] * index
    data.ImagePositionPatient = [number(value) for value in origin]
    data.ImageOrientationPatient = [number(value) for value in geometry.direction[:, :2].T.ravel()]
    data.PixelSpacing = [number(geometry.spacing[1]), number(geometry.spacing[0])]
    data.SliceThickness = number(geometry.spacing[2])


def fill(data: Dataset, pixels: NDArray[np.number]) -> None:
    """Pixels as unsigned 16-bit words."""
    stored = np.asarray(pixels, dtype="<u2")
    data.Rows, data.Columns = stored.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = stored.tobytes()


def clock(data: Dataset, when: datetime, *, date: bool = True) -> None:
    """Time (and date) of acquisition."""
    data.AcquisitionTime = when.strftime("%H%M%S.%f")
    if date:
        data.AcquisitionDate = data.StudyDate = when.strftime("%Y%m%d")


def save(data: Dataset, path: Path) -> Path:
    """The data set as a file, its folder made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path
