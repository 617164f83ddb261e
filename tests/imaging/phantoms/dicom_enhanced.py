"""The contrast-enhanced phantom as one enhanced multi-frame MR object."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage

from imaging.phantoms.dicom_dynamic import INJECTION
from imaging.phantoms.dicom_slices import fill, number, place, save, slice_dataset
from imaging.phantoms.dynamic import DynamicPhantom


def write_enhanced(
    path: Path, phantom: DynamicPhantom, *, injection: datetime = INJECTION, marker: str = "PHANTOM"
) -> Path:
    """All slices of all phases as frames of one file, slices before phases and both from the last to the first."""
    geometry = phantom.series.geometry
    data = slice_dataset(phantom.series.signal[0, 0], geometry, 0, marker=marker)
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = EnhancedMRImageStorage
    data.ContrastBolusAgentSequence = Sequence([_agent(injection)])
    orientation, measures = Dataset(), Dataset()
    orientation.ImageOrientationPatient = data.ImageOrientationPatient
    measures.PixelSpacing, measures.SliceThickness = data.PixelSpacing, data.SliceThickness
    shared = Dataset()
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = (
        Sequence([orientation]),
        Sequence([measures]),
    )
    data.SharedFunctionalGroupsSequence = Sequence([shared])
    for tag in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(data, tag)
    frames, groups = [], []
    for index in reversed(range(geometry.shape[0])):
        for phase in reversed(range(len(phantom.starts))):
            when = injection + timedelta(seconds=float(phantom.starts[phase]))
            groups.append(_frame(phantom, index, phase, when))
            frames.append(phantom.series.signal[phase, index] * 2)  # each frame has a rescale slope of a half
    data.PerFrameFunctionalGroupsSequence = Sequence(groups)
    fill(data, np.stack(frames))
    data.NumberOfFrames = len(frames)
    return save(data, path)


def _agent(injection: datetime) -> Dataset:
    profile, agent = Dataset(), Dataset()
    profile.ContrastBolusStartTime = injection.strftime("%H%M%S.%f")
    agent.ContrastAdministrationProfileSequence = Sequence([profile])
    return agent


def _frame(phantom: DynamicPhantom, index: int, phase: int, when: datetime) -> Dataset:
    content, position, values, group = Dataset(), Dataset(), Dataset(), Dataset()
    content.FrameAcquisitionDateTime = when.strftime("%Y%m%d%H%M%S.%f")
    content.FrameAcquisitionDuration = 1000 * phantom.duration
    content.TemporalPositionIndex = phase + 1
    place(position, phantom.series.geometry, index)
    for tag in ("ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(position, tag)
    values.RescaleIntercept, values.RescaleSlope, values.RescaleType = "0", number(0.5), "US"
    group.FrameContentSequence, group.PlanePositionSequence = Sequence([content]), Sequence([position])
    group.PixelValueTransformationSequence = Sequence([values])
    return group
