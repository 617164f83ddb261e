"""``her2mri readers``: analyse a reader study, lay out a new one, and say how large it must be."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_ANALYSE = "analyse"


class _AnalyseByDefault(TyperGroup):
    """``readers READS.csv`` means ``readers analyse READS.csv``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default verb in front unless one is named or help is asked for."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_ANALYSE, *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    group = typer.Typer(
        cls=_AnalyseByDefault, no_args_is_help=True, help="Reader studies: what a model does for readers."
    )
    group.command(_ANALYSE)(analyse)
    group.command("design")(design)
    group.command("size")(size)
    group.command("agreement")(agreement)
    app.add_typer(group, name="readers")


Truth = Annotated[Path, typer.Option("--truth", help="Lesion table with the truth of the cases")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def analyse(
    reads: Annotated[Path, typer.Argument(help="Reads: reader, case, arm, call and more (csv, xlsx)")],
    truth: Truth,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write")] = Path("readers"),
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="lesions.csv of a study: the model alone")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="Which model of the study aided")] = "LR",
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="The model's cut-off; none: Youden's on training")
    ] = None,
    schedule: Annotated[Path | None, typer.Option("--schedule", help="Schedule to check against")] = None,
    covariance: Annotated[
        str, typer.Option("--covariance", help="delong, jackknife or bootstrap")
    ] = "delong",
    washout: Annotated[int, typer.Option("--washout", min=0, help="Days that should lie between reads")] = 28,
    senior_years: Annotated[float, typer.Option("--senior-years", help="Years that make a senior")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap")] = 1,
    json: Json = False,
) -> None:
    """Check and analyse the reads of a reader study (the default)."""
    from her2mri.dictionary import load_dictionary
    from her2mri.output.destination import check_destination
    from her2mri.readers.predictions import read_predictions
    from her2mri.readers.reader_study import ReaderStudySettings, analyse_reads
    from her2mri.readers.reads import read_reads
    from her2mri.readers.write import MARK, write_reader_study

    method = _one_of("--covariance", covariance, ("delong", "jackknife", "bootstrap"))
    if threshold is not None:
        _inside("--threshold", threshold)
    check_destination(out, MARK)
    dictionary = load_dictionary()
    found = read_reads(
        reads, truth, dictionary, schedule=schedule, senior_years=senior_years, washout_days=washout
    )
    sources = dict(found.sources)
    model_calls = None
    if predictions is not None:
        model_calls = read_predictions(predictions, dictionary, model=model, threshold=threshold)
        sources[model_calls.name] = model_calls.sha256
    result = analyse_reads(found, model_calls, settings=ReaderStudySettings(covariance=method, seed=seed))
    written = write_reader_study(result, out, sources)
    typer.echo(written.as_json() if json else written.summary())


