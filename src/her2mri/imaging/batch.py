"""Many lesions measured, each as a job of its own: one that fails does not stop the others."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from her2mri.errors import Fault, InputError
from her2mri.imaging.manifest import TIMES, LesionFiles
from her2mri.imaging.measure import measure
from her2mri.imaging.settings import MeasureSettings
from her2mri.jobs import Json, Runner

STAGE: Final = "Measure lesions"
_DPI: Final = 180


@dataclass(frozen=True, eq=False)
class MeasuredLesion:
    """A lesion with what was measured of it, as plain data; ``figure`` is its picture as PNG."""

    files: LesionFiles
    row: dict[str, float | str | None]
    records: list[dict[str, Any]]
    outline: list[list[float]]
    notes: tuple[str, ...]
    timing: str
    figure: bytes


@dataclass(frozen=True, eq=False)
class Batch:
    """The lesions that were measured, and every fault of those that could not be."""

    lesions: tuple[MeasuredLesion, ...]
    faults: tuple[Fault, ...]


def measure_lesions(
    lesions: Sequence[LesionFiles], *, settings: MeasureSettings | None = None, runner: Runner | None = None
) -> Batch:
    """Measure every lesion; what a runner with finished jobs has of an earlier run is not measured again.

    A lesion is known again by its files' names, sizes and times.
    """
    chosen = settings or MeasureSettings()
    jobs = [partial(_job, **_plain(lesion), settings=tuple(asdict(chosen).items())) for lesion in lesions]
    results = (runner or Runner()).resume(STAGE, jobs)
    measured, faults = [], []
    for lesion, result in zip(lesions, results, strict=True):
        if "faults" in result:
            found = [Fault(**fault) for fault in result["faults"]]
            faults += [replace(fault, where=f"lesion {lesion.lesion_id}: {fault.where}") for fault in found]
        else:
            measured.append(_measured(lesion, result))
    return Batch(tuple(measured), tuple(faults))


def _plain(lesion: LesionFiles) -> dict[str, Any]:
    """What a job is told: paths with what tells their content, and no name of a patient or lesion."""
    told: dict[str, Any] = {name: getattr(lesion, name) for name in ("roi_label", *TIMES)}
    for name in ("dce", "dwi", "adc", "roi"):
        path = getattr(lesion, name)
        told[name] = str(path) if path is not None else ""
        told[f"{name}_state"] = _state(path) if path is not None else ""
    return told


def _state(path: Path) -> str:
    """A hash over names, sizes and times of a file, what lies beside it under its name, or all in a folder."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
    else:
        stem = path.name.split(".")[0]
        files = sorted(file for file in path.parent.glob(f"{stem}.*") if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        digest.update(f"{file.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _job(
    *,
    dce: str,
    dwi: str,
    adc: str,
    roi: str,
    roi_label: str,
    seconds: tuple[float, ...],
    injection: float | None,
    precontrast: int,
    b_values: tuple[float, ...],
    settings: tuple[tuple[str, Any], ...],
    **_: str,
) -> Json:
    """One lesion, as plain data: its measures, or its faults."""
    from her2mri.imaging.read import read_adc, read_diffusion, read_dynamic, read_roi

    faults: list[Fault] = []

    def read(reader: Any, path: str) -> Any:
        try:
            return reader(path) if path else None
        except InputError as error:
            faults.extend(error.faults)
            return None

    try:
        phases = partial(read_dynamic, seconds=seconds or None, injection=injection, precontrast=precontrast)
        dynamic = read(phases, dce)
        weighted = partial(read_diffusion, b_values=b_values or None)
        diffusion = read(weighted, dwi) if dwi else read(read_adc, adc)
        region = read(partial(read_roi, label=roi_label or None), roi)
        if faults:
            raise InputError(faults)
        found = measure(dynamic, diffusion, region, settings=MeasureSettings(**dict(settings)))
    except InputError as error:
        return {"faults": [fault.as_dict() for fault in error.faults]}
    picture = io.BytesIO()
    found.plot().savefig(picture, dpi=_DPI, metadata={"Software": None})
    return {
        "row": found.row(),
        "records": found.frame().to_dict("records"),
        "outline": found.outline.tolist(),
        "notes": list(found.notes),
        "timing": found.curve.timing if found.curve is not None else "",
        "figure": base64.b64encode(picture.getvalue()).decode("ascii"),
    }


def _measured(lesion: LesionFiles, result: Json) -> MeasuredLesion:
    return MeasuredLesion(
        lesion,
        result["row"],
        result["records"],
        result["outline"],
        tuple(result["notes"]),
        result["timing"],
        base64.b64decode(result["figure"]),
    )
