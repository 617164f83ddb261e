"""Values of a DICOM header as plain numbers and words; None where a value is missing or is not what it should be."""

from __future__ import annotations

import math
import re
import struct
from datetime import date
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DAY: Final = 86_400.0
_MALFORMED: Final = (ValueError, TypeError, LookupError, AttributeError, NotImplementedError, OverflowError)
_FLOATS: Final = {4: "<f", 8: "<d"}
_TIME: Final = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2}(?:\.\d*)?)?")


def value(data: Dataset, keyword: str) -> Any:
    """The value of a standard element, decoded only here."""
    try:
        return data.get(keyword)
    except _MALFORMED:
        return None


def items(data: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence; none where it is missing."""
    found = value(data, keyword)
    return list(found) if found is not None and not isinstance(found, (str, bytes, float, int)) else []


def text(data: Dataset, keyword: str) -> str:
    """A text without surrounding blanks; several values joined by a backslash."""
    found = value(data, keyword)
    if found is None:
        return ""
    parts = found if not isinstance(found, str) and hasattr(found, "__iter__") else [found]
    return "\\".join(str(part).strip() for part in parts)


def numbers(found: Any) -> tuple[float, ...]:
    """Finite numbers out of a value of any representation; raw bytes of an unknown one hold text or a float."""
    if isinstance(found, bytes):
        written = found.rstrip(b"\0 ")
        if re.fullmatch(rb"[\d+\-.eE\\ ]+", written):
            found = written.decode("ascii").split("\\")
        else:
            found = struct.unpack(_FLOATS[len(found)], found) if len(found) in _FLOATS else ()
    elif isinstance(found, str) or not hasattr(found, "__iter__"):
        found = [found]
    try:
        values = tuple(float(part) for part in found)
    except _MALFORMED:
        return ()
    return values if all(map(math.isfinite, values)) else ()


def number(data: Dataset, keyword: str) -> float | None:
    """The first number of an element."""
    found = numbers(value(data, keyword))
    return found[0] if found else None


def private(data: Dataset, group: int, element: int, creator: str) -> Any:
    """A private element of a creator, wherever its block was put."""
    try:
        return data.private_block(group, creator)[element].value
    except _MALFORMED:
        return None


def clock(written: str) -> float | None:
    """Seconds of the day of a DICOM time (``HHMMSS.FFFFFF``, seconds and minutes may be missing).

    >>> clock("235830.25"), clock("07"), clock("")
    (86310.25, 25200.0, None)
    """
    match = _TIME.match(written)
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds if hours < 24 and minutes < 60 else None


def day(written: str) -> int | None:
    """The day of a DICOM date (``YYYYMMDD``) as a running number."""
    digits = written.replace(".", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).toordinal()
    except ValueError:
        return None
