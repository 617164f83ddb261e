"""``her2mri check``: everything that is to be said of a lesion table, before any study."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from her2mri.cli.findings import Finding
    from her2mri.cohort.cohort import Caveat
    from her2mri.cohort.eligibility import Flow
    from her2mri.cohort.lesion_table import CheckedTables
    from her2mri.errors import Fault


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("check")(check)


def check(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Lesion tables: csv, xlsx, parquet")
    ],
    label_rule: Annotated[
        str | None, typer.Option("--label-rule", help="Guideline version that labels lesions")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON")] = False,
) -> None:
    """Check lesion tables: every fault, what a reader must know, who would be left out, and the events left."""
    from her2mri.cohort.eligibility import apply_exclusions
    from her2mri.cohort.lesion_table import check_files
    from her2mri.cohort.task_counts import task_caveats, task_counts
    from her2mri.dictionary import load_dictionary
    from her2mri.errors import Fault, InputError

    dictionary = load_dictionary()
    versions = [rule.version for rule in dictionary.label_rules]
    if label_rule not in (None, *versions):
        raise InputError(
            [Fault("--label-rule", "no such rule", allowed=", ".join(versions), value=label_rule or "")]
        )
    checked = check_files(tables, dictionary)
    if checked.faults:
        _print(checked, checked.caveats, None, None, as_json=json)
        raise typer.Exit(2)
    cohort = checked.cohort(label_rule=label_rule)
    predictors = [variable.name for variable in dictionary.with_role("predictor")]
    included, flow = apply_exclusions(cohort, predictors=predictors)
    caveats = (*included.caveats, *task_caveats(included))
    _print(checked, caveats, flow, task_counts(included), as_json=json)


def _print(
    checked: CheckedTables,
    caveats: Sequence[Caveat],
    flow: Flow | None,
    tasks: pd.DataFrame | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        typer.echo(json_format.dumps(_as_data(checked, caveats, flow, tasks), ensure_ascii=False, indent=2))
    else:
        _print_for_people(checked.faults, caveats, flow, tasks)


def _as_data(
    checked: CheckedTables, caveats: Sequence[Caveat], flow: Flow | None, tasks: pd.DataFrame | None
) -> dict[str, Any]:
    """Every single fault and caveat, nothing grouped."""
    return {
        "ok": not checked.faults,
        "tables": checked.provenance["tables"],
        "faults": [fault.as_dict() for fault in checked.faults],
        "caveats": [asdict(caveat) for caveat in caveats],
        "flow": [] if flow is None else flow.frame().to_dict("records"),
        "missing": [] if flow is None else flow.missing_frame().to_dict("records"),
        "tasks": [] if tasks is None else tasks.to_dict("records"),
    }


def _print_for_people(
    faults: Sequence[Fault], caveats: Sequence[Caveat], flow: Flow | None, tasks: pd.DataFrame | None
) -> None:
    from rich.console import Console

    from her2mri.cli.findings import group_caveats, group_faults

    console = Console(highlight=False, markup=False)
    if faults:
        title = f"{len(faults)} fault{'s' if len(faults) > 1 else ''} to mend"
        _print_findings(console, title, group_faults(faults))
    if caveats:
        title = f"{len(caveats)} thing{'s' if len(caveats) > 1 else ''} to know"
        _print_findings(console, title, group_caveats(caveats))
    if flow is not None:
        _print_flow(console, flow.frame())
        _print_missing(console, flow.missing_frame())
    if tasks is not None:
        _print_tasks(console, tasks)
    if not faults:
        impossible = any(caveat.code == "one_class" for caveat in caveats)
        said = "but not every task can be studied: see above" if impossible else "the table can be studied"
        console.print(f"No fault{', ' if impossible else ': '}{said}.")


def _print_findings(console: Any, title: str, findings: Sequence[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    parts: dict[str, list[str]] = {
        "Where": [finding.where for finding in findings],
        "Column": [finding.column for finding in findings],
        "Rows": [finding.rows_text for finding in findings],
        "Found": [finding.values_text for finding in findings],
        "What": [finding.message for finding in findings],
        "What to do": [finding.advice for finding in findings],
    }
    table = Table(title=title, title_justify="left", show_lines=True)
    shown = {heading: cells for heading, cells in parts.items() if any(cells)}
    for heading in shown:
        table.add_column(heading, overflow="fold")
    for cells in zip(*shown.values(), strict=True):
        table.add_row(*map(Text, cells))
    console.print(table)


def _print_flow(console: Any, steps: pd.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Who is left out, with all predictors in use", title_justify="left")
    table.add_column("Step")
    centers = list(dict.fromkeys(steps["center"]))
    shown = centers if 1 < len(centers) <= 4 else []
    for heading in ("Lesions", "Patients", "Lesions left", *shown):
        table.add_column(Text(heading), justify="right")
    for _, rows in steps.groupby("step", sort=True):
        label = str(rows["label"].iloc[0]) + ("" if rows["assessed"].all() else " (not recorded)")
        totals = rows[["lesions_excluded", "patients_excluded", "lesions_remaining"]].sum()
        left = rows.set_index("center")["lesions_remaining"]
        table.add_row(Text(label), *(str(n) for n in totals), *(str(left[name]) for name in shown))
    console.print(table)


def _print_missing(console: Any, missing: pd.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    if missing.empty:
        return
    table = Table(title="What the incomplete lesions lack", title_justify="left")
    for heading in ("Predictor", "Lesions", "Lack nothing else"):
        table.add_column(heading, justify="left" if heading == "Predictor" else "right")
    for _, row in missing.iterrows():
        table.add_row(
            Text(str(row["label"])), str(row["lesions_missing"]), str(row["lesions_missing_only_this"])
        )
    console.print(table)


def _print_tasks(console: Any, tasks: pd.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Lesions left for each task", title_justify="left")
    for heading in ("Task", "Center", "Lesions", "Events", "Others"):
        table.add_column(heading, justify="left" if heading in {"Task", "Center"} else "right")
    for row in tasks.to_dict("records"):
        events, others = f"{row['n_events']} {row['positive']}", f"{row['n_nonevents']} {row['negative']}"
        table.add_row(*map(Text, (row["label"], row["center"], str(row["lesions"]), events, others)))
    console.print(table)
