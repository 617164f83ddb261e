"""What the report shows, put together from a study's results: no template computes anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from her2mri import __version__
from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import count, listing
from her2mri.report.checklist import checklist_section
from her2mri.report.figure_panels import StudyFigure
from her2mri.report.methods import methods
from her2mri.report.published_comparison import PublishedComparison, published_comparison
from her2mri.report.recommended_view import RecommendedTaskView, recommended_task_view, three_classes_section
from her2mri.report.section import FigureView, Section, figure_view
from her2mri.report.side_by_side import side_by_side
from her2mri.report.summary import TaskSummary, summarise
from her2mri.report.task_view import TaskView, task_view
from her2mri.study.provenance import provenance
from her2mri.study.results import StudyResult
from her2mri.vocabulary import SAMPLES


@dataclass(frozen=True)
class StudyView:
    """Everything that the page template needs."""

    title: str
    subtitle: str
    notice: str
    caution: str
    tasks: tuple[TaskView, ...]
    recommended: RecommendedView | None
    left_out: str
    cohort_text: str
    flow_figure: FigureView
    sets_table: DisplayTable
    methods: tuple[tuple[str, str], ...]
    published: PublishedComparison | None
    caveats: tuple[str, ...]
    provenance_table: DisplayTable
    study_json: str
    footer: str

    @property
    def findings(self) -> tuple[str, ...]:
        """One sentence a task, for the terminal."""
        if self.recommended is not None:
            return tuple(task.card.sentence for task in self.recommended.tasks)
        return tuple(task.short.sentence for task in self.tasks)


@dataclass(frozen=True)
class RecommendedView:
    """What the recommended protocol adds to the page."""

    tasks: tuple[RecommendedTaskView, ...]
    classes: Section | None
    checklist: Section


def study_view(result: StudyResult, figures: Mapping[str, StudyFigure], folder: Path) -> StudyView:
    """The view of a study whose figures stand in ``folder``."""
    shown = {stem: figure_view(figure, folder) for stem, figure in figures.items()}
    summaries: dict[str, TaskSummary] = {name: summarise(task) for name, task in result.tasks.items()}
    frame = result.cohort.frame
    centers = listing(sorted(frame["center"].unique()))
    return StudyView(
        title=result.study.title,
        subtitle=(
            f"{count(len(frame), 'lesion')} of {count(frame['patient_id'].nunique(), 'patient')} from {centers}; "
            f"protocol “{result.study.protocol}”, seed {result.study.seed}."
        ),
        notice=result.cohort.notice,
        caution=result.cohort.dictionary.caution,
        tasks=tuple(task_view(task, summaries[name], shown) for name, task in result.tasks.items()),
        recommended=_recommended_view(result, shown),
        left_out=result.left_out,
        cohort_text=_cohort_text(result),
        flow_figure=shown["flow"],
        sets_table=_sets_table(result),
        methods=methods(result),
        published=published_comparison(result),
        caveats=_caveats(result),
        provenance_table=_provenance_table(result),
        study_json=json.dumps(provenance(result.study, result.cohort)["study"], ensure_ascii=False, indent=2),
        footer=f"Made by her2mri {__version__}. A research tool; see the first page for what it is not.",
    )


def _recommended_view(result: StudyResult, shown: Mapping[str, FigureView]) -> RecommendedView | None:
    recommended = result.recommended
    if recommended is None:
        return None
    tasks = tuple(
        recommended_task_view(task, side_by_side(result.tasks.get(name), task), shown)
        for name, task in recommended.tasks.items()
    )
    return RecommendedView(tasks, three_classes_section(recommended, shown), checklist_section(result))


def _cohort_text(result: StudyResult) -> str:
    excluded, kept = result.cohort.exclusions, result.cohort.frame
    lesions_a_patient = kept["patient_id"].value_counts()
    several = int((lesions_a_patient > 1).sum())
    return (
        f"{count(len(kept) + len(excluded), 'lesion')} were in the table; {count(len(excluded), 'lesion')} were left "
        f"out. {count(several, 'patient has', 'patients have')} more than one lesion: sets, folds and resamples "
        "never part a patient unless the table itself does."
    )


def _sets_table(result: StudyResult) -> DisplayTable:
    rows: list[tuple[str, ...]] = []
    for data in result.task_data:
        positive, negative = data.task.positive_label, data.task.negative_label
        rows.append((f"{positive} / {negative}", "", "", "", ""))
        for row in data.counts().to_dict("records"):
            share = row["n_events"] / row["lesions"]
            figures = (row["lesions"], row["patients"], row["n_events"], row["n_nonevents"])
            cells = tuple(f"{value:,}" for value in figures)
            rows.append((SAMPLES[str(row["sample"])], *cells[:2], f"{cells[2]} ({share:.0%})", cells[3]))
    return DisplayTable("Sets", ("Set", "Lesions", "Patients", "Events (share)", "Non-events"), tuple(rows))


def _caveats(result: StudyResult) -> tuple[str, ...]:
    """Caveats of data, fits and estimates; many of one kind are told once with their number."""
    by_kind: dict[tuple[str, str], list[str]] = {}
    for row in result.caveat_frame().to_dict("records"):
        by_kind.setdefault((str(row["code"]), str(row["column"])), []).append(str(row["message"]))
    told = []
    for (code, column), messages in by_kind.items():
        if len(messages) <= 3:
            told += messages
        else:
            about = f" in {column}" if column else ""
            told.append(
                f"{len(messages)} caveats of the kind “{code}”{about}, such as: {messages[0]} "
                "All stand in tables/caveats.csv."
            )
    return tuple(told)


def _provenance_table(result: StudyResult) -> DisplayTable:
    found = provenance(result.study, result.cohort)
    rows = [
        ("her2mri", found["her2mri"]),
        ("Python", found["python"]),
        *((name, value) for name, value in found["packages"].items()),
        ("Dictionary", f"{found['dictionary']['name']} {found['dictionary']['version']}"),
        ("Dictionary SHA-256", found["dictionary"]["sha256"]),
        ("Seed", str(result.study.seed)),
        ("Source", str(found["input"].get("source", ""))),
    ]
    for table in found["input"].get("tables", []):
        rows.append((f"SHA-256 of {table['name']}", table["sha256"]))
    if "sha256" in found["input"]:
        rows.append(("SHA-256 of the source", found["input"]["sha256"]))
    return DisplayTable("Versions and inputs", ("What", "Which"), tuple(rows), label_columns=2)
