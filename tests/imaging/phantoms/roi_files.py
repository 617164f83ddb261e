"""Regions of interest as DICOM SEG and RTSTRUCT."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from her2mri.imaging.volume import Geometry
from imaging.phantoms.dicom_slices import BIRTH_DATE, IDENTIFYING, STUDY_UID, number, save, slice_dataset
from imaging.phantoms.shapes import position


def write_seg(
    path: Path, masks: Mapping[str, NDArray[np.bool_]], geometry: Geometry, *, marker: str = "PHANTOM"
) -> Path:
    """A segmentation with a segment for each named mask; empty slices are left out, as writers do."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    sources = [_source(geometry, index, marker) for index in range(geometry.shape[0])]
    segments = [
        hd.seg.SegmentDescription(
            segment_number=number_of,
            segment_label=name,
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=codes.SCT.Neoplasm,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number_of, name in enumerate(masks, start=1)
    ]
    seg = hd.seg.Segmentation(
        source_images=sources,
        pixel_array=np.stack([mask.astype(np.uint8) for mask in masks.values()], axis=-1),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=segments,
        series_instance_uid=generate_uid(),
        series_number=90,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="phantom",
        manufacturer_model_name="phantom",
        software_versions="1",
        device_serial_number="1",
    )
    return save(seg, path)


def _source(geometry: Geometry, index: int, marker: str) -> Dataset:
    data = slice_dataset(np.zeros(geometry.shape[1:]), geometry, index, marker=marker)
    data.PatientSex, data.StudyDate, data.StudyTime, data.InstanceNumber = (
        "F",
        "20240305",
        "120000",
        index + 1,
    )
    return data


def ellipsoid_contours(
    geometry: Geometry,
    center: tuple[float, float, float],
    radii: tuple[float, float, float],
    *,
    corners: int = 120,
) -> list[NDArray[np.float64]]:
    """Outlines (corners, 3) of an ellipsoid in the slices of a geometry: the same ellipsoid as ``shapes.ellipsoid``."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    outlines = []
    for index in range(geometry.shape[0]):
        off = (index - center[0]) * geometry.spacing[2] / radii[2]
        if abs(off) < 1:
            share = np.sqrt(1 - off**2)
            local = np.stack([radii[0] * share * np.cos(angle), radii[1] * share * np.sin(angle)], axis=-1)
            middle = position(geometry, (index, center[1], center[2]))
            outlines.append(middle + local @ geometry.direction[:, :2].T)
    return outlines


def write_rtstruct(
    path: Path,
    regions: Mapping[str, list[NDArray[np.float64]]],
    *,
    kind: str = "CLOSED_PLANAR",
    marker: str = "PHANTOM",
) -> Path:
    """A structure set with the closed planar contours of each named region."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = RTStructureSetStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY_UID, STUDY_UID + ".80"
    data.Modality = "RTSTRUCT"
    for tag in IDENTIFYING:
        setattr(data, tag, marker)
    data.PatientBirthDate = BIRTH_DATE
    names, outlines = [], []
    for number_of, (name, contours) in enumerate(regions.items(), start=1):
        named, drawn = Dataset(), Dataset()
        named.ROINumber = drawn.ReferencedROINumber = number_of
        named.ROIName = name
        drawn.ContourSequence = Sequence([_contour(corners, kind) for corners in contours])
        names.append(named)
        outlines.append(drawn)
    data.StructureSetROISequence, data.ROIContourSequence = Sequence(names), Sequence(outlines)
    return save(data, path)


def _contour(corners: NDArray[np.float64], kind: str) -> Dataset:
    contour = Dataset()
    contour.ContourGeometricType = kind
    contour.NumberOfContourPoints = len(corners)
    contour.ContourData = [number(value) for value in corners.ravel()]
    return contour
