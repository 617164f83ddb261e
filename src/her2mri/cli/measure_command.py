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
    from her2mri.imaging.manifest import lesions_of
    from her2mri.imaging.settings import MeasureSettings
    from her2mri.imaging.write import MARK, write_measures
    from her2mri.jobs import LocalWorkers, Runner, fingerprint, unfinished_work
    from her2mri.output.destination import check_destination

    if not 0.0 < tolerance < 1.0:
        raise typer.BadParameter(f"--tolerance: must lie between 0 and 1, got {tolerance}")
    one = {"dce": dce, "dwi": dwi, "adc": adc, "roi": roi}
    named = {"lesion_id": lesion, "patient_id": patient, "center": center, "roi_label": roi_label}
    if source is not None and any([*one.values(), *named.values()]):
        raise typer.BadParameter("give a manifest or folder, or the options of one lesion, not both")
    check_destination(out, MARK)
    found = lesions_of(source) if source is not None else _one_lesion(one, named)
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


def _one_lesion(paths: dict[str, Path | None], named: dict[str, str]) -> list[LesionFiles]:
    from her2mri.imaging.manifest import checked

    absolute = {name: str(path.resolve()) if path is not None else "" for name, path in paths.items()}
    return checked([{**named, **absolute}], Path("options"))


def repeat(
    first: Annotated[Path, typer.Argument(help="measurements.csv or a lesion table: first measurement")],
    second: Annotated[Path, typer.Argument(help="The same lesions measured again, or by another reader")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write")] = Path("repeated"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Say how repeatable the measures are: ICC, repeatability coefficient, limits of agreement."""
