"""The report of a reader study as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from her2mri.output.page import render_page, svg_address
from her2mri.output.wording import p_value
from her2mri.readers import display
from her2mri.readers.covariance import READER_METRICS
from her2mri.readers.drawing import draw_confusion, draw_gains, draw_operating_points, draw_time
from her2mri.readers.methods_text import methods_text
from her2mri.readers.obuchowski_rockette import RANDOM_CASES, RANDOM_READERS_AND_CASES
from her2mri.readers.reader_study import ReaderStudyResult
from her2mri.vocabulary import METRICS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ReaderFigure:
    """One figure: ``stem`` names its files, ``alt`` says to those who cannot see it what it shows."""

    stem: str
    title: str
    caption: str
    alt: str
    draw: Callable[[], Figure]
    narrow: bool = False


def reader_figures(result: ReaderStudyResult) -> dict[str, ReaderFigure]:
    """Every figure of the study by its stem; those without data are left out."""
    figures: list[ReaderFigure] = []
    for view in result.tasks:
        name, label = view.task.name, view.task.label
        own = partial(_of_task, task=name)
        figures.append(
            ReaderFigure(
                f"readers_{name}",
                "Readers on the model's ROC curve" if name in set(result.roc["task"]) else "Readers",
                f"{label}. Each reader unaided (open) and aided (filled), joined by an arrow.",
                f"Sensitivity against 1 − specificity of every reader, unaided and aided; {label}.",
                partial(_points, own(result.performance), own(result.roc), label),
                narrow=True,
            )
        )
        if not own(result.gains).empty:
            figures.append(
                ReaderFigure(
                    f"gains_{name}",
                    "What the aid changed",
                    f"{label}. Change of each reader and, as a diamond, of all readers together, with intervals.",
                    f"Forest plot of the changes with the aid by reader; {label}.",
                    partial(_gains, own(result.gains), own(result.mrmc)),
                )
            )
    labels = _level_labels(result)
    figures.append(
        ReaderFigure(
            "calls",
            "Truth and calls",
            "All readers together: how often each truth was called what; shaded by the share of the truth.",
            "Tables of truth against call, unaided and aided.",
            partial(draw_confusion, result.confusion, labels),
        )
    )
    if not result.time.empty:
        figures.append(
            ReaderFigure(
                "time",
                "Reading time",
                "Ratio of the times with and without the aid; below 1 the aid was faster.",
                "Ratios of reading times by reader.",
                partial(_time, result.time),
                narrow=True,
            )
        )
    return {figure.stem: figure for figure in figures}


def _of_task(table: pd.DataFrame, task: str) -> pd.DataFrame:
    return table[table["task"] == task]


def _points(performance: pd.DataFrame, roc: pd.DataFrame, title: str) -> Figure:
    return _whole(draw_operating_points(performance, roc, title=title).figure)


def _time(time: pd.DataFrame) -> Figure:
    return _whole(draw_time(time).figure)


def _whole(figure: Any) -> Figure:
    whole: Figure = figure
    return whole


def _gains(gains: pd.DataFrame, mrmc: pd.DataFrame) -> Figure:
    random = mrmc[(mrmc["inference"] == RANDOM_READERS_AND_CASES) & mrmc["std_error"].notna()]
    inference = RANDOM_CASES if random.empty else RANDOM_READERS_AND_CASES
    labels = {metric: METRICS[metric].label for metric in READER_METRICS}
    return draw_gains(gains, mrmc, labels, inference=inference)


def _level_labels(result: ReaderStudyResult) -> dict[str, str]:
    outcome = result.reads.dictionary[result.reads.outcome]
    there = set(result.confusion["truth"]) | set(result.confusion["call"])
    return {level: outcome.label_of(level) for level in outcome.values if level in there}


def task_tables(result: ReaderStudyResult, task: str) -> dict[str, Any]:
    """What a page shows of one task: name, label, size, headline, gain_of and tables."""
    view = next(view for view in result.tasks if view.task.name == task)
    label, positive = view.task.label, view.task.positive_label
    own = partial(_of_task, task=task)
    performance, gains, mrmc = own(result.performance), own(result.gains), own(result.mrmc)
    tables = [
        display.performance_table(performance, positive=positive, confidence=result.settings.confidence)
    ]
    if not gains.empty:
        tables.append(display.gains_table(gains))
    tables.append(display.mrmc_table(mrmc))
    experience, against, reliance = own(result.experience), own(result.against_model), own(result.reliance)
    if not experience.empty:
        tables.append(display.experience_table(experience))
    if not against.empty:
        tables.append(display.model_table(against))
    if not reliance.empty:
        tables.append(display.reliance_table(reliance))
    if not (scores := own(result.score_agreement)).empty:
        tables.append(display.score_agreement_table(scores))
    cases = view.frame.drop_duplicates("case")
    size = f"{len(cases)} cases, {int(cases['y'].sum())} {positive}"
    whole = display.headline(mrmc, gains)
    return {
        "name": task,
        "label": label,
        "size": size,
        "headline": whole,
        "gain_of": "All readers: change with the aid"
        if result.reads.frame["reader"].nunique() > 1
        else "The reader",
        "tables": tables,
    }


def time_sentence(result: ReaderStudyResult) -> str:
    """The change in reading time over all readers; empty where it was not estimated."""
    found = result.time_model[result.time_model["term"] == "aided"]
    if found.empty or found["estimate"].isna().all():
        return ""
    row: dict[Any, Any] = found.iloc[0].to_dict()
    shown = display.interval(
        {"estimate": row["ratio"], "conf_low": row["ratio_low"], "conf_high": row["ratio_high"]}
    )
    p = p_value(row["p_value"])
    return f"Over all readers, the time with the aid was {shown} times that without it (p {p})."


def reader_page(result: ReaderStudyResult, svg: Mapping[str, bytes], provenance: Mapping[str, str]) -> str:
    """The page with its style and figures (``svg`` by stem) inside: it asks nothing of the network."""
    figures = {
        stem: {
            "title": figure.title,
            "caption": figure.caption,
            "alt": figure.alt,
            "narrow": figure.narrow,
            "source": svg_address(svg[stem]),
        }
        for stem, figure in reader_figures(result).items()
    }
    calls = [display.calls_table(result.call_accuracy)]
    if not result.agreement.empty:
        calls.append(display.agreement_table(result.agreement))
    frame = result.reads.frame
    context = {
        "title": "Reader study",
        "question": result.reads.dictionary.title,
        "caution": result.reads.dictionary.caution,
        "lead": f"{frame['reader'].nunique()} readers, {frame['case'].nunique()} cases, {len(frame):,} reads",
        "tasks": [task_tables(result, view.task.name) for view in result.tasks],
        "figures": figures,
        "calls": calls,
        "time": None if result.time.empty else display.time_table(result.time),
        "time_sentence": time_sentence(result),
        "methods": methods_text(result),
        "caveats": [caveat.message for caveat in result.caveats],
        "provenance": dict(provenance),
    }
    return render_page("her2mri.readers", "readers.html.j2", **context)
