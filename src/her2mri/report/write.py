"""Writing a study: tables, figures, workbook, report and the list of all of it with hashes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd

from her2mri.datasets.published_cohort import unmet
from her2mri.figure_style import save_figure
from her2mri.jobs import LocalWorkers, Progress, Runner, Silent
from her2mri.output.destination import complete_folder
from her2mri.output.page import render_page
from her2mri.report.checklist import checklist_frame
from her2mri.report.figure_panels import StudyFigure
from her2mri.report.figures import study_figures
from her2mri.report.published_comparison import is_published
from her2mri.report.view import study_view
from her2mri.report.workbook import write_workbook
from her2mri.study.freeze import bundles
from her2mri.study.provenance import provenance
from her2mri.study.results import StudyResult

MARK: Final = "study.json"


@dataclass(frozen=True)
class Written:
    """What was written, and the sentences that a person at the terminal wants first."""

    folder: str
    files: int
    findings: tuple[str, ...]
    notice: str

    def summary(self) -> str:
        """A few lines: what was found and where to look."""
        lines = [
            *self.findings,
            f"Report: {Path(self.folder) / 'report.html'} ({self.files} files beside it)",
        ]
        return "\n".join([*([f"Note: {self.notice}"] if self.notice else []), *lines])

    def as_json(self) -> str:
        """The same for programs."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def write_study(
    result: StudyResult,
    folder: Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    runner: Runner | None = None,
) -> Written:
    """Write everything to ``folder``, which appears whole or not at all.

    Raises InputError where the folder holds something else than an earlier study.
    """
    with complete_folder(folder, MARK) as fresh:
        for part in ("tables", "figures"):
            (fresh / part).mkdir()
        tables = result.tables()
        if is_published(result):
            tables["unmet"] = unmet()
        if result.recommended is not None:
            tables["tripod_ai"] = checklist_frame(result)
        for name, table in tables.items():
            write_table(table, fresh / "tables" / f"{name}.csv")
        write_table(result.lesions(), fresh / "lesions.csv")
        figures = study_figures(result)
        about = f"{result.study.title}. {result.cohort.notice}".strip()
        # The workbook takes longest, so it is begun first.
        jobs = [partial(write_workbook, tables, fresh / "tables.xlsx", about=about)]
        jobs += [partial(_save, figure, fresh / "figures") for figure in figures.values()]
        (runner or Runner(LocalWorkers(workers), progress or Silent())).run("Draw figures", jobs)
        for name, bundle in bundles(result).items():
            path = fresh / "models" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bundle.dumps())
        view = study_view(result, figures, fresh / "figures")
        (fresh / "report.html").write_text(
            render_page("her2mri.report", "report.html.j2", view=view), encoding="utf-8", newline="\n"
        )
        files = sorted(path for path in fresh.rglob("*") if path.is_file())
        outputs = {path.relative_to(fresh).as_posix(): _sha256(path) for path in files}
        source = provenance(result.study, result.cohort)
        content = json.dumps({**source, "outputs": outputs}, ensure_ascii=False, indent=2)
        (fresh / MARK).write_text(content + "\n", encoding="utf-8", newline="\n")
    return Written(str(folder), len(files), view.findings, view.notice)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """A table as UTF-8 CSV whose numbers read back exactly."""
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _save(figure: StudyFigure, folder: Path) -> None:
    save_figure(figure.draw(), folder / figure.stem)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
