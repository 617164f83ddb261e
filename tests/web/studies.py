"""A reader study as tests set it up, open it and read in it, through the pages alone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from httpx2 import Response
from typed_case import LESION
from visits import Visit

TRUTHS = ("positive", "low", "zero", "positive", "low", "zero")
READERS = ("reader.one", "reader.two")
FORM = {
    "title": "Pilot",
    "question": "her2_positive",
    "wording": "HER2-positive?",
    "rating": "How sure are you, 0 to 100?",
    "washout_days": "28",
    "seed": "7",
    "shows_findings": "yes",
    "reader": list(READERS),
    "account": list(READERS),
    "experience": ["18", "6"],
}
PLACE = re.compile(r'name="session" value="(\d)"><input type="hidden" name="place" value="(\d+)"')
SEEN = re.compile(r'name="seen" value="([0-9a-f]{64})"')
MISSING = re.compile(r'name="missing" value="(\d+)"')
NEXT = re.compile(r"case (\d+) of")


def rows(truths: Sequence[str] = TRUTHS) -> list[dict[str, object]]:
    """A case list: the usual lesion, each with an ADC of its own."""
    return [
        {"lesion_id": f"C-{i:02}", "patient_id": f"P-{i:02}", "her2_status": truth}
        | {**LESION, "adc": 0.7 + i / 20}
        for i, truth in enumerate(truths, start=1)
    ]


def table(content: Sequence[Mapping[str, object]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(content[0]))
    writer.writeheader()
    writer.writerows(content)
    return buffer.getvalue().encode()


def send(
    someone: Visit,
    content: bytes | None = None,
    *,
    name: str = "cases.csv",
    to: str = "/studies",
    **fields: Any,
) -> Response:
    """The form of a study; without ``content`` the usual case list, with an empty one none.

    A draft is changed from the form as it is now, unless the fields say which was ``seen``.
    """
    if to != "/studies" and (found := SEEN.search(someone.get(f"{to}/change").text)):
        fields = {"seen": found[1], **fields}
    content = table(rows()) if content is None else content
    files = [("table", (name, content, "application/octet-stream"))] if content else None
    return someone.post(to, {**FORM, **fields}, files=files)


def drafted(someone: Visit, content: bytes | None = None, **fields: Any) -> str:
    """The place of a new draft."""
    response = send(someone, content, **fields)
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def opened(someone: Visit, content: bytes | None = None, **fields: Any) -> str:
    """The number of a study that is open."""
    place = drafted(someone, content, **fields)
    assert freeze(someone, place).status_code == 303
    return place.rsplit("/", 1)[1]


def freeze(someone: Visit, place: str) -> Response:
    found = SEEN.search(someone.get(place).text)
    assert found is not None
    return someone.post(f"{place}/open", {"seen": found[1]})


def close(someone: Visit, number: str) -> Response:
    found = MISSING.search(someone.get(f"/studies/{number}").text)
    assert found is not None
    return someone.post(f"/studies/{number}/close", {"missing": found[1]})


def place_shown(page: Response) -> tuple[str, str]:
    """Session and place in the form of a case."""
    found = PLACE.search(page.text)
    assert found is not None, page.text
    return found[1], found[2]


def answer(
    reader: Visit, number: str, call: str = "positive", sure: object = 70, **other: object
) -> Response:
    """Answer the case that the reader is shown now; ``other`` fields in place of the page's."""
    session, place = place_shown(reader.get(f"/reading/{number}/case"))
    fields = {"session": session, "place": place, "call": call, "confidence": sure, **other}
    return reader.post(f"/reading/{number}/case", fields)


def read_session(
    reader: Visit,
    number: str,
    cases: int = len(TRUTHS),
    call: Callable[[int], tuple[str, int]] = lambda place: ("positive", 50 + place),
    between: Callable[[], None] = lambda: None,
) -> None:
    """One whole session; ``call`` by the place in the reader's order, ``between`` showing and answering."""
    for place in range(1, cases + 1):
        page = reader.get(f"/reading/{number}/case")
        shown = place_shown(page)
        assert shown[1] == str(place)
        between()
        said, sure = call(place)
        fields = {"session": shown[0], "place": shown[1], "call": said, "confidence": sure, "then": "pause"}
        response = reader.post(f"/reading/{number}/case", fields)
        assert response.headers["location"] == f"/reading/{number}"
