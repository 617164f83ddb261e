"""Three roles, and what each may do. Nobody has more than their work needs: decision 0180."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final


class Role(StrEnum):
    """What someone does here."""

    READER = "reader"
    RESEARCHER = "researcher"
    ADMINISTRATOR = "administrator"


class Permission(Enum):
    """What a page or a button needs."""

    USE = "be here at all"
    ENTER_LESIONS = "enter and correct one's own lesions"
    SEE_LESIONS = "see, find and export lesions: one's own or, with SEE_ALL_LESIONS, everyone's"
    SEE_ALL_LESIONS = "see the lesions of all readers"
    ENTER_TRUTH = "enter what pathology found of a lesion that one may see"
    SEE_MONITORING = "see how the models do here: shares and numbers, no lesion"
    PROPOSE_UPDATES = "compute updates of the models and propose them"
    SIGN_OFF_UPDATES = "put a proposed update in use, or decline it"
    KEEP_SCANNERS = "keep the list of scanners"
    READ_STUDIES = "read the cases of a reader study, when it is one's turn"
    CONDUCT_STUDIES = "set up, open and close reader studies, and see what came out"
    MANAGE_PEOPLE = "open and close accounts, and change what they may do"
    CHECK = "read and check the audit log, and compute stored answers again"


MAY: Final = {
    Role.READER: frozenset(
        {
            Permission.USE,
            Permission.ENTER_LESIONS,
            Permission.SEE_LESIONS,
            Permission.ENTER_TRUTH,
            Permission.SEE_MONITORING,
            Permission.READ_STUDIES,
        }
    ),
    Role.RESEARCHER: frozenset(
        {
            Permission.USE,
            Permission.SEE_LESIONS,
            Permission.SEE_ALL_LESIONS,
            Permission.PROPOSE_UPDATES,
            Permission.ENTER_TRUTH,
            Permission.SEE_MONITORING,
            Permission.CONDUCT_STUDIES,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.USE,
            Permission.MANAGE_PEOPLE,
            Permission.CHECK,
            Permission.KEEP_SCANNERS,
            Permission.SIGN_OFF_UPDATES,
            Permission.SEE_MONITORING,
            Permission.CONDUCT_STUDIES,
        }
    ),
}
