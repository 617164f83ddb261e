"""``her2mri import``: the published cohort or a public table as a lesion table."""

from __future__ import annotations

import json as json_format
import sys
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from her2mri.errors import Fault, InputError

if TYPE_CHECKING:
    import pandas as pd

    from her2mri.datasets.imported import Imported

ENDINGS: Final = (".csv", ".xlsx", ".parquet")


class Dataset(StrEnum):
    """What can be imported."""

    PUBLISHED = "published"
    DUKE = "duke"
    MAMA_MIA = "mama-mia"
    TCGA = "tcga"


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("import")(import_table)


def import_table(
    dataset: Annotated[Dataset, typer.Argument(help="Which table", show_default=False)],
    source: Annotated[
        Path | None, typer.Argument(help="The dataset's clinical file or its folder (not for published)")
    ] = None,
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="Lesion table to write: .csv, .xlsx or .parquet")],
    cohort: Annotated[
        list[str] | None,
        typer.Option("--cohort", help="mama-mia only: this cohort; repeat for more; none: ISPY2 and NACT"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON")] = False,
) -> None:
    """Write a public table as a lesion table, and beside it what could not be mapped."""
    mapping_file = out.with_name(f"{out.stem}.mapping.csv")
    files = [out] if dataset is Dataset.PUBLISHED else [out, mapping_file]
    _check_request(dataset, source, cohort, files, force=force)
    imported = _read(dataset, source, cohort)
    labels = imported.label_counts()
    write_tables(dict(zip(files, (imported.frame, imported.mapping), strict=False)))
    _report(imported)
    if not json:
        told = ", ".join(f"{level} {count}" for level, count in labels.items())
        typer.echo(f"{imported.name}: {len(imported.frame)} lesions; HER2 {told}")
        typer.echo("\n".join(str(file) for file in files))
        return
    summary = {
        "dataset": imported.name,
        "files": [str(file) for file in files],
        "lesions": len(imported.frame),
        "centers": {str(name): int(n) for name, n in imported.frame["center"].value_counts().items()},
        "her2_status": labels,
        "mapping": imported.mapping.to_dict("records"),
        "notes": list(imported.notes),
    }
    typer.echo(json_format.dumps(summary, ensure_ascii=False, indent=2))


def write_tables(tables: Mapping[Path, pd.DataFrame]) -> None:
    """Write every table by the ending of its name, or none: each takes its place when all are written."""
    folders = {path.parent for path in tables}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=next(iter(folders))) as fresh:
        for path, table in tables.items():
            _write(table, Path(fresh) / path.name)
        for path in tables:
            (Path(fresh) / path.name).replace(path)


def _write(table: pd.DataFrame, path: Path) -> None:
    ending = path.suffix.lower()
    if ending == ".xlsx":
        table.to_excel(path, index=False, sheet_name="lesions")
    elif ending == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False, lineterminator="\n")


def _check_request(
    dataset: Dataset, source: Path | None, cohort: list[str] | None, files: list[Path], *, force: bool
) -> None:
    """Raise InputError with everything that is wrong with the command."""
    faults = []
    if files[0].suffix.lower() not in ENDINGS:
        faults.append(
            Fault("-o", "the ending says no format", allowed=", ".join(ENDINGS), value=str(files[0]))
        )
    faults += [
        Fault(str(file), "is a folder")
        if file.is_dir()
        else Fault(str(file), "exists", remedy="--force replaces it")
        for file in files
        if file.is_dir() or (file.exists() and not force)
    ]
    if dataset is Dataset.PUBLISHED and source is not None:
        faults.append(Fault("SOURCE", "the published cohort comes with the package", value=str(source)))
    if dataset is not Dataset.PUBLISHED and source is None:
        faults.append(Fault("SOURCE", f"name the clinical file of {dataset.value}, or its folder"))
    if cohort and dataset is not Dataset.MAMA_MIA:
        faults.append(Fault("--cohort", "only mama-mia has cohorts", value=", ".join(cohort)))
    if faults:
        raise InputError(faults)


def _read(dataset: Dataset, source: Path | None, cohort: list[str] | None) -> Imported:
    from her2mri.datasets.duke import import_duke
    from her2mri.datasets.mama_mia import DEFAULT_COHORTS, import_mama_mia
    from her2mri.datasets.tcga import import_tcga

    if source is None:
        return _published()
    readers: dict[Dataset, Callable[[Path], Imported]] = {
        Dataset.DUKE: import_duke,
        Dataset.MAMA_MIA: lambda path: import_mama_mia(path, cohorts=cohort or DEFAULT_COHORTS),
        Dataset.TCGA: import_tcga,
    }
    return readers[dataset](source)


def _published() -> Imported:
    """The published cohort, which needs no mapping: its columns are the dictionary's already."""
    import pandas as pd

    from her2mri.datasets.imported import MAPPING_COLUMNS, Imported
    from her2mri.datasets.published_cohort import published_cohort

    cohort = published_cohort()
    notes = (cohort.notice,) if cohort.notice else ()
    return Imported("published cohort", cohort.frame, pd.DataFrame(columns=list(MAPPING_COLUMNS)), notes)


def _report(imported: Imported) -> None:
    """On stderr: each column of ours with what could not be mapped, and what was left out as leaking."""
    mapped = imported.mapping[imported.mapping["column"] != ""]
    for name, lesions, lost in zip(mapped["column"], mapped["lesions"], mapped["n_unmapped"], strict=True):
        print(f"  {name:<21} {lesions:>5}" + (f"  not mapped {lost}" if lost else ""), file=sys.stderr)
    left_out = imported.mapping.loc[imported.mapping["column"] == "", ["source_column", "left_out"]]
    leaking = left_out.loc[left_out["left_out"].str.startswith("leaking"), "source_column"]
    if len(left_out):
        print(f"  left out: {len(left_out)} columns, {len(leaking)} of them leaking", file=sys.stderr)
    for note in imported.notes:
        print(f"  note: {note}", file=sys.stderr)
