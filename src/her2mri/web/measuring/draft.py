"""What a lesion's form held when its reader went to measure, and what comes back to it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from her2mri.web.lesions.pseudonym import pseudonym_fault
from her2mri.web.measuring.upload import Upload

_MEASURED: Final = "measurement"


def draft_of(pseudonym: str, restored: Mapping[str, Any], target: str) -> dict[str, Any]:
    """What is kept of a form meanwhile. ``target``: the lesion that is corrected; empty for a new one.

    A text that cannot be a pseudonym is not kept: it may be a name.
    """
    name = pseudonym.strip()
    number = target if target.isascii() and target.isdigit() and len(target) < 10 else ""
    return {**restored, "pseudonym": "" if pseudonym_fault(name) else name, "target": number}


def fields_of(draft: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields again."""
    return {
        "pseudonym": draft["pseudonym"],
        "lesion": json.dumps(draft["lesion"]),
        "prevalence": json.dumps(draft["prevalence"]),
        _MEASURED: str(draft.get(_MEASURED, "")),
    }


def address_of(upload: Upload) -> str:
    """The form that the reader came from."""
    target = upload.read("draft")["target"]
    place = f"/lesions/{target}/correct" if target else "/lesions/new"
    return f"{place}?draft={upload.number}"


def take_over(upload: Upload, known: Collection[str], number: int) -> None:
    """Measured values into the form, as far as its models know them; ``number`` is that of the measurement."""
    draft, row = upload.read("draft"), upload.read("measured")["row"]
    measured = {name: value for name, value in row.items() if name in known and value is not None}
    upload.write("draft", {**draft, "lesion": {**draft["lesion"], **measured}, _MEASURED: number})
