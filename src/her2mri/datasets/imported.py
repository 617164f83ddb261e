"""A public table as a lesion table: what came of each of its columns, and what could not be mapped."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

import pandas as pd

from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.dictionary import load_dictionary
from her2mri.errors import Fault, InputError

MAPPING_COLUMNS: Final = (
    "source_column", "column", "lesions", "mapped", "unmapped", "n_unmapped", "left_out", "note",
)  # fmt: skip
"""Columns of the report: ``lesions`` have a value, ``n_unmapped`` had one that has no place here."""

LEAKING: Final = "leaking: made from HER2 status, or made because of it"
LATER: Final = "known only later: treatment or follow-up"
ABSENT: Final = "not in the dictionary"
SHOWN: Final = 12
"""Distinct values listed one by one in the report; the rest are counted."""


@dataclass(frozen=True)
class Recode:
    """One of our columns from one of theirs by a table of codes; a value outside ``codes`` is reported."""

    source: str
    target: str
    codes: Mapping[str, str]
    note: str = ""

    def of(self, raw: pd.DataFrame) -> ColumnImport:
        """The column as the codes read it."""
        text = raw[self.source]
        return ColumnImport((self.source,), self.target, text, text.map(self.codes), self.note)


@dataclass(frozen=True)
class ColumnImport:
    """One of our columns, from one or more of theirs, row by row: ``raw`` as they spell it, ``values`` ours."""

    sources: tuple[str, ...]
    target: str
    raw: pd.Series
    values: pd.Series
    note: str = ""

    def report(self) -> dict[str, object]:
        """What became of the values, as a row of the mapping report."""
        there = self.values.notna()
        unmapped = self.raw[self.raw.notna() & ~there]
        arrows = self.raw[there].fillna("(blank)") + " → " + self.values[there].astype(str)
        if arrows.nunique() > SHOWN:
            arrows = self.values[there].astype(str)
        counted = _counts(arrows) if arrows.nunique() <= SHOWN else f"{int(there.sum())} values"
        return {
            "source_column": " + ".join(self.sources),
            "column": self.target,
            "lesions": int(there.sum()),
            "mapped": counted,
            "unmapped": _counts(unmapped),
            "n_unmapped": len(unmapped),
            "left_out": "",
            "note": self.note,
        }


@dataclass(frozen=True)
class Imported:
    """A public table as lesions: ``frame`` has the dictionary's columns and stored values, missing as NaN.

    ``mapping`` has a row for each column of the source (``MAPPING_COLUMNS``); ``notes`` must be read by who
    uses the table.
    """

    name: str
    frame: pd.DataFrame
    mapping: pd.DataFrame
    notes: tuple[str, ...] = ()

    def label_counts(self) -> dict[str, int]:
        """Lesions by outcome: by the label rule, else as the source says; ``unlabelled`` for neither.

        Raises TableError where the lesions cannot be read back as a cohort.
        """
        dictionary = load_dictionary()
        cohort = cohort_from_frame(self.frame, dictionary, name=self.name)
        (outcome,) = dictionary.with_role("outcome")
        counts = cohort.frame[outcome.name].fillna("unlabelled").value_counts()
        return {level: int(counts[level]) for level in (*outcome.values, "unlabelled") if level in counts}


def assemble(
    name: str,
    raw: pd.DataFrame,
    columns: Sequence[ColumnImport],
    *,
    left_out: Mapping[str, str],
    notes: tuple[str, ...] = (),
) -> Imported:
    """The lesion table of these columns; every other column of ``raw`` is listed with why it is left out."""
    dictionary = load_dictionary()
    by_target = {column.target: column.values for column in columns}
    ordered = [variable for variable in dictionary.variables if variable.name in by_target]
    frame = pd.DataFrame(
        {
            variable.name: by_target[variable.name].astype(
                "float64" if variable.kind == "continuous" else "str"
            )
            for variable in ordered
        }
    ).reset_index(drop=True)
    used = {source for column in columns for source in column.sources}
    rows = [column.report() for column in columns]
    rows += [unused(source, left_out.get(source, ABSENT)) for source in map(str, raw) if source not in used]
    return Imported(name, frame, pd.DataFrame(rows, columns=list(MAPPING_COLUMNS)), notes)


def unused(source: str, why: str) -> dict[str, object]:
    """The report's row for a source column that no column of ours is made from."""
    return {**dict.fromkeys(MAPPING_COLUMNS, ""), "source_column": source, "lesions": 0, "n_unmapped": 0,
            "left_out": why}  # fmt: skip


def number(raw: pd.Series, target: str, *, factor: float = 1.0, note: str = "") -> ColumnImport:
    """A measurement times ``factor``; what is no number, or outside the dictionary's bounds, is unmapped."""
    values = pd.to_numeric(raw, errors="coerce") * factor
    bounds = load_dictionary()[target].bounds
    if bounds is not None:
        values = values.where(values.between(*bounds))
    return ColumnImport((str(raw.name),), target, raw, values, note)


def identifier(raw: pd.Series, target: str, values: pd.Series | None = None, note: str = "") -> ColumnImport:
    """An identifying column, as it is or as ``values`` say."""
    return ColumnImport((str(raw.name),), target, raw, raw if values is None else values, note)


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Every cell as trimmed text: 1 and 1.0 both read ``1``; a blank cell is missing."""
    return pd.DataFrame({name: cells.map(_text).astype("str") for name, cells in table.items()})


def source_file(source: Path, file_name: str, dataset: str) -> Path:
    """The file itself, or the file of that name in a folder; InputError where there is none."""
    path = source / file_name if source.is_dir() else source
    if not path.is_file():
        raise InputError(
            [
                Fault(
                    str(source),
                    f"there is no clinical table of {dataset}",
                    allowed=f"{file_name} or its folder",
                )
            ]
        )
    return path


def read_sheet(path: Path, sheet: str, dataset: str, *, header: int | None) -> pd.DataFrame:
    """One sheet of a workbook, cells as they are; InputError where it cannot be read as that dataset's."""
    try:
        return pd.read_excel(path, sheet_name=sheet, header=header, engine="openpyxl")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, ParseError) as error:
        raise not_that_dataset(path, dataset, f"an Excel workbook with a sheet {sheet!r}") from error


def require_columns(table: pd.DataFrame, needed: Iterable[str], path: Path, dataset: str) -> None:
    """InputError naming the columns by which the dataset is known, where some are not there."""
    if missing := [name for name in dict.fromkeys(needed) if name not in table.columns]:
        raise not_that_dataset(path, dataset, "columns " + ", ".join(repr(name) for name in missing))


def not_that_dataset(path: Path, dataset: str, expected: str) -> InputError:
    """The fault of a file that is not the table that it was said to be."""
    return InputError([Fault(path.name, f"is not the clinical table of {dataset}", allowed=expected)])


def _text(value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split()) or None


def _counts(values: pd.Series) -> str:
    counts = values.value_counts().rename_axis("value").reset_index(name="n")
    counts = counts.sort_values(["n", "value"], ascending=[False, True])
    shown = [f"{value} ({n})" for value, n in counts.head(SHOWN).itertuples(index=False)]
    if len(counts) > SHOWN:
        shown.append(f"{len(counts) - SHOWN} other values ({counts['n'].iloc[SHOWN:].sum()})")
    return "; ".join(shown)
