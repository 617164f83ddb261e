"""``her2mri measure``: EER, curve type, ADC and diameter from images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from her2mri.imaging.manifest import LesionFiles

_LESIONS = "lesions"


class _LesionsByDefault(TyperGroup):
    """``measure FOLDER`` and ``measure --dce ...`` mean ``measure lesions ...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default verb in front unless one is named or help is asked for."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_LESIONS, *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    group = typer.Typer(
        cls=_LesionsByDefault, no_args_is_help=True, help="EER, curve type, ADC and diameter from images."
    )
    group.command(_LESIONS)(lesions)
    group.command("repeat")(repeat)
    group.command("effect")(effect)
    app.add_typer(group, name="measure")


def lesions(
    source: Annotated[
        Path | None,
        typer.Argument(
            help="Manifest (csv, toml) or a folder with a folder a lesion; none: one lesion by options"
        ),
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write")] = Path("measured"),
    dce: Annotated[Path | None, typer.Option("--dce", help="Contrast-enhanced series: DICOM, NIfTI")] = None,
    dwi: Annotated[Path | None, typer.Option("--dwi", help="Diffusion-weighted images")] = None,
    adc: Annotated[Path | None, typer.Option("--adc", help="ADC map, in place of --dwi")] = None,
    roi: Annotated[Path | None, typer.Option("--roi", help="Region: NIfTI mask, DICOM SEG, RTSTRUCT")] = None,
    roi_label: Annotated[str, typer.Option("--roi-label", help="Which region of several in the file")] = "",
    lesion: Annotated[str, typer.Option("--lesion", help="Name of the lesion")] = "",
    patient: Annotated[str, typer.Option("--patient", help="Pseudonym; none: the lesion's name")] = "",
    center: Annotated[str, typer.Option("--center", help="Center")] = "",
    seconds: Annotated[
        str, typer.Option("--seconds", help="Times of the phases after the injection, as '-30 30 90 150'")
    ] = "",
    injection: Annotated[
        str, typer.Option("--injection", help="Seconds from the start of the first phase to the injection")
    ] = "",
    precontrast: Annotated[
        str, typer.Option("--precontrast", help="Phases before the contrast; none told: 1")
    ] = "",
    b_values: Annotated[str, typer.Option("--b-values", help="Of the volumes of a NIfTI file")] = "",
    table: Annotated[
        Path | None, typer.Option("--table", help="Lesion table to put the measures into")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let measures replace other values of --table")
    ] = False,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="Share of the signal that still is a plateau")
    ] = 0.10,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes, each with a series")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Measure one lesion, or all of a manifest or folder (the default).

    Run again after an interruption or once faults are mended, it measures what is left.
    """
    from her2mri.cli.progress import TerminalProgress
    from her2mri.errors import InputError
    from her2mri.imaging.batch import measure_lesions
    from her2mri.imaging.settings import MeasureSettings
    from her2mri.imaging.write import MARK, write_measures
    from her2mri.jobs import LocalWorkers, Runner, fingerprint, unfinished_work
    from her2mri.output.destination import check_destination

    if not 0.0 < tolerance < 1.0:
        raise typer.BadParameter(f"--tolerance: must lie between 0 and 1, got {tolerance}")
    named = {"lesion_id": lesion, "patient_id": patient, "center": center, "roi_label": roi_label}
    named |= {"seconds": seconds, "injection": injection, "precontrast": precontrast, "b_values": b_values}
    check_destination(out, MARK)
    found = _lesions(source, {"dce": dce, "dwi": dwi, "adc": adc, "roi": roi}, named)
    settings = MeasureSettings(tolerance=tolerance)
    with TerminalProgress() as progress, unfinished_work(out, fingerprint({"work": "measure"})) as finished:
        batch = measure_lesions(
            found, settings=settings, runner=Runner(LocalWorkers(workers), progress, finished)
        )
        if batch.lesions:
            written = write_measures(batch, out, settings=settings, table=table, replace=replace)
            typer.echo(written.as_json() if json else written.summary())
        if batch.faults:
            raise InputError(batch.faults)


def _lesions(source: Path | None, paths: dict[str, Path | None], named: dict[str, str]) -> list[LesionFiles]:
    """The lesions of a manifest or folder, or the one that options describe."""
    from her2mri.imaging.manifest import checked, lesions_of

    if source is None:
        absolute = {name: str(path.resolve()) if path is not None else "" for name, path in paths.items()}
        return checked([{**named, **absolute}], Path("options"))
    if any([*paths.values(), *named.values()]):
        raise typer.BadParameter("give a manifest or folder, or the options of one lesion, not both")
    return lesions_of(source)


def repeat(
    first: Annotated[Path, typer.Argument(help="Lesion table with the first measurement: lesions.csv")],
    second: Annotated[Path, typer.Argument(help="The same lesions measured again, or by another reader")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for repeatability.csv and its figure")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Say how repeatable the measures are: ICC, repeatability coefficient, limits of agreement."""
    from her2mri.cohort.read import read_table
    from her2mri.dictionary import load_dictionary
    from her2mri.imaging.repeatability import compare_sheets
    from her2mri.readers.feature_readings import feature_readings

    dictionary = load_dictionary()
    one, other = (feature_readings(read_table(path), dictionary, group="mri") for path in (first, second))
    found = compare_sheets(one, other, dictionary)
    table = found.frame()
    if out is not None:
        _save(out, "repeatability", table, found.plot())
    if json:
        typer.echo(table.to_json(orient="records", force_ascii=False))
    else:
        shown = ["label", "quantity", "estimate", "conf_low", "conf_high", "unit", "n", "note"]
        typer.echo(table[shown].to_string(index=False, float_format="%.3f", na_rep=""))


