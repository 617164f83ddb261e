"""The report as one self-contained HTML page."""

from __future__ import annotations

from importlib import resources

from her2mri.report.view import StudyView


def render_report(view: StudyView) -> str:
    """The page with its style and figures inside: it asks nothing of the network."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("her2mri.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("her2mri.report").joinpath("style.css").read_text(encoding="utf-8")
    return environment.get_template("report.html.j2").render(view=view, style=style)
