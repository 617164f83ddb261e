"""Writing a reader study: tables, figures and report, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from her2mri.figure_style import save_figure
from her2mri.output.destination import complete_folder
from her2mri.readers.display import headline
from her2mri.readers.page import reader_figures, reader_page
from her2mri.readers.reader_study import ReaderStudyResult

MARK: Final = "readers.json"
"""The file by which a folder is known to hold a reader study of ours, which a new run may replace."""


@dataclass(frozen=True)
class WrittenReaders:
    """What was written, and the sentences that a person at the terminal wants first."""

    folder: str
    files: int
    findings: tuple[str, ...]
    caveats: tuple[str, ...]

    def summary(self) -> str:
        """A few lines: what was found and where to look."""
        caveats = [f"Caveat: {message}" for message in self.caveats]
        report = f"Report: {Path(self.folder) / 'report.html'} ({self.files} files)"
        return "\n".join([*self.findings, *caveats, report])

    def as_json(self) -> str:
        """The same for programs."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def write_reader_study(result: ReaderStudyResult, folder: Path, sources: dict[str, str]) -> WrittenReaders:
    """Write tables, figures, report and provenance to ``folder``, which appears whole or not at all.

    ``sources`` are the SHA-256 of the input files by name. Raises InputError where the folder holds something
    else.
    """
    with complete_folder(folder, MARK) as fresh:
        count = _fill(fresh, result, sources)
    return WrittenReaders(str(folder), count, findings(result), tuple(c.message for c in result.caveats))


def _fill(folder: Path, result: ReaderStudyResult, sources: dict[str, str]) -> int:
    from her2mri import __version__

    for part in ("tables", "figures"):
        (folder / part).mkdir()
    for name, table in result.tables().items():
        path = folder / "tables" / f"{name}.csv"
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    svg: dict[str, bytes] = {}
    for stem, figure in reader_figures(result).items():
        svg[stem] = save_figure(figure.draw(), folder / "figures" / stem)[0].read_bytes()
    settings = asdict(result.settings)
    provenance = {
        "her2mri": __version__,
        **{name.replace("_", " "): str(value) for name, value in settings.items()},
        **{f"SHA-256 of {name}": digest for name, digest in sources.items() if digest},
    }
    (folder / "report.html").write_text(reader_page(result, svg, provenance), encoding="utf-8", newline="\n")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    outputs = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    content: dict[str, Any] = {
        "her2mri": __version__,
        "settings": settings,
        "sources": sources,
        "outputs": outputs,
    }
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / MARK).write_text(text, encoding="utf-8", newline="\n")
    return len(files) + 1


def findings(result: ReaderStudyResult) -> tuple[str, ...]:
    """One sentence a task, and one on time."""
    said = []
    for view in result.tasks:
        mrmc = result.mrmc[result.mrmc["task"] == view.task.name]
        gains = result.gains[result.gains["task"] == view.task.name]
        shown = headline(mrmc, gains)
        figures = "; ".join(f"{label} {value}" for label, value in shown) or "not applicable"
        said.append(f"{view.task.label}, change with the aid: {figures}")
    model = result.time_model[result.time_model["term"] == "aided"]
    for ratio in model["ratio"].to_numpy(dtype=float):
        if not np.isnan(ratio):
            said.append(f"Time with the aid: {ratio:.2f} of that without it")
    return tuple(said)
