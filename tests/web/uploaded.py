"""Tables as readers send them, and their faults mended."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from typed_case import LESION
from visits import Visit

CLEAN = {
    "patient_id": "P-01", "lesion_id": "L-01", "center": "A", "lesion_number": "multiple", "quadrant": "Upper right",
    "accompanying_signs": "no", "shape": "irregular", "eer": 0.74, "adc": 0.82, "n_category": "N1",
    "er_percent": 90, "pr_percent": 0, "ki67_percent": 40,
}  # fmt: skip
"""LESION as a spreadsheet has it: percentages stand for three of its findings."""


def table(*changes: Mapping[str, object], without: Sequence[str] = ()) -> list[dict[str, object]]:
    """A row for each change of the usual lesion; each a patient of its own."""
    return [
        {
            name: value
            for name, value in {
                **CLEAN,
                "patient_id": f"P-{i:02}",
                "lesion_id": f"L-{i:02}",
                **change,
            }.items()
            if name not in without
        }
        for i, change in enumerate(changes, start=1)
    ]


def as_csv(rows: Sequence[Mapping[str, object]], *, delimiter: str = ",") -> bytes:
    buffer = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(buffer, columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def as_workbook(rows: Sequence[Mapping[str, object]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    book.active.append(columns)
    for row in rows:
        book.active.append([row.get(name) for name in columns])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_parquet(rows: Sequence[Mapping[str, object]]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows]), buffer)
    return buffer.getvalue()


def send(visit: Visit, content: bytes, name: str = "table.csv"):
    visit.get("/uploads")
    return visit.post("/uploads", files={"table": (name, content)})


def form_of(text: str) -> dict[str, object]:
    """What a browser would send of the page's fields if nothing were typed."""
    from html import unescape

    fields: dict[str, object] = {
        "key": [unescape(key) for key in re.findall(r'name="key" value="([^"]*)"', text)]
    }
    for name, value in re.findall(r'<input type="text" name="([^"]*)" value="([^"]*)"', text):
        fields[unescape(name)] = unescape(value)
    for name in re.findall(r'<select name="([^"]*)"', text):
        fields[unescape(name)] = ""
    return fields


def score(visit: Visit, place: str):
    """Press the button until nothing is left."""
    version = re.search(r'name="version" value="(\d+)"', visit.get(place).text)[1]
    for _ in range(100):
        response = visit.post(f"{place}/score", {"version": version}, headers={"Accept": "application/json"})
        assert response.status_code == 200, response.text
        if not response.json()["left"]:
            return response
    raise AssertionError("it never ends")


assert LESION["eer"] == CLEAN["eer"]