def design(
    truth: Truth,
    reader: Annotated[list[str], typer.Option("--reader", help="NAME or NAME:EXPERIENCE; repeat for each")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Schedule to write (csv)")] = Path("schedule.csv"),
    arm_order: Annotated[
        str, typer.Option("--arms", help="balanced, or unaided_first (all unaided, then all aided)")
    ] = "balanced",
    washout: Annotated[int, typer.Option("--washout", min=0, help="Days between the two periods")] = 28,
    per_session: Annotated[int | None, typer.Option("--per-session", min=1, help="Cases a session")] = None,
    start: Annotated[str | None, typer.Option("--start", help="First day, YYYY-MM-DD")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of every draw")] = 1,
    json: Json = False,
) -> None:
    """Write the schedule of a new reader study: a reads file whose calls are to be filled in."""
    from her2mri.dictionary import load_dictionary
    from her2mri.readers.design import ARM_ORDERS, Reader, arms_by_reader, reading_schedule
    from her2mri.readers.truth import read_truth

    order = _one_of("--arms", arm_order, ARM_ORDERS)
    first = None if start is None else _day(start)
    schedule = reading_schedule(
        read_truth(truth, load_dictionary()),
        [Reader.from_text(text) for text in reader],
        seed=seed,
        arm_order=order,
        washout_days=washout,
        cases_per_session=per_session,
        start=first,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    schedule.to_csv(out, index=False, lineterminator="\n", encoding="utf-8")
    balance = arms_by_reader(schedule)
    if json:
        typer.echo(balance.to_json(orient="records"))
    else:
        typer.echo(balance.to_string(index=False))
        typer.echo(f"Schedule: {out} ({len(schedule)} reads)")


def size(
    reads: Annotated[Path, typer.Argument(help="Reads of a pilot study")],
    truth: Truth,
    effect: Annotated[float, typer.Option("--effect", help="Gain in the metric worth finding")],
    task: Annotated[str | None, typer.Option("--task", help="Task; none: the first")] = None,
    metric: Annotated[
        str, typer.Option("--metric", help="auc, sensitivity, specificity or accuracy")
    ] = "auc",
    power: Annotated[float, typer.Option("--power", help="Power wanted")] = 0.8,
    alpha: Annotated[float, typer.Option("--alpha", help="Size of the test")] = 0.05,
    most_readers: Annotated[int, typer.Option("--readers", min=2, help="Up to how many readers")] = 12,
    json: Json = False,
) -> None:
    """Say how many cases a new study needs with 2 readers, 3 readers and so on, from a pilot."""
    import pandas as pd

    from her2mri.dictionary import load_dictionary
    from her2mri.errors import EstimationError, Fault, InputError
    from her2mri.readers.covariance import READER_METRICS
    from her2mri.readers.multireader import pilot_components
    from her2mri.readers.reads import read_reads
    from her2mri.readers.sizing import cases_needed
    from her2mri.readers.task_reads import task_reads

    dictionary = load_dictionary()
    chosen = _one_of("--metric", metric, READER_METRICS)
    names = tuple(one.name for one in dictionary.tasks)
    name = names[0] if task is None else _one_of("--task", task, names)
    for option, value in (("--effect", effect), ("--power", power), ("--alpha", alpha)):
        _inside(option, value)
    view = task_reads(read_reads(reads, truth, dictionary), dictionary.task(name))
    rows = []
    try:
        components, pilot = pilot_components(view, chosen)
        for readers in range(2, most_readers + 1):
            needed = cases_needed(
                components, pilot, effect=effect, readers=readers, wanted_power=power, alpha=alpha
            )
            rows.append((name, chosen, effect, power, readers, needed))
    except EstimationError as missing:
        raise InputError([Fault(reads.name, f"cannot serve as a pilot: {missing}")]) from missing
    table = pd.DataFrame(rows, columns=["task", "metric", "effect", "power", "readers", "patients"])
    table["patients"] = table["patients"].astype("Int64")
    if json:
        typer.echo(table.to_json(orient="records"))
    else:
        typer.echo(table.to_string(index=False, na_rep="more than 100,000"))


def agreement(
    first: Annotated[Path, typer.Argument(help="Lesion table as the first reader filled it in")],
    second: Annotated[Path, typer.Argument(help="The same lesions by the second reader")],
    group: Annotated[str, typer.Option("--group", help="Group of the dictionary")] = "mri",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Table to write (csv)")] = None,
    json: Json = False,
) -> None:
    """Table of agreement of the features that two readers filled in."""
    from her2mri.cohort.read import read_table
    from her2mri.dictionary import load_dictionary
    from her2mri.readers.feature_readings import feature_readings
    from her2mri.statistics.agreement import feature_agreement

    dictionary = load_dictionary()
    chosen = _one_of("--group", group, tuple(dictionary.groups))
    one, other = (feature_readings(read_table(path), dictionary, group=chosen) for path in (first, second))
    table = feature_agreement(one, other, dictionary, group=chosen).frame()
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(out, index=False, lineterminator="\n", encoding="utf-8")
    if json:
        typer.echo(table.to_json(orient="records", force_ascii=False))
    else:
        shown = ["label", "coefficient", "estimate", "conf_low", "conf_high", "verbal", "n"]
        typer.echo(table[shown].to_string(index=False, float_format="%.3f"))


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> Any:
    from her2mri.errors import Fault, InputError

    if value not in allowed:
        raise InputError([Fault(option, "is not one of the choices", ", ".join(allowed), value=value)])
    return value


def _inside(option: str, value: float) -> None:
    from her2mri.errors import Fault, InputError

    if not 0.0 < value < 1.0:
        raise InputError([Fault(option, "is out of range", "a number between 0 and 1", value=str(value))])


def _day(text: str) -> datetime.date:
    from her2mri.errors import Fault, InputError

    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise InputError([Fault("--start", "is not a day", "YYYY-MM-DD", value=text)]) from error
