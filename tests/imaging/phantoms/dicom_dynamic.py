"""The contrast-enhanced phantom as DICOM files, the way scanners lay phases out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from imaging.phantoms.dicom_slices import STUDY_UID, clock, number, save, slice_dataset
from imaging.phantoms.dynamic import DynamicPhantom

INJECTION = datetime(2024, 3, 5, 23, 58, 30, 250000)
"""The phases from here cross midnight."""


def write_dynamic(
    folder: Path,
    phantom: DynamicPhantom,
    *,
    layout: str = "temporal_position",
    injection: datetime = INJECTION,
    told: bool = True,
    duration_told: bool = True,
    date: bool = True,
    marker: str = "PHANTOM",
    change: Callable[[Dataset, int, int], Dataset | None] | None = None,
) -> Path:
    """A folder of one file per slice and phase, named in an order that says nothing.

    ``layout``: ``temporal_position`` (one series, phases numbered), ``trigger_time`` (one series, one time of
    acquisition, phases told by trigger time: GE), ``acquisition_time`` (one series, by the clock alone),
    ``acquisition_number``, ``series`` (a folder and a series per phase), ``philips`` (begin of each dynamic scan in a
    private tag). ``told``: ContrastBolusStartTime is written. ``change(data, phase, index)`` may alter a slice or
    leave it out (None): this is how faults are made.
    """
    name = np.random.default_rng(np.random.SeedSequence(3)).permutation(phantom.series.signal[..., 0, 0].size)
    for phase, volume in enumerate(phantom.series.signal):
        when = injection + timedelta(seconds=float(phantom.starts[phase]))
        for index, pixels in enumerate(volume):
            data = slice_dataset(pixels, phantom.series.geometry, index, marker=marker)
            clock(data, when, date=date)
            _lay_out(data, layout, phase, phantom, injection)
            if told:
                data.ContrastBolusStartTime = injection.strftime("%H%M%S.%f")
            if duration_told:
                data.AcquisitionDuration = phantom.duration
            changed = data if change is None else change(data, phase, index)
            if changed is not None:
                number_of_file = int(name[phase * len(volume) + index])
                below = folder / f"phase{4 - phase}" if layout == "series" else folder
                save(changed, below / f"IM{number_of_file:05d}.dcm")
    return folder


def _lay_out(data: Dataset, layout: str, phase: int, phantom: DynamicPhantom, injection: datetime) -> None:
    first = injection + timedelta(seconds=float(phantom.starts[0]))
    since = float(phantom.starts[phase] - phantom.starts[0])
    if layout == "temporal_position":
        data.TemporalPositionIdentifier, data.NumberOfTemporalPositions = phase + 1, len(phantom.starts)
    elif layout == "trigger_time":
        clock(data, first)
        data.TriggerTime = number(1000 * since)
    elif layout == "acquisition_number":
        data.AcquisitionNumber = phase + 1
    elif layout == "series":
        data.SeriesInstanceUID, data.SeriesNumber = f"{STUDY_UID}.{10 + phase}", 10 + phase
        data.TemporalPositionIdentifier = 1
    elif layout == "philips":
        clock(data, first)
        data.TemporalPositionIdentifier = phase + 1
        data.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0xA0, "FL", since)
    elif layout != "acquisition_time":
        raise ValueError(layout)
