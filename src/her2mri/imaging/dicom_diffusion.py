"""Diffusion-weighted images and ADC maps from DICOM files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from her2mri.errors import Fault, InputError
from her2mri.imaging.dicom_checks import check_content
from her2mri.imaging.dicom_dynamic import notes_of, ordered
from her2mri.imaging.dicom_folder import Folder, count, read_folder
from her2mri.imaging.dicom_pixels import fill, is_physical
from her2mri.imaging.dicom_plane import Plane
from her2mri.imaging.read_units import factor_told, to_adc
from her2mri.imaging.volume import AdcMap, DiffusionSeries, Floats

_ADC: Final = "ADC"
_MAPS: Final = frozenset({_ADC, "EADC", "EXP", "EXPONENTIAL", "FA", "COLFA", "TENSOR"})
"""ImageType of what is computed from diffusion-weighted images and often exported with them."""

Stacks = list[list[Plane]]
"""Volumes of one b-value, each in the order of its slices."""


def read_dicom_diffusion(path: Path) -> DiffusionSeries:
    """See :func:`her2mri.imaging.read.read_diffusion`."""
    folder = read_folder(path)
    planes = _without_maps(folder, check_content(folder))
    untold = sum(plane.b_value is None for plane in planes)
    if untold:
        problem = f"{count(untold, 'image')} without a b-value"
        remedy = "give the images as a 4D NIfTI file with their b-values"
        folder.faults.append(Fault(folder.where, problem, remedy=remedy))
    slices = ordered(folder, planes)
    if folder.faults or slices is None:
        raise InputError(folder.faults)
    stacks = _by_b_value(folder, planes, slices.location)
    if folder.faults:
        raise InputError(folder.faults)
    physical = is_physical(planes)
    signal = np.empty((len(stacks), *slices.geometry.shape), dtype=np.float32)
    for volume, (b, volumes) in zip(signal, stacks.items(), strict=True):
        _mean(volume, volumes, folder, geometric=b > 0, physical=physical)
    if folder.faults:
        raise InputError(folder.faults)
    notes = (*folder.notes, *notes_of(planes, physical=physical))
    return DiffusionSeries(signal, np.array(list(stacks), dtype=float), slices.geometry, notes)


def _without_maps(folder: Folder, planes: list[Plane]) -> list[Plane]:
    weighted = [plane for plane in planes if _MAPS.isdisjoint(plane.kind)]
    if planes and not weighted:
        problem = "holds maps computed from diffusion-weighted images alone (ImageType says so)"
        folder.faults.append(Fault(folder.where, problem, remedy="read it as an ADC map"))
        return planes
    if len(weighted) < len(planes):
        folder.notes.append(f"{count(len(planes) - len(weighted), 'image')} of computed maps passed over")
    return weighted


def _by_b_value(folder: Folder, planes: Sequence[Plane], location: NDArray[np.intp]) -> dict[float, Stacks]:
    """Volumes of each b-value, ascending; where a trace image is there, its single directions are left out."""
    n_slices = int(location.max()) + 1
    found: dict[float, list[list[Plane]]] = {}
    for plane, at in zip(planes, location.tolist(), strict=True):
        b = float(round(plane.b_value or 0.0))
        found.setdefault(b, [[] for _ in range(n_slices)])[at].append(plane)
    if len(found) < 2:
        problem = f"a single b-value ({next(iter(found)):g} s/mm2)"
        folder.faults.append(Fault(folder.where, problem, allowed="two b-values or more"))
    stacks = {}
    for b in sorted(found):
        images = [_traces(at) for at in found[b]]
        if sum(map(len, images)) < sum(map(len, found[b])):
            folder.notes.append(
                f"b = {b:g}: the scanner's mean of the directions; single directions passed over"
            )
        counts = Counter(map(len, images))
        if len(counts) > 1:
            usual = counts.most_common(1)[0][0]
            fewer = sum(n for size, n in counts.items() if size != usual)
            problem = f"b = {b:g}: {usual} images of most slices, another number of {count(fewer, 'slice')}"
            remedy = "copy or send the series again, whole"
            folder.faults.append(Fault(folder.where, problem, remedy=remedy))
            continue
        stacks[b] = [list(volume) for volume in zip(*images, strict=True)]
        if len(stacks[b]) > 1:
            kind = f"geometric mean of {len(stacks[b])} directions or repeats" if b > 0 else "mean of repeats"
            folder.notes.append(f"b = {b:g}: {kind}")
    return stacks


def _traces(images: list[Plane]) -> list[Plane]:
    return [plane for plane in images if plane.trace] or images


def _mean(volume: Floats, volumes: Stacks, folder: Folder, *, geometric: bool, physical: bool) -> None:
    """The mean of several volumes: geometric at b > 0, so that its logarithm decays with the mean diffusivity."""
    if len(volumes) == 1:
        folder.faults += fill(volume, volumes[0], folder.where, physical=physical)
        return
    total = np.zeros(volume.shape)
    with np.errstate(divide="ignore"):
        for planes in volumes:
            folder.faults += fill(volume, planes, folder.where, physical=physical)
            total += np.log(np.maximum(volume, 0.0), dtype=np.float64) if geometric else volume
    total /= len(volumes)
    volume[:] = np.exp(total) if geometric else total


def read_dicom_adc(path: Path) -> AdcMap:
    """See :func:`her2mri.imaging.read.read_adc`."""
    folder = read_folder(path)
    planes = check_content(folder)
    maps = [plane for plane in planes if _ADC in plane.kind]
    if maps and len(maps) < len(planes):
        folder.notes.append(
            f"{count(len(planes) - len(maps), 'image')} that are not of the ADC map passed over"
        )
    planes = maps or planes
    slices = ordered(folder, planes)
    if slices is not None and np.bincount(slices.location).max() > 1:
        problem = "more than one image of a slice, and ImageType does not tell which is the ADC map"
        folder.faults.append(Fault(folder.where, problem, remedy="leave in the folder the ADC map alone"))
    folder.faults += _not_a_map(folder.where, planes)
    if folder.faults or slices is None:
        raise InputError(folder.faults)
    values = np.empty(slices.geometry.shape, dtype=np.float32)
    in_order = [planes[at] for at in np.argsort(slices.location)]
    folder.faults += fill(values, in_order, folder.where)
    if folder.faults:
        raise InputError(folder.faults)
    units = {plane.units for plane in planes}
    values, words = to_adc(folder.where, values, units.pop() if len(units) == 1 else "")
    return AdcMap(values, slices.geometry, (*folder.notes, words))


def _not_a_map(where: str, planes: Sequence[Plane]) -> list[Fault]:
    """An image as acquired, of whose values no unit is told, is no ADC map, whatever the size of its values."""
    if not any("ORIGINAL" in plane.kind and _ADC not in plane.kind for plane in planes):
        return []
    if all(factor_told(plane.units) is not None for plane in planes):
        return []
    problem = "nothing in the headers says that this is an ADC map: images as acquired, without a unit of ADC"
    return [Fault(where, problem, remedy="give the ADC map, or the diffusion-weighted images themselves")]
