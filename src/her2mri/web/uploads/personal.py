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
    r"surname|\bnom\b|prenom|vorname|\bmrn\b|\bssn\b|\bnhs\b|social.?security|record.?n|chart.?n|postcode|zip"
    r"|e.?mail|身份证|住院号|病历号|门诊号|电话|手机|地址|生日",
    re.IGNORECASE,
)


def is_personal_column(header: str) -> bool:
    """Whether a header reads like who somebody is.

    >>> is_personal_column("Date of Birth"), is_personal_column("MRN"), is_personal_column("Scanner")
    (True, True, False)
    """
    return bool(PERSONAL.search(header) or _MORE.search(header))


def is_pseudonym(cell: Cell) -> bool:
    """Whether this may stand in a column of identifiers; an empty cell may."""
    text = text_of(cell)
    return not text or pseudonym_fault(text) is None
