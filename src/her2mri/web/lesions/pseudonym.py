"""What a lesion may be called: a code, and nothing that reads like a person or a date of birth. Decision 0181."""

from __future__ import annotations

import re
from typing import Final

from her2mri.errors import Fault

PATTERN: Final = r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9._\-]{1,31}"
ALLOWED: Final = "2 to 32 letters, digits, dots, hyphens and underscores, with a digit, and no date"

_DAY, _MONTH, _YEAR, _GAP = "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])", "(19|20)[0-9]{2}", "[._-]?"
_DATE: Final = re.compile(
    rf"(?<![0-9])({_YEAR}{_GAP}{_MONTH}{_GAP}{_DAY}|{_DAY}{_GAP}{_MONTH}{_GAP}{_YEAR}"
    rf"|{_MONTH}{_GAP}{_DAY}{_GAP}{_YEAR})(?![0-9])"
)


def pseudonym_fault(text: str) -> Fault | None:
    """Why this cannot be a pseudonym; None where it can.

    >>> pseudonym_fault("BR-0417.1") is None
    True
    >>> pseudonym_fault("Chen").problem
    'cannot be a pseudonym'
    >>> pseudonym_fault("C-1957-03-14").problem
    'reads like a date, perhaps of birth'
    """
    if not re.fullmatch(PATTERN, text):
        return Fault("pseudonym", "cannot be a pseudonym", allowed=ALLOWED)
    if _DATE.search(text):
        return Fault("pseudonym", "reads like a date, perhaps of birth", allowed=ALLOWED)
    return None
