"""``her2mri nomogram``: frozen models as a nomogram on a page, a lesion marked in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Hang the verb on the application."""
    app.command("nomogram")(nomogram)


def nomogram(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="BUNDLE [BUNDLE]", help="One linear model, or two that make three classes"),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write: .svg, .pdf or .png")] = Path(
        "nomogram.pdf"
    ),
    lesion: Annotated[
        str | None,
        typer.Option(help="A lesion to mark: a file with one JSON object, or - for stdin", metavar="FILE|-"),
    ] = None,
    page: Annotated[
        str, typer.Option(help="fit: as tall as needed; a4: portrait; slide: 16:9", metavar="fit|a4|slide")
    ] = "fit",
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists")] = False,
) -> None:
    """Axes, points, total and probability of frozen models, on paper or a slide. Needs no study."""
    from her2mri.bundle import Bundle
    from her2mri.bundle.chain import read_chain
    from her2mri.bundle.nomogram_sheet import FORMATS, PAGES, nomogram_sheet, save_sheet
    from her2mri.errors import Fault, InputError

    if page not in PAGES:
        raise typer.BadParameter(f"--page must be one of {', '.join(PAGES)}, got {page}")
    if out.suffix.lower() not in FORMATS:
        raise InputError([Fault(str(out), "is no kind of figure", allowed=", ".join(FORMATS))])
    if out.is_dir() or not out.parent.is_dir():
        raise InputError(
            [Fault(str(out), "is no place for a file", remedy="name a file in a folder that exists")]
        )
    if out.exists() and not force:
        raise InputError([Fault(str(out), "exists already", remedy="name another file or add --force")])
    model = read_chain([Bundle.load(path) for path in paths])
    figure = nomogram_sheet(model, lesion=None if lesion is None else _lesion(lesion), page=page)
    fresh = out.with_name(f".{out.stem}.part{out.suffix}")
    save_sheet(figure, fresh)
    fresh.replace(out)
    typer.echo(f"{out}: the nomogram of {len(paths)} model{'s' if len(paths) > 1 else ''}")


def _lesion(source: str) -> dict[str, object]:
    import sys

    from her2mri.bundle.lesion import lesion_of_json
    from her2mri.errors import Fault, InputError

    if source == "-":
        return lesion_of_json(sys.stdin.buffer.read())
    try:
        return lesion_of_json(Path(source).read_bytes())
    except OSError as error:
        raise InputError([Fault(source, f"cannot be read: {error.strerror or error}")]) from error
