"""Cells between a file, the database and a page: what was typed stays what it was, and so do its faults."""

from __future__ import annotations

import datetime
import math
from typing import Any, Final

Cell = None | str | int | float | datetime.date | datetime.time | datetime.timedelta
"""What a spreadsheet's cell can be."""

LONGEST: Final = 200
"""Signs of one cell that are kept. No value of the dictionary is nearly as long: what is cut is a fault anyway."""

_LARGEST_WHOLE: Final = 10**308


def cell_of(value: object) -> Cell:
    """A cell as the readers of files give it, in one of the few kinds that are kept."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_WHOLE else "infinity"
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return value
    # NUL cannot be stored, half of a surrogate pair cannot be sent.
    text = str(value).replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return text[:LONGEST]


def as_json(cell: Cell) -> Any:
    """The cell as JSON.

    >>> as_json(datetime.date(2026, 3, 1)), as_json(0.5)
    ({'date': '2026-03-01'}, 0.5)
    """
    if isinstance(cell, datetime.datetime):
        return {"moment": cell.isoformat()}
    if isinstance(cell, datetime.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, datetime.time):
        return {"time": cell.isoformat()}
    if isinstance(cell, datetime.timedelta):
        return {"seconds": cell.total_seconds()}
    return cell


def of_json(content: Any) -> Cell:
    """The cell that ``as_json`` wrote.

    >>> of_json(as_json(datetime.time(9, 30)))
    datetime.time(9, 30)
    """
    if not isinstance(content, dict):
        cell: Cell = content
        return cell
    if "moment" in content:
        return datetime.datetime.fromisoformat(content["moment"])
    if "date" in content:
        return datetime.date.fromisoformat(content["date"])
    if "time" in content:
        return datetime.time.fromisoformat(content["time"])
    return datetime.timedelta(seconds=content["seconds"])


def text_of(cell: Cell) -> str:
    """A cell as people read it: whole numbers without a point, days without a time.

    >>> text_of(7.0), text_of(datetime.datetime(2026, 3, 1)), text_of(" BR-1 ")
    ('7', '2026-03-01', 'BR-1')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return str(cell).strip()
