"""``her2mri predict``: what frozen models say of new lesions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from her2mri.bundle import Bundle
    from her2mri.bundle.chain import Chain


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("predict")(predict)


def predict(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="BUNDLE [BUNDLE] TABLE|-",
            help="One bundle, or two that make three classes; then a lesion table, or - for one lesion "
            "as a JSON object on stdin",
        ),
    ],
    prevalence: Annotated[
        list[float] | None,
        typer.Option(help="Share of events where the lesions come from; with two bundles, one for each"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print answers as JSON")] = False,
) -> None:
    """Probability, interval, points and warnings for new lesions, from a frozen model."""
    from her2mri.bundle import Bundle
    from her2mri.bundle.chain import read_chain

    if len(paths) < 2:
        raise typer.BadParameter("give a bundle and then a table, or - for one lesion on stdin")
    model = read_chain([Bundle.load(path) for path in paths[:-1]])
    shares = _shares(prevalence or [], len(paths) - 1)
    if paths[-1] == "-":
        _one_lesion(model, shares, json=json)
    else:
        _table(model, Path(paths[-1]), shares, json=json)


def _shares(prevalence: list[float], n_bundles: int) -> tuple[float | None, ...]:
    if prevalence and len(prevalence) != n_bundles:
        raise typer.BadParameter(f"--prevalence: give one for each of the {n_bundles} bundle(s)")
    if not all(0 < share < 1 for share in prevalence):
        raise typer.BadParameter(f"--prevalence: must lie between 0 and 1, got {prevalence}")
    return tuple(prevalence) or (None,) * n_bundles


def _one_lesion(model: Bundle | Chain, shares: tuple[float | None, ...], *, json: bool) -> None:
    import sys

    from her2mri.bundle.lesion import lesion_of_json
    from her2mri.bundle.wording import as_json, ask, in_words

    lesion = lesion_of_json(sys.stdin.buffer.read())
    answer = ask(model, lesion, shares, explained=True)
    typer.echo(as_json(answer.as_dict()) if json else in_words(model, answer))


def _table(model: Bundle | Chain, table: Path, shares: tuple[float | None, ...], *, json: bool) -> None:
    from her2mri.transport.new_lesions import answers_frame, answers_of, read_new_lesions

    lesions = read_new_lesions(model, table)
    answers = answers_of(model, lesions, shares)
    if json:
        from her2mri.bundle.wording import as_json

        named = zip(lesions["lesion_id"], answers, strict=True)
        typer.echo(as_json([{"lesion_id": str(name), **answer.as_dict()} for name, answer in named]))
        return
    typer.echo(answers_frame(lesions, answers).to_csv(index=False, lineterminator="\n"), nl=False)
