"""The process that reads and measures images, so that nobody else waits for it and what it held is let go of.

``python -m her2mri.web.measuring.work read|measure FOLDER BYTES``. What it found is in the folder: the state with
every fault, and files. It prints nothing but, of an error that nobody foresaw, its type and place.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from her2mri import __version__
from her2mri.errors import Fault, InputError
from her2mri.web.logs import LOGGER, log_to_stderr
from her2mri.web.measuring.receiving import PARTS, TOLD
from her2mri.web.measuring.unpacking import NAMES, Budget, arrange, remove_images
from her2mri.web.measuring.upload import Step, Upload

if TYPE_CHECKING:
    from her2mri.imaging.manifest import LesionFiles

_LESION: Final = "images"
MOST_MEMORY: Final = 6 << 30
"""Bytes that one upload may fill: files can claim any size."""
TOO_LARGE: Final = Fault("images", "are too large for this server", remedy="send this lesion's series alone")


def read_images(upload: Upload, most: int) -> None:
    """Unpack, read and check what was sent; write what the page shows."""
    from her2mri.imaging.read import read_adc, read_diffusion, read_dynamic
    from her2mri.web.measuring.preview import write_preview

    paths, faults, budget = dict[str, Path](), list[Fault](), Budget(most)
    for part in PARTS:
        try:
            if path := arrange(upload.images, part, budget):
                _check_header(path, part, most)
                paths[part] = path
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(dict.fromkeys(faults))  # what is too large is so for each part from there on
    files = _files(upload, paths, region=paths["dce"])  # nothing is drawn yet
    view: dict[str, Any] = {}
    readers: dict[str, Callable[[Path], Any]] = {
        "dce": partial(
            read_dynamic,
            seconds=files.seconds or None,
            injection=files.injection,
            precontrast=files.precontrast,
        ),
        "dwi": partial(read_diffusion, b_values=files.b_values or None),
        "adc": read_adc,
    }
    for part, path in paths.items():
        try:
            images = readers[part](path)
        except InputError as error:
            faults += [replace(fault, where=NAMES[part]) for fault in error.faults]
            continue
        if part == "dce":
            view = write_preview(upload.folder / "preview.nii", images)
        else:
            view["notes"] = [*view.get("notes", ()), *images.notes]
    if faults:
        raise InputError(faults)
    view["parts"] = {
        part: {"path": str(path.relative_to(upload.folder)), **fingerprint(path)}
        for part, path in paths.items()
    }
    upload.write("view", view)


def measure_region(upload: Upload, most: int) -> None:
    """Measure the region that was drawn, as ``her2mri measure`` does; write what the page shows and a record keeps."""
    from her2mri.imaging.batch import measure_lesions
    from her2mri.imaging.settings import MeasureSettings
    from her2mri.imaging.sheet import measures_table, methods

    view, settings = upload.read("view"), MeasureSettings()
    region = upload.folder / "region.nii.gz"
    paths = {part: upload.folder / content["path"] for part, content in view["parts"].items()}
    files = _files(upload, paths, region=region)
    batch = measure_lesions([files], settings=settings)
    if batch.faults:
        raise InputError(replace(fault, where=_last(fault.where)) for fault in batch.faults)
    found = batch.lesions[0]
    (upload.folder / "figure.png").write_bytes(found.figure)
    names = {str(record["measure"]) for record in found.records}
    upload.write(
        "result",
        {
            "rows": [list(row) for row in measures_table(found).rows],
            "methods": methods(settings, names, found.timing),
            "notes": list(found.notes),
        },
    )
    with gzip.open(region) as stream:
        drawn = hashlib.sha256(stream.read()).hexdigest()
    images = {
        part: {name: value for name, value in content.items() if name != "path"}
        for part, content in view["parts"].items()
    }
    upload.write(
        "measured",
        {
            "software": __version__,
            "settings": asdict(settings),
            "images": images,
            "region": drawn,
            "told": {name: getattr(files, name) for name in TOLD},
            "row": found.row,
            "measures": [{name: _plain(value) for name, value in record.items()} for record in found.records],
            "timing": found.timing,
            "notes": list(found.notes),
        },
    )


def _files(upload: Upload, paths: Mapping[str, Path], *, region: Path) -> LesionFiles:
    """The lesion as the command line would be told of it. Raises InputError with every fault."""
    from her2mri.imaging.manifest import checked

    named = {part: str(path) for part, path in paths.items()}
    told = {name: text for name, text in upload.read("told").items() if name in TOLD}
    try:
        (found,) = checked([{"lesion_id": _LESION, "roi": str(region), **named, **told}], upload.folder)
    except InputError as error:
        raise InputError(replace(fault, where="images") for fault in error.faults) from None
    return found


def _last(where: str) -> str:
    """Where a fault is, without the name that a batch puts before it."""
    return where.removeprefix(f"lesion {_LESION}: ")


def fingerprint(path: Path) -> dict[str, Any]:
    """How many files, and a hash over their content in whatever order and under whatever names they came."""
    files = [path, *path.parent.glob("series.*")] if path.is_file() else list(path.rglob("*"))
    hashes = sorted({_sha256(file) for file in files if file.is_file()})
    return {"files": len(hashes), "sha256": hashlib.sha256("\n".join(hashes).encode("ascii")).hexdigest()}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_header(path: Path, part: str, most: int) -> None:
    """A NIfTI file says how large it is before it is unpacked: not everything it says is to be believed."""
    from her2mri.imaging.read_extra import damage, extra, quiet

    if not path.is_file():
        return
    try:
        with quiet():
            image = extra("nibabel").load(path)
            size = math.prod(image.shape) * image.get_data_dtype().itemsize
    except (*damage(), extra("nibabel").filebasedimages.ImageFileError):
        fault = Fault(NAMES[part], "is damaged, cut off or not a NIfTI file", remedy="send the file again")
        raise InputError([fault]) from None
    if size > most:
        raise InputError([TOO_LARGE])


def _plain(value: Any) -> Any:
    """JSON knows no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = MOST_MEMORY if most == resource.RLIM_INFINITY else min(MOST_MEMORY, most)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    LOGGER.error("work on images failed", exc_info=(kind, error, trace))


def do(work: str, upload: Upload, most: int) -> None:
    """Read or measure, and say in the state how it ended."""
    reads = work == "read"
    try:
        (read_images if reads else measure_region)(upload, most)
    except (InputError, MemoryError) as error:
        faults = error.faults if isinstance(error, InputError) else (TOO_LARGE,)
        if reads:
            remove_images(upload.images)
        upload.set_state(Step.REFUSED if reads else Step.READY, tuple(map(str, faults)))
    else:
        upload.set_state(Step.READY if reads else Step.MEASURED)


def main(arguments: list[str]) -> int:
    """Do one piece of work."""
    sys.excepthook = _unforeseen
    log_to_stderr()
    logging.getLogger().addHandler(logging.NullHandler())
    _limit_memory()
    folder = Path(arguments[1])
    do(arguments[0], Upload(folder.name, folder), int(arguments[2]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
