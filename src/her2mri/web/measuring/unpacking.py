"""Files as they were sent made into what the readers of images take: archives unpacked, companions named alike."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from her2mri.errors import Fault, InputError
from her2mri.web.measuring.receiving import MOST_FILES, fresh_file, too_large

_PIECE: Final = 1 << 20
NAMES: Final = {"dce": "contrast-enhanced series", "dwi": "diffusion series", "adc": "ADC map"}


@dataclass
class Budget:
    """How many bytes the archives of one upload may unpack to, all of them together; ``used`` already."""

    most: int
    used: int = 0

    def take(self, count: int) -> None:
        """So many more. Raises InputError where that is too many."""
        self.used += count
        if self.used > self.most:
            raise InputError([too_large(self.most)])


def arrange(folder: Path, part: str, budget: Budget) -> Path | None:
    """The path of a part of the images below ``folder``: a folder of DICOM files or a NIfTI file; None: not sent.

    Raises InputError for archives and companies of files that are none.
    """
    sent = folder / part
    if not sent.is_dir():
        return None
    files = 0
    for archive in sorted(sent.glob("*.zip")):
        files += unpack(archive, sent, files, budget)
        archive.unlink()
    volumes = sorted([*sent.glob("*.nii"), *sent.glob("*.nii.gz")])
    if not volumes:
        return sent
    if len(volumes) > 1:
        remedy = "send one file with all phases as its fourth dimension" if part == "dce" else "send one"
        raise InputError([Fault(NAMES[part], f"{len(volumes)} NIfTI files", remedy=remedy)])
    for ending in (".json", ".bval"):
        for companion in sorted(sent.glob(f"*{ending}"))[:1]:
            companion.rename(sent / f"series{ending}")
    return volumes[0].rename(sent / f"series{''.join(volumes[0].suffixes)}")


def unpack(archive: Path, folder: Path, before: int, budget: Budget) -> int:
    """Put the files of an archive into ``folder``, numbered: no name in it decides where anything is written.

    ``before``: how many files came out of other archives of this part. How many came out of this one.
    Raises InputError for an archive that is damaged, locked or too large when unpacked, whatever it says of itself.
    """
    where = NAMES.get(folder.name, folder.name)
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = [entry for entry in packed.infolist() if _is_wanted(entry)]
            if before + len(entries) > MOST_FILES:
                raise InputError([Fault(where, f"archives of more than {MOST_FILES:,} files")])
            if any(entry.flag_bits & 0x1 for entry in entries):
                raise InputError([Fault(where, "a .zip that is locked by a password", remedy="unlock it")])
            for number, entry in enumerate(entries, start=before):
                name = entry.filename.lower()
                path = fresh_file(folder, MOST_FILES + number, name.removesuffix(".zip"))
                _copy(packed, entry, path, budget)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError):
        raise InputError([Fault(where, "a .zip that is damaged", remedy="pack it again")]) from None
    return len(entries)


def _copy(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, budget: Budget) -> None:
    with packed.open(entry) as source, path.open("xb") as target:
        while piece := source.read(_PIECE):
            budget.take(len(piece))
            target.write(piece)


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    hidden = any((part.startswith(".") and part not in {".", ".."}) or part == "__MACOSX" for part in parts)
    return not entry.is_dir() and not hidden and bool(parts) and parts[-1].upper() != "DICOMDIR"


def remove_images(folder: Path) -> None:
    """Nothing stays of images that were refused."""
    shutil.rmtree(folder, ignore_errors=True)
