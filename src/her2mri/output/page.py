"""One self-contained HTML page: its look and its parts are the same for every report."""

from __future__ import annotations

import base64
from importlib import resources


def render_page(package: str, template: str, **context: object) -> str:
    """The page of a template in ``package``; it asks nothing of the network.

    The template finds the shared macros in ``parts.html.j2`` and the style, as text, in ``style``.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("her2mri.output")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("her2mri.output").joinpath("page.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(style=style, **context)


def svg_address(content: bytes) -> str:
    """An SVG picture as an address inside the page."""
    return f"data:image/svg+xml;base64,{base64.b64encode(content).decode('ascii')}"
