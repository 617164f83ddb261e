"""From what was typed to what the dictionary stores: one column at a time, every fault of it."""

from __future__ import annotations

import datetime
import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from her2mri.dictionary import Variable
from her2mri.dictionary.rules import is_missing
from her2mri.errors import Fault

MISSING_WORDS: Final = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "nat", "<na>", "null", "missing", "unknown", "not available",
     "not done", "not performed", "not assessed"}
)  # fmt: skip
"""Words that stand for a missing value, where they are not a level of the variable."""

EARLIEST_DATE: Final = datetime.date(1970, 1, 1)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_LONGEST_VALUE: Final = 60


@dataclass(frozen=True)
class ParsedColumn:
    """Values as stored (strings, or floats for a continuous variable; missing is NaN) and the faults met."""

    values: pd.Series[str] | pd.Series[float]
    faults: tuple[Fault, ...]
    decimal_commas: int = 0


@dataclass(frozen=True)
class _Refusal:
    """Why a cell has no value."""

    problem: str
    allowed: str = ""
    remedy: str = ""


@dataclass
class _Reading:
    """What is needed to read the cells of one column; counts the decimal commas met."""

    variable: Variable
    decimal_comma: bool
    decimal_commas: int = 0
    spellings: dict[str, str] = field(default_factory=dict)


def parse_column(
    variable: Variable, cells: pd.Series[str], *, where: str, decimal_comma: bool = False
) -> ParsedColumn:
    """The values of one column; ``cells`` is indexed by the rows of the spreadsheet.

    ``decimal_comma`` accepts 0,64 for 0.64. A cell with a fault is missing in the values.
    """
    reading = _Reading(variable, decimal_comma)
    for spelling, value in variable.spellings().items():
        reading.spellings.setdefault(fold_value(spelling), value)
    read = _READERS[variable.kind]
    values: list[str | float | None] = []
    faults: list[Fault] = []
    for row, cell in cells.items():
        found = None if is_empty(cell) else read(cell, reading)
        if found is None and variable.required:
            found = _Refusal("is missing", "a value in every row")
        if isinstance(found, _Refusal):
            faults.append(_fault(found, variable, where, row, cell))
            found = None
        values.append(found)
    dtype = "float64" if variable.kind == "continuous" else "str"
    return ParsedColumn(pd.Series(values, cells.index, dtype=dtype), tuple(faults), reading.decimal_commas)


def is_empty(cell: object) -> bool:
    """Whether a cell holds nothing: None, NaN, NaT or blank text."""
    return is_missing(cell) or cell is pd.NaT or (isinstance(cell, str) and not cell.strip())


