"""Images as a browser sends them: a form of files, written to the disk piece by piece as it comes.

Nothing is taken over from the names of files but a known ending: a name may hold a patient's.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from her2mri.errors import Fault, InputError

PARTS: Final = ("dce", "dwi", "adc")
TOLD: Final = ("seconds", "injection", "precontrast", "b_values")
ENDINGS: Final = (".nii.gz", ".nii", ".json", ".bval", ".zip")
MOST_FILES: Final = 20_000
_LONGEST_FIELD: Final = 1000
_LONGEST_HEADER: Final = 4096
_LONGEST_BOUNDARY: Final = 70
_NO_FORM: Final = Fault("images", "were not sent as a form of files")
_LEFT_FREE: Final = 1_000_000_000


def check_size(folder: Path, declared: str, most: int) -> None:
    """Raises InputError for more bytes than are taken, or than the disk has room for beside what it needs itself."""
    size = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else 0
    if size > most:
        raise InputError([too_large(most)])
    if shutil.disk_usage(folder).free - size < _LEFT_FREE:
        raise InputError([Fault("images", "the server's disk is full", remedy="tell whoever runs it")])


def too_large(most: int) -> Fault:
    """More bytes than are taken."""
    remedy = "send the contrast-enhanced series of this lesion alone"
    return Fault("images", f"are more than {most / 1e9:g} GB", remedy=remedy)


@dataclass
class Receiver:
    """Takes the pieces of a form into ``folder``, a folder for each of ``PARTS``.

    ``told`` holds what was said of times. Raises InputError for what cannot be taken.
    """

    folder: Path
    content_type: str
    most: int
    told: dict[str, str] = field(default_factory=dict)
    files: int = 0
    _bytes: int = 0
    _headers: dict[bytes, bytes] = field(default_factory=dict)
    _name: bytes = b""
    _value: bytes = b""
    _text: str = ""
    _file: BinaryIO | None = None
    _ended: bool = False

    def __post_init__(self) -> None:
        kind, options = parse_options_header(self.content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
            raise InputError([_NO_FORM])
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
                "on_end": self._end,
            },
        )

    def write(self, piece: bytes) -> None:
        """The next piece of what is sent."""
        self._bytes += len(piece)
        if self._bytes > self.most:
            raise InputError([too_large(self.most)])
        try:
            self._parser.write(piece)
        except FormParserError:
            raise InputError([_NO_FORM]) from None
        except OSError:
            fault = Fault(
                "images", "could not be written to the server's disk", remedy="tell whoever runs it"
            )
            raise InputError([fault]) from None

    def finish(self) -> None:
        """Raises InputError unless the form came to its end and holds a contrast-enhanced series."""
        self.close()
        if not self._ended:
            raise InputError([Fault("images", "were cut off on their way", remedy="send them again")])
        if not (self.folder / "dce").is_dir():
            remedy = "choose a folder of DICOM files, a .zip of them, or a 4D NIfTI file"
            raise InputError([Fault("contrast-enhanced series", "there is none", remedy=remedy)])

    def close(self) -> None:
        """Let go of a file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _part_begins(self) -> None:
        self._headers, self._name, self._value, self._text = {}, b"", b"", ""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name = _longer(self._name, data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value = _longer(self._value, data[start:end])

    def _header_ends(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name, self._value = b"", b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("ascii", "replace")
        if b"filename" in options:
            if name not in PARTS:
                raise InputError([Fault("images", "a part of the form that is not known")])
            self._open(name, options[b"filename"].decode("utf-8", "replace").lower())
        elif name in TOLD:
            self._text = name
            self.told[name] = ""

    def _open(self, part: str, given: str) -> None:
        if not given:
            return  # a field of the form without a file
        self.files += 1
        if self.files > MOST_FILES:
            raise InputError([Fault("images", f"are more than {MOST_FILES:,} files")])
        self._file = fresh_file(self.folder / part, self.files, given).open("xb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
        elif self._text:
            text = self.told[self._text] + data[start:end].decode("utf-8", "replace")
            self.told[self._text] = text[:_LONGEST_FIELD]

    def _part_ends(self) -> None:
        self._text = ""
        self.close()

    def _end(self) -> None:
        self._ended = True


def fresh_file(folder: Path, number: int, given: str) -> Path:
    """A path for a file: a number, with the ending of the name it was given if that is known."""
    folder.mkdir(mode=0o700, exist_ok=True)  # not what is above it: that may have been removed meanwhile
    ending = next((known for known in ENDINGS if given.endswith(known)), "")
    return folder / f"{number:06d}{ending}"


def _longer(text: bytes, more: bytes) -> bytes:
    if len(text) + len(more) > _LONGEST_HEADER:
        raise InputError([Fault("images", "a name that is too long")])
    return text + more
