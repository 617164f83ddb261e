"""The figures of the published study beside those of its reconstruction, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from her2mri.datasets.published_cohort import NOTICE, unmet
from her2mri.datasets.published_tables import performance as published_performance
from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import count, estimate
from her2mri.report.performance_tables import metric_row
from her2mri.study.results import StudyResult
from her2mri.vocabulary import SAMPLES


@dataclass(frozen=True)
class PublishedComparison:
    """A text on how near the reconstruction comes, and the AUCs side by side."""

    text: str
    table: DisplayTable


def is_published(result: StudyResult) -> bool:
    """Whether the lesions are the whole reconstruction, each in its published set."""
    given = all(task.data.set_column == task.data.task.set_column for task in result.tasks.values())
    return bool(result.tasks) and given and result.cohort.notice == NOTICE


def published_comparison(result: StudyResult) -> PublishedComparison | None:
    """AUCs beside the printed ones; None for any other data than the published cohort."""
    if not is_published(result):
        return None
    rows: list[tuple[str, ...]] = []
    outside = []
    for name, task in result.tasks.items():
        printed = published_performance()
        printed = printed[(printed["task"] == name) & (printed["metric"] == "auc")]
        performance = task.evaluation.frame()
        rows.append((task.data.task.label, "", "", "", ""))
        for row in printed[printed["model"].isin(list(task.fits))].to_dict("records"):
            sample, model = str(row["sample"]), str(row["model"])
            ours = metric_row(performance, model, sample, "auc")
            if ours is None:
                continue
            inside = row["conf_low"] <= ours["estimate"] <= row["conf_high"]
            if model == "LR" and not inside:
                outside.append(f"{task.data.task.label}, {SAMPLES[sample].lower()}")
            rows.append(
                (
                    model,
                    SAMPLES[sample],
                    estimate(row["estimate"], row["conf_low"], row["conf_high"]),
                    estimate(ours["estimate"], ours["conf_low"], ours["conf_high"]),
                    "yes" if inside else "no",
                )
            )
    verdict = (
        "The dependence was tuned so that the logistic model's AUC lies inside the printed interval in every set, "
        "and it does."
        if not outside
        else f"Against the tuning, the logistic model's AUC lies outside the printed interval in: {'; '.join(outside)}."
    )
    kinds = unmet()["kind"].value_counts()
    return PublishedComparison(
        text=(
            "The lesions are rebuilt from the printed tables, so the counts agree by construction, while how the "
            f"features go together is our choice: the models' figures can agree in kind only. {verdict} "
            f"{count(int(kinds.get('figure', 0)), 'printed figure')} could not be met, and "
            f"{count(int(kinds.get('contradiction', 0)), 'pair')} of printed variables contradict each other in some "
            "lesions; each stands in tables/unmet.csv."
        ),
        table=DisplayTable(
            "AUC, printed and here",
            ("Model", "Set", "Printed", "Here", "Inside the printed interval"),
            tuple(rows),
            label_columns=2,
        ),
    )
