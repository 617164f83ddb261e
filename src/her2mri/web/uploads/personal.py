"""What may not be in a table: columns that say who somebody is, and names or dates where a pseudonym should be."""

from __future__ import annotations

import re
from typing import Final

from her2mri.web.lesions.given import PERSONAL
from her2mri.web.lesions.pseudonym import pseudonym_fault
from her2mri.web.uploads.cells import Cell, text_of

IDENTIFIERS: Final = ("patient_id", "lesion_id")
"""Columns whose every value must be a pseudonym."""

_MORE: Final = re.compile(
    r"surname|\bnom\b|prenom|vorname|initials|\bborn\b|\bgeb\b"
    r"|\bmrn\b|\bssn\b|\bnhs\b|social.?security|(record|chart|hospital|medical|case).?(no|num|id)"
    r"|postcode|postal|\bzip|e.?mail|\btel\b|\bfax\b|contact"
    r"|身份证|住院号|病历号|门诊号|电话|手机|地址|生日",
    re.IGNORECASE,
)
_JOINED: Final = re.compile(r"[\W_]+")


def is_personal_column(header: str) -> bool:
    """Whether a header reads like who somebody is.

    >>> [is_personal_column(header) for header in ("Date of Birth", "MRN", "hospital_no", "Scanner", "Telomere")]
    [True, True, True, False, False]
    """
    words = _JOINED.sub(" ", header)
    return bool(PERSONAL.search(words) or _MORE.search(words))


def is_pseudonym(cell: Cell) -> bool:
    """Whether this may stand in a column of identifiers; an empty cell may."""
    text = text_of(cell)
    return not text or pseudonym_fault(text) is None
