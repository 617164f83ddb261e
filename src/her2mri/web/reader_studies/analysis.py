"""The analysis of a closed study, by what ``her2mri readers`` runs on the files that are given away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from her2mri.dictionary import load_dictionary
from her2mri.web.reader_studies.questions import Question

if TYPE_CHECKING:
    from her2mri.output.display_table import DisplayTable
    from her2mri.readers.reader_study import ReaderStudyResult


@dataclass(frozen=True)
class TaskTables:
    """What was found for one task: the gain of all readers in each metric, and the tables."""

    label: str
    headline: tuple[tuple[str, str], ...]
    tables: tuple[DisplayTable, ...]


@dataclass(frozen=True)
class Analysis:
    """All that the page shows, as text."""

    tasks: tuple[TaskTables, ...]
    others: tuple[DisplayTable, ...]
    time: str
    caveats: tuple[str, ...]


@lru_cache(maxsize=8)
def analysis_of(reads: str, truth: str, washout_days: int, question: Question) -> Analysis:
    """The analysis of both files as text. The same files are analysed once.

    InputError where they cannot be analysed at all.
    """
    # These bring pandas and scikit-learn: only who looks at an analysis pays for them.
    from her2mri.readers.reader_study import analyse_reads
    from her2mri.readers.reads import read_reads

    with TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("reads.csv", "truth.csv")]
        for file, text in zip(files, (reads, truth), strict=True):
            file.write_text(text, encoding="utf-8", newline="\n")
        found = read_reads(files[0], files[1], load_dictionary(), washout_days=washout_days)
    return _shown(analyse_reads(found), question)


def _shown(result: ReaderStudyResult, question: Question) -> Analysis:
    from her2mri.readers import display
    from her2mri.readers.page import task_tables, time_sentence

    views = [task_tables(result, name) for name in question.tasks if name in _names(result)]
    others = [display.calls_table(result.call_accuracy)]
    if not result.agreement.empty:
        others.append(display.agreement_table(result.agreement))
    if not result.time.empty:
        others.append(display.time_table(result.time))
    about = set(question.tasks)
    return Analysis(
        tuple(
            TaskTables(f"{view['label']}: {view['size']}", tuple(view["headline"]), tuple(view["tables"]))
            for view in views
        ),
        tuple(others),
        time_sentence(result),
        tuple(caveat.message for caveat in result.caveats if _is_about(caveat.message, result, about)),
    )


def _names(result: ReaderStudyResult) -> set[str]:
    return {view.task.name for view in result.tasks}


def _is_about(message: str, result: ReaderStudyResult, about: set[str]) -> bool:
    """Caveats of a task that was not asked about are left to the command line."""
    other: Any = [view.task.label for view in result.tasks if view.task.name not in about]
    return not message.startswith(tuple(other)) if other else True
