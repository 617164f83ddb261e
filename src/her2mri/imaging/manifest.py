"""Which files belong to which lesion: a folder, a manifest (csv or TOML), or one lesion by itself."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from her2mri.errors import Fault, InputError

IMAGES: Final = ("dce", "dwi", "adc", "roi")
TIMES: Final = ("seconds", "injection", "precontrast", "b_values")
"""What headers may not tell: numbers, several of them separated by spaces."""
COLUMNS: Final = ("patient_id", "lesion_id", "center", *IMAGES, "roi_label", *TIMES)


@dataclass(frozen=True)
class LesionFiles:
    """One lesion: who it is, and where its images and its region are (None: there are none).

    ``seconds`` of the phases, ``injection``, ``precontrast`` and ``b_values`` are what ``read_dynamic`` and
    ``read_diffusion`` may be told; empty or None where the files tell it themselves.
    """

    lesion_id: str
    patient_id: str
    center: str
    roi: Path
    dce: Path | None = None
    dwi: Path | None = None
    adc: Path | None = None
    roi_label: str = ""
    seconds: tuple[float, ...] = ()
    injection: float | None = None
    precontrast: int = 1
    b_values: tuple[float, ...] = ()


def lesions_of(source: Path) -> list[LesionFiles]:
    """The lesions of a manifest, or of a folder with a folder a lesion; InputError with every fault.

    A manifest is csv, or TOML with a table ``[[lesions]]`` a lesion, with the columns ``COLUMNS``; its paths
    begin at its own folder. In a folder, each folder is a lesion of that name, and holds ``dce``, ``dwi`` or
    ``adc``, and ``roi``, each a folder or a file of that name with any ending.
    """
    if source.is_dir():
        return checked([_of_folder(folder) for folder in sorted(source.iterdir()) if folder.is_dir()], source)
    if not source.is_file():
        raise InputError([Fault(str(source), "there is no such file or folder")])
    try:
        if source.suffix.lower() == ".toml":
            entries = tomllib.loads(source.read_text(encoding="utf-8")).get("lesions", [])
        else:
            with source.open(encoding="utf-8-sig", newline="") as file:
                entries = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, csv.Error) as error:
        raise InputError([Fault(source.name, f"cannot be read: {error}")]) from error
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise InputError([Fault(source.name, "is no list of lesions", remedy="head each with [[lesions]]")])
    return checked(entries, source)


def checked(entries: Sequence[Mapping[str, object]], source: Path) -> list[LesionFiles]:
    """The lesions of these entries, whose paths begin at the folder of ``source``; InputError with every fault."""
    start = source if source.is_dir() else source.parent
    faults: list[Fault] = []
    lesions: list[LesionFiles] = []
    if not entries:
        faults.append(Fault(source.name, "names no lesion", remedy="give one row or folder a lesion"))
    unknown = dict.fromkeys(str(key) for entry in entries for key in entry if key not in COLUMNS)
    faults += [
        Fault(source.name, "no such column", allowed=", ".join(COLUMNS), column=name) for name in unknown
    ]
    for number, entry in enumerate(entries, start=2):
        told = {name: str(entry.get(name) or "").strip() for name in COLUMNS}
        where = f"lesion {told['lesion_id']}" if told["lesion_id"] else source.name
        own = list(_faults(told, start, where, None if told["lesion_id"] else number))
        faults += own
        if not own:
            paths = {name: start / told[name] if told[name] else None for name in IMAGES if name != "roi"}
            lesions.append(
                LesionFiles(
                    told["lesion_id"],
                    told["patient_id"] or told["lesion_id"],
                    told["center"],
                    start / told["roi"],
                    roi_label=told["roi_label"],
                    seconds=_numbers(told["seconds"]),
                    injection=float(told["injection"]) if told["injection"] else None,
                    precontrast=int(told["precontrast"] or 1),
                    b_values=_numbers(told["b_values"]),
                    **paths,
                )
            )
    faults += _repeated(str(entry.get("lesion_id") or "").strip() for entry in entries)
    if faults:
        raise InputError(faults)
    return lesions


def _faults(told: Mapping[str, str], start: Path, where: str, row: int | None) -> Iterable[Fault]:
    if not told["lesion_id"]:
        yield Fault(where, "a lesion has no name", row=row, column="lesion_id")
    if not told["roi"]:
        yield Fault(where, "no region of interest", row=row, column="roi")
    if not (told["dce"] or told["dwi"] or told["adc"]):
        yield Fault(where, "no images", allowed="dce, and dwi or adc", row=row)
    if told["dwi"] and told["adc"]:
        yield Fault(where, "both a diffusion series and an ADC map", remedy="give one of them", row=row)
    for name in IMAGES:
        if told[name] and not (start / told[name]).exists():
            yield Fault(where, "there is no such file or folder", row=row, column=name, value=told[name])

    for name in TIMES:
        try:
            numbers = _numbers(told[name])
        except ValueError:
            yield Fault(where, "must be numbers", row=row, column=name, value=told[name])
            continue
        if name in ("injection", "precontrast") and told[name] and len(numbers) != 1:
            yield Fault(where, "must be one number", row=row, column=name, value=told[name])
        if name == "precontrast" and any(number != int(number) or number < 1 for number in numbers):
            yield Fault(where, "must be a count of phases", row=row, column=name, value=told[name])


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in re.split(r"[\s,;]+", text.strip("[] ")) if part)


def _repeated(names: Iterable[str]) -> Iterable[Fault]:
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            yield Fault(f"lesion {name}", "is there twice", remedy="name each lesion once")
        seen.add(name)


def _of_folder(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {"lesion_id": folder.name}
    for path in sorted(folder.iterdir()):
        name = path.name.lower().split(".")[0]
        if name in IMAGES and not re.search(r"\.(json|bval|bvec)$", path.name.lower()):
            found[name] = str(path.relative_to(folder.parent))
    return found