def fold_value(text: str) -> str:
    """A spelling without what people vary in it: case, width, and how words are joined.

    >>> fold_value("Upper-Left"), fold_value("２＋"), fold_value("ER-")
    ('upper left', '2+', 'er-')
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip().replace("−", "-").replace("–", "-")
    plain = re.sub(r"(?<=\w)[\s_\-]+(?=\w)", " ", plain)
    return re.sub(r"\s+", " ", re.sub(r"(?<=\w)_+(?=\w)", " ", plain))


def allowed_values(variable: Variable) -> str:
    """What a column may hold, in words."""
    if variable.is_categorical:
        return ", ".join(level.label for level in variable.levels)
    if variable.bounds:
        low, high = variable.bounds
        return f"{low:g} to {high:g} {variable.unit}".rstrip()
    return {"date": "a date as YYYY-MM-DD", "continuous": "a number"}.get(variable.kind, "any text")


def shown(cell: object) -> str:
    """A cell's content for a message, not longer than a line."""
    text = " ".join(str(cell).split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _fault(refusal: _Refusal, variable: Variable, where: str, row: Hashable, cell: object) -> Fault:
    return Fault(
        where,
        refusal.problem,
        allowed=refusal.allowed or allowed_values(variable),
        remedy=refusal.remedy,
        row=int(str(row)),
        column=variable.name,
        value="" if is_empty(cell) else shown(cell),
    )


def _text(cell: object) -> str:
    """A cell as text: whole numbers without a decimal point, as people read them."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _identifier(cell: object, reading: _Reading) -> str | _Refusal | None:
    text = _text(cell)
    if text.casefold() in MISSING_WORDS:
        return None
    if not text.isprintable():
        return _Refusal("holds a line break or an invisible character", "visible text in one line")
    return text


def _category(cell: object, reading: _Reading) -> str | _Refusal | None:
    text = fold_value(_text(cell))
    if text in reading.spellings:
        return reading.spellings[text]
    if text in MISSING_WORDS:
        return None
    whole = re.fullmatch(r"(\d+)\.0+", text)
    if whole and whole[1] in reading.spellings:
        return reading.spellings[whole[1]]
    if isinstance(cell, datetime.date | datetime.time):
        return _turned_into_date("the values allowed")
    near = difflib.get_close_matches(text, reading.spellings, 1, 0.7)
    remedy = f"did you mean {reading.variable.label_of(reading.spellings[near[0]])!r}?" if near else ""
    return _Refusal("is not one of the values allowed", remedy=remedy)


def _turned_into_date(wanted: str) -> _Refusal:
    remedy = "the spreadsheet made a date of what was typed: format the column as text and type it again"
    return _Refusal(f"is a date where {wanted} should be", remedy=remedy)


def _number(cell: object, reading: _Reading) -> float | _Refusal | None:
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        return _turned_into_date("a number")
    # Full-width digits are digits; 3² is not 32.
    raised = any(unicodedata.category(character) == "No" for character in str(cell))
    text = unicodedata.normalize("NFKC", str(cell)).strip().casefold().replace("−", "-")
    if text in MISSING_WORDS:
        return None
    unit = unicodedata.normalize("NFKC", reading.variable.unit).casefold()
    text = text.removesuffix(unit).strip() if unit else text
    if _DECIMAL_COMMA.fullmatch(text):
        if not reading.decimal_comma:
            return _Refusal("is written with a decimal comma", remedy="write it with a point")
        reading.decimal_commas += 1
        text = text.replace(",", ".")
    if text.startswith(("<", ">", "≤", "≥")):
        remedy = "write the number that was measured, or leave it empty and give the status"
        return _Refusal("is a limit, not a number", remedy=remedy)
    if raised or not (_NUMBER.fullmatch(text) or text.lstrip("+-") in {"inf", "infinity"}):
        return _Refusal("is not a number")
    number = float(text)
    if not math.isfinite(number):
        return _Refusal("is not a finite number")
    return _within_bounds(number, reading.variable)


def _within_bounds(number: float, variable: Variable) -> float | _Refusal:
    if variable.bounds is None or variable.bounds[0] <= number <= variable.bounds[1]:
        return number
    for slip in variable.unit_slips:
        if slip.low <= number <= slip.high:
            remedy = f"multiply by {slip.factor:g}" + (f" to have {variable.unit}" if variable.unit else "")
            return _Refusal(f"looks like {slip.unit}", remedy=remedy)
    return _Refusal("is out of range")


def _date(cell: object, reading: _Reading) -> str | _Refusal | None:
    if isinstance(cell, datetime.datetime):
        cell = cell.date()
    if not isinstance(cell, datetime.date):
        text = _text(cell).casefold()
        if text in MISSING_WORDS:
            return None
        day = re.fullmatch(r"(\d{4}-\d{2}-\d{2})([t ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?", text)
        if day is None:
            return _Refusal("is not a date as YYYY-MM-DD")
        try:
            cell = datetime.date.fromisoformat(day[1])
        except ValueError:
            return _Refusal("is a date that does not exist")
    if not EARLIEST_DATE <= cell <= datetime.date.today():
        return _Refusal("is a date that cannot be", f"a date from {EARLIEST_DATE} to today")
    return cell.isoformat()


_READERS: Final[dict[str, Callable[[object, _Reading], str | float | _Refusal | None]]] = {
    "identifier": _identifier,
    "category": _category,
    "ordinal": _category,
    "continuous": _number,
    "date": _date,
}
