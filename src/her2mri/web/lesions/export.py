"""Lesions as CSV: what was given, what was answered, by which model."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from her2mri.web.database.tables import StoredAnswer

_FIRST = ("pseudonym", "reader", "revision", "answered_at", "bundles")
_LAST = ("refused", "warnings")


def csv_lines(answers: Iterable[StoredAnswer]) -> Iterator[str]:
    """A header, then one line a lesion; columns are those that any of the lesions has."""
    rows = [_row(answer) for answer in answers]
    inputs = _columns(row["inputs"] for row in rows)
    shares = _columns(row["shares"] for row in rows)
    yield _line([*_FIRST, *inputs, *shares, *_LAST])
    for row in rows:
        yield _line(
            [
                *(row[name] for name in _FIRST),
                *(row["inputs"].get(name, "") for name in inputs),
                *(row["shares"].get(name, "") for name in shares),
                *(row[name] for name in _LAST),
            ]
        )


def _row(answer: StoredAnswer) -> dict[str, Any]:
    output = json.loads(answer.output)
    parts = [output["first"], output["second"]] if "first" in output else [output]
    warnings = output["warnings"]
    return {
        "pseudonym": answer.lesion.pseudonym,
        "reader": answer.lesion.owner.name,
        "revision": answer.revision,
        "answered_at": f"{answer.answered_at.isoformat(timespec='seconds')}Z",
        "bundles": " ".join(part["bundle"] for part in parts),
        "inputs": json.loads(answer.inputs),
        "shares": _shares(output),
        "refused": output["refused"],
        "warnings": " ".join(dict.fromkeys(warned["code"] for warned in warnings)),
    }


def _shares(output: dict[str, Any]) -> dict[str, float | None]:
    classes = output.get("classes")
    if classes is None:
        ends = {"": "probability", " low": "conf_low", " high": "conf_high"}
        return {output["positive_label"] + end: output[key] for end, key in ends.items()}
    return {
        part["label"] + end: part[key]
        for part in classes
        for end, key in {"": "probability", " low": "conf_low", " high": "conf_high"}.items()
    }


def _columns(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _line(cells: Iterable[object]) -> str:
    """One line. Texts are pseudonyms, levels and our own words: none begins like a formula."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(["" if cell is None else cell for cell in cells])
    return buffer.getvalue()
