"""Writing what was measured: lesion table, measurements, sheets, structured reports; all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from her2mri.dictionary import load_dictionary
from her2mri.imaging.batch import Batch, MeasuredLesion
from her2mri.imaging.given_table import fill_table
from her2mri.imaging.measure import ROW_COLUMNS
from her2mri.imaging.settings import MeasureSettings
from her2mri.imaging.sheet import lesion_sheet
from her2mri.imaging.structured_report import write_structured_report
from her2mri.output.destination import complete_folder
from her2mri.output.wording import count, number

MARK: Final = "measure.json"
"""The file by which a folder is known to hold measurements of ours, which a new run may replace."""
_IDENTITY: Final = ("patient_id", "lesion_id", "center")


@dataclass(frozen=True)
class WrittenMeasures:
    """What was written, and what a person at the terminal wants first."""

    folder: str
    lesions: tuple[dict[str, Any], ...]
    kept: tuple[str, ...]
    notes: tuple[str, ...]

    def summary(self) -> str:
        """A line a lesion, up to 20, then what must be read with them."""
        shown = [
            f"{row['lesion_id']}: EER {_said(row['eer'])}, curve {row['tic'] or 'n/a'}, "
            f"ADC {_said(row['adc'])}, diameter {_said(row['diameter_cm'], 1)} cm"
            for row in self.lesions[:20]
        ]
        notes = [f"Note: {note}" for note in self.notes[:20]]
        kept = [f"Kept as it was in the table: {line}" for line in self.kept]
        sheets = f"{count(len(self.lesions), 'lesion')}: {self.folder} (lesions.csv, sheets/, sr/)"
        return "\n".join([*shown, *notes, *kept, sheets])

    def as_json(self) -> str:
        """The same for programs."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def _said(value: float | None, digits: int = 2) -> str:
    return number(float("nan") if value is None else value, digits)


def lesion_rows(batch: Batch) -> list[dict[str, Any]]:
    """The rows of the lesion table: who, then the measures in the dictionary's units and levels."""
    return [
        {
            "patient_id": lesion.files.patient_id,
            "lesion_id": lesion.files.lesion_id,
            "center": lesion.files.center,
            **lesion.row,
        }
        for lesion in batch.lesions
    ]


def measurements_frame(lesions: Sequence[MeasuredLesion]) -> pd.DataFrame:
    """Every measure of every lesion, long: who, then ``MEASUREMENT_COLUMNS``."""
    rows = [
        {**{name: getattr(lesion.files, name) for name in _IDENTITY}, **record}
        for lesion in lesions
        for record in lesion.records
    ]
    return pd.DataFrame(rows)


def write_measures(
    batch: Batch,
    folder: Path,
    *,
    settings: MeasureSettings,
    table: Path | None = None,
    replace: bool = False,
) -> WrittenMeasures:
    """Write what was measured to ``folder``, which appears whole or not at all.

    ``table`` is a lesion table to take the measures in, see ``fill_table``. Raises InputError where the folder
    holds something else or the table cannot be used.
    """
    rows = lesion_rows(batch)
    kept: tuple[str, ...] = ()
    frame = pd.DataFrame(rows)
    if table is not None:
        filled = fill_table(table, rows, load_dictionary(), replace=replace)
        frame, kept = filled.frame, filled.kept
    with complete_folder(folder, MARK) as fresh:
        _table(frame, fresh / "lesions.csv")
        _table(measurements_frame(batch.lesions), fresh / "measurements.csv")
        for part in ("sheets", "sr"):
            (fresh / part).mkdir()
        for lesion, name in zip(batch.lesions, _names(batch), strict=True):
            _lesion(lesion, fresh, name, settings)
        _mark(fresh, batch, settings, kept)
    notes = [f"{lesion.files.lesion_id}: {note}" for lesion in batch.lesions for note in lesion.notes]
    return WrittenMeasures(str(folder), tuple(rows), kept, (*notes, *_impossible(rows)))


def _impossible(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Measures that a lesion table refuses: images or region are not what they should be."""
    dictionary = load_dictionary()
    for row in rows:
        for name in ROW_COLUMNS:
            bounds, value = dictionary[name].bounds, row[name]
            if bounds and isinstance(value, float) and not bounds[0] <= value <= bounds[1]:
                limits = f"{bounds[0]:g} to {bounds[1]:g} {dictionary[name].unit}".strip()
                yield f"{row['lesion_id']}: {name} {value:g} is impossible ({limits}); look at its sheet."


def _table(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _names(batch: Batch) -> list[str]:
    """A file name for each lesion: its own name as far as files may have it, and no name twice."""
    names: list[str] = []
    for lesion in batch.lesions:
        plain = re.sub(r"[^\w.-]+", "_", lesion.files.lesion_id).strip(".") or "lesion"
        name, number = plain, 2
        while name.casefold() in {other.casefold() for other in names}:
            name, number = f"{plain}-{number}", number + 1
        names.append(name)
    return names


def _lesion(lesion: MeasuredLesion, folder: Path, name: str, settings: MeasureSettings) -> None:
    (folder / "sheets" / f"{name}.png").write_bytes(lesion.figure)
    sheet = lesion_sheet(lesion, settings)
    (folder / "sheets" / f"{name}.html").write_text(sheet, encoding="utf-8", newline="\n")
    write_structured_report(
        folder / "sr" / f"{name}.dcm",
        lesion.records,
        np.array(lesion.outline),
        patient=lesion.files.patient_id,
        lesion=lesion.files.lesion_id,
    )


def _mark(folder: Path, batch: Batch, settings: MeasureSettings, kept: Sequence[str]) -> None:
    from her2mri import __version__

    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = {
        "her2mri": __version__,
        "settings": asdict(settings),
        "kept": list(kept),
        "faults": [str(fault) for fault in batch.faults],
        "outputs": {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / MARK).write_text(text, encoding="utf-8", newline="\n")