def effect(
    bundle: Annotated[Path, typer.Argument(help="Frozen model")],
    table: Annotated[Path, typer.Argument(help="Lesion table")],
    measurements: Annotated[
        Path | None, typer.Option("--measurements", help="measurements.csv: each lesion's own errors")
    ] = None,
    error: Annotated[
        list[str] | None, typer.Option("--error", help="NAME=SD, such as adc=0.05; repeat for each")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for error_effect.csv and its figure")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="None: the model's locked one")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Say what errors of measurement do to a model's probabilities, and how many calls they change."""
    from her2mri.bundle import Bundle
    from her2mri.imaging.error_effect import error_effect
    from her2mri.transport.new_lesions import read_new_lesions

    if (measurements is None) == (not error):
        raise typer.BadParameter("give either --measurements or --error NAME=SD")
    model = Bundle.load(bundle)
    errors = _errors(error or []) if measurements is None else _measured_errors(measurements)
    found = error_effect(model, read_new_lesions(model, table), errors, threshold=threshold, seed=seed)
    if out is not None:
        _save(out, "error_effect", found.frame(), found.plot().figure)
    if json:
        typer.echo(found.frame().to_json(orient="records", force_ascii=False))
    else:
        typer.echo(found.frame().to_csv(index=False, lineterminator="\n"), nl=False)
        typer.echo(found.summary(), err=True)


def _errors(given: list[str]) -> dict[str, float]:
    from her2mri.errors import Fault, InputError

    found: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as problem:
            raise InputError([Fault("--error", "is not NAME=SD", value=text)]) from problem
        if not found[name.strip()] >= 0:
            raise InputError([Fault("--error", "must not be negative", value=text)])
    return found


def _measured_errors(path: Path) -> Any:
    import pandas as pd

    from her2mri.cohort.read import read_table
    from her2mri.errors import Fault, InputError

    raw = read_table(path).frame
    if missing := {"lesion_id", "measure", "std_error"} - set(raw.columns):
        raise InputError([Fault(path.name, f"has no column {', '.join(sorted(missing))}")])
    return raw.assign(std_error=pd.to_numeric(raw["std_error"], errors="coerce"))


def _save(folder: Path, stem: str, table: Any, figure: Any) -> None:
    from her2mri.figure_style import save_figure

    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / f"{stem}.csv", index=False, lineterminator="\n", encoding="utf-8")
    save_figure(figure, folder / stem)
