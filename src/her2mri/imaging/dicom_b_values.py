"""The b-value of a diffusion-weighted image: the standard element, then each vendor's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from her2mri.imaging.dicom_values import items, number, numbers, private, text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SIEMENS: Final = (0x0019, 0x0C, "SIEMENS MR HEADER")
_PHILIPS: Final = (0x2001, 0x03, "Philips Imaging DD 001")
_UNITED: Final = (0x0065, 0x09, "Image Private Header")
_GE: Final = (0x0043, 0x39, "GEMS_PARM_01")
_GE_FLAG: Final = 10_000
"""GE adds flags above the b-value, as 1,000,000,000: a b-value is what remains below this."""
_NAME: Final = re.compile(r"ep_b(\d+)")
_TRACE: Final = frozenset({"TRACEW", "TRACE", "ISOTROPIC"})


def b_value(data: Dataset) -> float | None:
    """The b-value in s/mm2 of a single-frame image, or None where no element tells it."""
    standard = number(data, "DiffusionBValue")
    if standard is not None:
        return standard
    for vendor in (_SIEMENS, _PHILIPS, _UNITED):
        found = numbers(private(data, *vendor))
        if found:
            return found[0]
    ge = numbers(private(data, *_GE))
    if ge:
        return ge[0] % (10 * _GE_FLAG) if ge[0] > _GE_FLAG else ge[0]
    named = _NAME.search(text(data, "SequenceName"))
    return float(named[1]) if named else None


def is_trace(data: Dataset, kind: tuple[str, ...]) -> bool:
    """Whether an image is itself the mean of several directions."""
    return text(data, "DiffusionDirectionality") == "ISOTROPIC" or not _TRACE.isdisjoint(kind)


def b_value_of_frame(group: Dataset) -> tuple[float | None, bool]:
    """b-value of a frame of an enhanced object, and whether it is a mean of directions."""
    for diffusion in items(group, "MRDiffusionSequence"):
        return number(diffusion, "DiffusionBValue"), is_trace(diffusion, ())
    return None, False
