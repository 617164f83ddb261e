"""The region as the page sends it: one byte a voxel of the grid that the page was shown, compressed."""

from __future__ import annotations

import gzip
import zlib
from typing import Final

from her2mri.errors import Fault, InputError
from her2mri.web.measuring.upload import Upload

LARGEST_REGION: Final = 8 << 20
"""Bytes that a compressed region may have: drawn by hand it has some thousands."""
_HEADER: Final = 352


def write_region(upload: Upload, packed: bytes) -> None:
    """Write ``region.nii.gz``: the marked voxels on the grid of the images, as NIfTI.

    The place in the patient is that of the images, whatever the page says. Raises InputError for anything but
    zeros and ones on that grid, some of them ones; zlib.error for what is not compressed.
    """
    slices, rows, columns = upload.read("view")["shape"]
    size = slices * rows * columns
    opened = zlib.decompressobj(wbits=31)
    marks = opened.decompress(packed, size + 1)
    if len(marks) != size or marks.strip(b"\0\1"):
        raise InputError([Fault("region", "does not fit the images", remedy="open the page again")])
    if not marks.strip(b"\0"):
        raise InputError([Fault("region", "nothing is drawn", remedy="draw around the lesion")])
    with (upload.folder / "preview.nii").open("rb") as preview:
        header = bytearray(preview.read(_HEADER))
    header[40:56] = b"".join(n.to_bytes(2, "little") for n in (3, columns, rows, slices, 1, 1, 1, 1))
    fresh = upload.folder / ".region.nii.gz"
    with gzip.open(fresh, "wb", compresslevel=6) as stream:
        stream.write(bytes(header) + marks)
    fresh.replace(upload.folder / "region.nii.gz")
