"""The DICOM files of a folder: headers read, what is no image set aside and counted, damage told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from her2mri.errors import Fault
from her2mri.imaging.dicom_header import Ordinals, planes_of
from her2mri.imaging.dicom_plane import Plane
from her2mri.imaging.dicom_values import number, text
from her2mri.imaging.read_extra import damage, extra, quiet

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DIRECTORY: Final = "1.2.840.10008.1.3.10"
_NAMED: Final = 3


@dataclass
class Folder:
    """What was found: planes of images, faults of files, notes on what was passed over."""

    where: str
    planes: list[Plane] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_folder(path: Path) -> Folder:
    """The headers of a DICOM file, or of all below a folder. DICOMDIR and hidden files are passed over."""
    folder = Folder(path.name or str(path))
    if not path.exists():
        folder.faults.append(Fault(folder.where, "there is no such file or folder"))
        return folder
    files = (
        [path] if path.is_file() else sorted(found for found in path.rglob("*") if _may_be_image(found, path))
    )
    ordinals, problems, foreign = Ordinals(), dict[str, list[Path]](), 0
    with quiet():
        for file in files:
            if not _is_dicom(file):
                foreign += 1
                continue
            planes, problem = _read(file, ordinals)
            folder.planes += planes
            if problem:
                problems.setdefault(problem, []).append(file)
    folder.faults += [_fault(folder.where, path, problem, found) for problem, found in problems.items()]
    if foreign and len(files) > foreign:
        folder.notes.append(f"{count(foreign, 'file')} in the folder passed over: not DICOM")
    if not folder.planes and not folder.faults:
        folder.faults.append(_nothing(folder.where, foreign))
    return folder


def _may_be_image(found: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in found.relative_to(root).parts)
    return not hidden and found.name.upper() != "DICOMDIR" and found.is_file()


def _is_dicom(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _read(file: Path, ordinals: Ordinals) -> tuple[list[Plane], str]:
    """Planes of one file, and what is wrong with it."""
    dcmread = extra("pydicom").dcmread
    try:
        with file.open("rb") as stream:
            data = dcmread(stream, stop_before_pixels=True)
            remaining = file.stat().st_size - stream.tell()
        if text(data.file_meta, "MediaStorageSOPClassUID") == _DIRECTORY:
            return [], ""
        planes = list(planes_of(data, file, ordinals))
        if not planes:
            return [], _without_image(text(data, "Modality"))
        return planes, _pixel_problem(data, remaining)
    except damage():
        return [], "damaged or cut off"


def _without_image(modality: str) -> str:
    if modality.isalpha() and modality != "MR":
        return f"without an image (modality {modality[:16]})"
    return "cut off, or without an image"


def _pixel_problem(data: Dataset, remaining: int) -> str:
    """What keeps the pixels from being read, as far as it shows before they are."""
    syntax: Any = getattr(data.file_meta, "TransferSyntaxUID", None)
    if syntax is None:
        return "that do not say how pixels are stored (no transfer syntax)"
    if syntax.is_encapsulated:
        try:
            available = extra("pydicom.pixels").get_decoder(syntax).is_available
        except NotImplementedError:
            available = False
        return "" if available else f"compressed in a way that cannot be decoded here ({syntax.name})"
    if syntax.is_deflated:
        return ""
    sizes = [number(data, tag) or 1 for tag in ("Rows", "Columns", "SamplesPerPixel", "NumberOfFrames")]
    expected = sizes[0] * sizes[1] * sizes[2] * sizes[3] * (number(data, "BitsAllocated") or 16) / 8
    header = 8 if syntax.is_implicit_VR else 12
    return "cut off: pixels are missing" if remaining - header < expected else ""


def _fault(where: str, root: Path, problem: str, files: list[Path]) -> Fault:
    if problem.startswith("compressed"):
        remedy = "have the images written uncompressed (Explicit VR Little Endian)"
    elif problem.startswith("without"):
        remedy = "leave in the folder the images of this series alone"
    else:
        remedy = "copy or send the series again"
    names = [str(file.relative_to(root)) if file != root else file.name for file in files]
    return Fault(where, f"{count(len(files), 'file')} {problem}: {some(names)}", remedy=remedy)


def _nothing(where: str, foreign: int) -> Fault:
    found = f", only {count(foreign, 'file')} of another kind" if foreign else ""
    return Fault(
        where,
        f"holds no DICOM images{found}",
        remedy="name the folder of the series, or a .nii or .nii.gz file",
    )


def count(n: int, noun: str) -> str:
    """A number and its noun: ``1 file``, ``2 files``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def some(names: list[str]) -> str:
    """The first of several names, and how many more there are."""
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest
