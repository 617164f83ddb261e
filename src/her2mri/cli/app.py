"""The application object that the verbs hang on, and the one place where a fault becomes an exit code."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from her2mri import __version__
from her2mri.errors import Her2mriError, InputError

VERBS = (
    "template",
    "check",
    "import",
    "samplesize",
    "study",
    "audit",
    "predict",
    "validate",
    "update",
    "readers",
    "calculator",
    "nomogram",
    "measure",
    "serve",
    "room",
)
"""Each verb is the module ``her2mri.cli.<verb>_command`` with a ``register(app)``."""


def build_app(verbs: Sequence[str] = VERBS) -> typer.Typer:
    """The application with these verbs."""
    app = typer.Typer(
        no_args_is_help=True,
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(about)
    for verb in verbs:
        importlib.import_module(f"her2mri.cli.{verb}_command").register(app)
    return app


def about(
    version: Annotated[bool, typer.Option("--version", help="Print the version", is_eager=True)] = False,
) -> None:
    """HER2 status in breast cancer from clinicopathology and breast-MRI reading. A research tool."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line and exit."""
    # As after Ctrl-C, what was half-written is cleared away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        build_app(_asked())()
    except InputError as error:
        report_faults(error)
        sys.exit(2)
    except Her2mriError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def _asked() -> Sequence[str]:
    """The verb that is asked for alone, where it is one: the others would take longer to read than it to answer."""
    return [verb for verb in VERBS if [verb] == sys.argv[1:2]] or VERBS


def report_faults(error: InputError) -> None:
    """Every fault on stderr, equal ones together with their rows, with how many there are."""
    from her2mri.cli.findings import group_faults

    count = len(error.faults)
    print(f"{count} fault{'s' if count != 1 else ''} in the input:", file=sys.stderr)
    for finding in group_faults(error.faults):
        print(f"  {finding}", file=sys.stderr)
